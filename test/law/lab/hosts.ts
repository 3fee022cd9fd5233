import { type Effect } from '../host.ts';
import { folders } from '../tasks.ts';
import { effectsOf, isPackage, root, setThing } from './real.ts';

const packages = ['p', 'q'];
const containers = ['c', 'd'];
const images = ['i', 'j'];
const users = ['alice', 'bob'];
const each = (names: readonly string[], script: (name: string) => string) => names.map(script).join('\n');

/**
 * sh that gets a host ready, once: packages of its own that can be installed, each with a unit whose start runs the effects that a case wants, and
 * two images. Other sources of packages are put away, as the lists that apt reads are what a task costs.
 */
export const prepare = `set -eu
mkdir -p ${root}-packages /usr/local/lib/law
cat >/usr/local/bin/law-effects <<'EOF'
#!/bin/sh
# What the code of others does, in the order in which it is run.
echo "$1" >>/usr/local/lib/law/log
! [ -e "/usr/local/lib/law/effect-$1" ] || . "/usr/local/lib/law/effect-$1"
EOF
chmod 0755 /usr/local/bin/law-effects
cd ${root}-packages
${each(
  packages,
  (name) => `mkdir -p ${name}/DEBIAN ${name}/usr/share/law-${name} ${name}/lib/systemd/system
printf 'Package: law-${name}\\nVersion: 1\\nArchitecture: all\\nMaintainer: lab <lab@lab.test>\\nDescription: of the law\\n' >${name}/DEBIAN/control
printf '#!/bin/sh\\nsystemctl daemon-reload\\n[ "$1" != configure ] || ${effectsOf(`package:${name}`)}\\n' >${name}/DEBIAN/postinst
printf '#!/bin/sh\\nsystemctl -q disable --now law-${name} 2>/dev/null || true\\n' >${name}/DEBIAN/prerm
printf '#!/bin/sh\\nsystemctl daemon-reload\\n[ "$1" != remove ] || ${effectsOf(`package:${name}`)}\\n' >${name}/DEBIAN/postrm
chmod 0755 ${name}/DEBIAN/p*
printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/usr/local/bin/${effectsOf(`unit:${name}`)}\\n[Install]\\nWantedBy=multi-user.target\\n' \\
  >${name}/lib/systemd/system/law-${name}.service
dpkg-deb -b ${name} law-${name}.deb >/dev/null`,
)}
rm -f Packages
for deb in *.deb; do
  { dpkg-deb -f "$deb"; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"; } >>Packages
done
# What dpkg writes it waits for until the disk has it: in memory that takes no time.
for folder in /var/lib/dpkg /var/lib/apt /var/cache/apt; do
  mountpoint -q "$folder" && continue
  mv "$folder" /tmp/moved
  mkdir "$folder"
  mount -t tmpfs tmpfs "$folder"
  cp -a /tmp/moved/. "$folder"
  rm -r /tmp/moved
done
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/law
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:${root}-packages ./' >/etc/apt/sources.list.d/law.list
apt-get update -q
image=$(docker image ls -q | head -n 1)
${each(images, (name) => `docker image inspect law-base-${name} >/dev/null 2>&1 || printf 'FROM %s\\nLABEL law=${name}\\nHEALTHCHECK NONE\\n' "$image" | docker build -q -t law-base-${name} -`)}
`;

/** sh that takes away all that an earlier case has left, and gives the host what it is to have. */
export function reset(start: Readonly<Record<string, string>>, effects: readonly Effect[]): string {
  // Folders before what is in them.
  const things = Object.entries(start).sort(([a], [b]) => (a < b ? -1 : 1));
  const files = things.filter(([name]) => name.startsWith('file:'));
  const set = (name: string) => setThing(name, start[name] ?? '');
  return `cd /
rm -rf /usr/local/lib/law/* ${root}
mkdir -p ${root}
{
  docker rm -f ${containers.map((name) => `law-${name}`).join(' ')}
  docker rmi -f ${images.map((name) => `law-${name}:1`).join(' ')}
} >/dev/null 2>&1
${[...containers.map((name) => `container:${name}`), ...images.map((name) => `image:${name}`)]
  .filter((name) => name in start)
  .map((name) => `{ ${set(name)}; } &`)
  .join('\n')}
${each(packages, (name) => `${set(`package:${name}`)}\n! ${isPackage(name)} || { systemctl -q disable --now law-${name}; systemctl reset-failed law-${name}; } 2>/dev/null`)}
${each(packages, (name) => `! ${isPackage(name)} || { ${set(`unit:${name}`)}; ${set(`unit:${name}.enabled`)}; }`)}
${each(users, (name) => setThing(`user:${name}`, ''))}
rm -rf /home/law-*
${each(users, (name) => set(`user:${name}`))}
${files
  .filter(([name]) => !name.startsWith('file:/home') || start['user:alice'] === 'present' || folders.includes(name))
  .map(([name, value]) => setThing(name, value))
  .join('\n')}
wait
: >/usr/local/lib/law/log
${effects
  // What a package's script does cannot be another package: dpkg is at work.
  .filter(({ name }) => !name.startsWith('package:'))
  .map(
    ({ when, name, value }) =>
      `cat >>"/usr/local/lib/law/effect-${when.replaceAll('/', '_')}" <<'EOF'\n{ ${setThing(name, value)}; } >/dev/null 2>&1 || true\nEOF`,
  )
  .join('\n')}
true`;
}

/** sh that changes things behind everybody's back. */
export function drift(changes: Readonly<Record<string, string>>): string {
  return [...Object.entries(changes).map(([name, value]) => setThing(name, value)), 'true'].join('\n');
}

/** sh that prints what is there: files with modes, owners and contents; users, units, packages, containers; and in which order the code of others was run. */
export const look = `cd /
find ${root} /home -path '*law*' -printf '%y %m %u:%g %l %p\\n' | sort
find ${root} /home -path '*law*' -type f -exec sha256sum {} + | sort -k 2
getent passwd | grep ^law- | cut -d : -f 1,3-
${each(packages, (name) => `dpkg-query -W -f '\${Package} \${Status}\\n' law-${name} 2>/dev/null; systemctl is-active law-${name}; systemctl is-enabled law-${name} 2>/dev/null`)}
docker ps -a --filter name=law- --format '{{.Names}} {{.Image}} {{.State}}' | sort
docker image ls --format '{{.Repository}}:{{.Tag}}' | sort
cat /usr/local/lib/law/log`;
