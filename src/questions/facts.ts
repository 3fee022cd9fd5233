import type { Vars } from '../values/vars.ts';
import { linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/**
 * What is known of a host and of the user that asks, under Ansible's names for facts without their prefix.
 * Absent on a host where it cannot be found: `default_ipv4` (needs iproute2 and a default route), `distribution_release`.
 */
export interface Facts {
  /** `Debian`, `Ubuntu`; the ID of os-release with a capital for others. */
  readonly distribution: string;
  /** `12.5` for Debian, `24.04` for Ubuntu. */
  readonly distribution_version: string;
  readonly distribution_major_version: string;
  /** The code name: `bookworm`. */
  readonly distribution_release?: string;
  /** `Debian` for Debian, Ubuntu and what derives from them, `RedHat`, `Alpine`, …; else the distribution. */
  readonly os_family: string;
  /** As uname(1) gives it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  /** As Debian calls the architecture: `amd64`, `arm64`. */
  readonly deb_architecture?: string;
  readonly kernel: string;
  /** The host name up to the first dot. */
  readonly hostname: string;
  readonly nodename: string;
  readonly fqdn: string;
  readonly domain: string;
  readonly memtotal_mb: number;
  readonly swaptotal_mb: number;
  /** Processors that are online. */
  readonly processor_count: number;
  /** `systemd`, `openrc`, `init`. */
  readonly service_mgr: string;
  /** `apt`, `dnf`, `apk`, `pacman`, `zypper`; `unknown`. */
  readonly pkg_mgr: string;
  readonly user_id: string;
  readonly user_uid: number;
  readonly user_gid: number;
  readonly user_dir: string;
  readonly user_shell: string;
  readonly default_ipv4?: { readonly address: string; readonly interface: string; readonly gateway: string };
}

const names: { readonly [name in keyof Required<Facts>]: true } = {
  distribution: true,
  distribution_version: true,
  distribution_major_version: true,
  distribution_release: true,
  os_family: true,
  architecture: true,
  deb_architecture: true,
  kernel: true,
  hostname: true,
  nodename: true,
  fqdn: true,
  domain: true,
  memtotal_mb: true,
  swaptotal_mb: true,
  processor_count: true,
  service_mgr: true,
  pkg_mgr: true,
  user_id: true,
  user_uid: true,
  user_gid: true,
  user_dir: true,
  user_shell: true,
  default_ipv4: true,
};

/** The names of all facts, to find misspelt ones before a host is asked. */
export const factNames: readonly string[] = Object.keys(names);

/** All facts of the host. */
export function facts(): Question<Facts> {
  return question(factsKind, {});
}

/** The facts in the form that the language takes. */
export function factVars(found: Facts): Vars {
  return { ...found };
}

// `hostname -f` may wait for a name server: it gets 2 seconds. Each value is cut to one line.
export const factsKind: QuestionKind<object, Facts> = {
  kind: 'facts',
  reads: () => ['facts:*', 'file:/etc/os-release', 'file:/etc/debian_version', 'file:/etc/hostname', 'file:/etc/hosts', 'file:/etc/passwd'],
  // Each process costs a millisecond or more, and every run asks this of every host: what the shell can do itself it does.
  script: () => `nl='
'
fact() {
  value=$2
  while :; do case $value in *"$nl"*) value="\${value%%"$nl"*} \${value#*"$nl"}" ;; *) break ;; esac; done
  printf '%s=%s\\n' "$1" "$value"
}
if [ -r /etc/os-release ]; then . /etc/os-release; fi
fact id "\${ID:-}"
fact like "\${ID_LIKE:-}"
fact version "\${VERSION_ID:-}"
fact release "\${VERSION_CODENAME:-}"
value=
if [ -r /etc/debian_version ]; then read -r value </etc/debian_version; fi
fact debian "$value"
uname=$(uname -nrm)
nodename=\${uname%% *} kernel=\${uname#* }
fact architecture "\${kernel##* }"
fact deb_architecture "$(dpkg --print-architecture 2>/dev/null)"
fact kernel "\${kernel%% *}"
fact nodename "$nodename"
fact fqdn "$(timeout 2 hostname -f 2>/dev/null || printf %s "$nodename")"
memory= swap=
while read -r key amount _; do
  case $key in MemTotal:) memory=$amount ;; SwapTotal:) swap=$amount; break ;; esac
done 2>/dev/null </proc/meminfo
fact memory "$memory"
fact swap "$swap"
fact processors "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo 2>/dev/null)"
service=init
if [ -d /run/systemd/system ]; then service=systemd; elif command -v rc-service >/dev/null; then service=openrc; fi
fact service "$service"
package=unknown
for one in apt-get:apt dnf:dnf yum:yum apk:apk pacman:pacman zypper:zypper; do
  if command -v "\${one%:*}" >/dev/null; then package=\${one#*:}; break; fi
done
fact package "$package"
uid=$(id -u)
user=$(id -un 2>/dev/null || printf %s "$uid")
fact user "$user"
fact uid "$uid"
fact gid "$(id -g)"
entry=$( { getent passwd "$user" || cat /etc/passwd; } 2>/dev/null | awk -F : -v uid="$uid" '$3 == uid { print $6 ":" $7; exit }')
fact dir "\${entry%%:*}"
fact shell "\${entry#*:}"
fact route "$(ip -4 route get 192.0.2.1 2>/dev/null | head -n 1)"
echo .`,
  split: (output, params) => params.map(() => splitParts(output, 1)[0] ?? ''),
  parse(part) {
    const values = new Map(
      linesOf(part).map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
    );
    return factsOf((name) => values.get(name) ?? '');
  },
};

function factsOf(value: (name: string) => string): Facts {
  const id = value('id');
  const distribution = distributionNames[id] ?? (id === '' ? 'Linux' : id.slice(0, 1).toUpperCase() + id.slice(1));
  // Debian's os-release knows the major version only.
  const version = id === 'debian' && /^\d/.test(value('debian')) ? value('debian') : value('version');
  const nodename = value('nodename');
  const fqdn = value('fqdn') || nodename;
  const route = /\bvia (\S+) dev (\S+) src (\S+)/.exec(value('route'));
  return {
    distribution,
    distribution_version: version,
    distribution_major_version: version.split('.')[0] ?? '',
    ...(value('release') && { distribution_release: value('release') }),
    os_family: familyOf([id, ...value('like').split(/\s+/)]) ?? distribution,
    architecture: value('architecture'),
    ...(value('deb_architecture') && { deb_architecture: value('deb_architecture') }),
    kernel: value('kernel'),
    hostname: nodename.split('.')[0] ?? '',
    nodename,
    fqdn,
    domain: fqdn.includes('.') ? fqdn.slice(fqdn.indexOf('.') + 1) : '',
    memtotal_mb: megabytes(value('memory')),
    swaptotal_mb: megabytes(value('swap')),
    processor_count: Number.parseInt(value('processors'), 10) || 1,
    service_mgr: value('service'),
    pkg_mgr: value('package'),
    user_id: value('user'),
    user_uid: Number(value('uid')),
    user_gid: Number(value('gid')),
    user_dir: value('dir'),
    user_shell: value('shell'),
    ...(route && { default_ipv4: { gateway: route[1] ?? '', interface: route[2] ?? '', address: route[3] ?? '' } }),
  };
}

const distributionNames: Readonly<Record<string, string>> = {
  debian: 'Debian',
  ubuntu: 'Ubuntu',
  alpine: 'Alpine',
  rhel: 'RedHat',
  centos: 'CentOS',
  fedora: 'Fedora',
  rocky: 'Rocky',
  almalinux: 'AlmaLinux',
  arch: 'Archlinux',
  opensuse: 'openSUSE',
};

/** os-release(5): ID first, then what it is like, closest first. */
function familyOf(ids: readonly string[]): string | undefined {
  const families: Readonly<Record<string, string>> = {
    debian: 'Debian',
    ubuntu: 'Debian',
    rhel: 'RedHat',
    fedora: 'RedHat',
    centos: 'RedHat',
    alpine: 'Alpine',
    arch: 'Archlinux',
    suse: 'Suse',
  };
  return ids.map((id) => families[id]).find((family) => family !== undefined);
}

/** From kibibytes, as the kernel gives them, to mebibytes, as Ansible does. */
function megabytes(kibibytes: string): number {
  return Math.floor((Number.parseInt(kibibytes, 10) || 0) / 1024);
}
