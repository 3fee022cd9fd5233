// The hosts of the bench, and what they come to.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buildImage } from '../lab/docker.ts';
import { removeContainer } from '../lab/hosts.ts';
import { onHost, startLab } from '../lab/lab.ts';
import { projectRoot } from '../lab/places.ts';
import { sideBySide } from '../lab/stage.ts';
import type { Lab } from '../lab/types.ts';

export type Say = (line: string) => void;

/** Starts bare hosts `m1`, `m2`, … with what the peers need on them: Python. Those that run already stay as they are. */
export async function startHosts(lab: string, count: number, say: Say): Promise<Lab> {
  const hosts = Array.from({ length: count }, (_, index) => ({ name: `m${index + 1}` }));
  const folder = join(projectRoot, 'test/bench/host');
  return startLab({
    name: lab,
    hosts,
    plainImage: (engine, image) => buildImage(engine, { name: 'homerun-lab/bench', folder, arguments: { BASE: image } }),
    say,
  });
}

/** Puts bare hosts in the place of all that run. */
export async function renewHosts(lab: Lab): Promise<void> {
  await sideBySide(lab.hosts.map(({ container }) => removeContainer(lab.engine, container)));
  await startHosts(lab.name, lab.hosts.length, () => undefined);
}

/** Runs sh as root on all hosts, past SSH. @returns what each printed @throws Error with what one said that failed */
export async function onAllHosts(lab: Lab, script: string): Promise<string[]> {
  return sideBySide(
    lab.hosts.map(async ({ name }) => {
      const { code, stdout, stderr } = await onHost(lab, name, script);
      if (code !== 0) throw new Error(`sh on ${name} ended with ${code}: ${stderr.slice(-2000) || stdout.slice(-2000)}`);
      return stdout;
    }),
  );
}

/**
 * What a host is like: all that W1 could have left there, a line each, in words that do not tell who did it. Comments in crontabs are
 * left out, as each tool marks its jobs in its own way, and so are the times of files, logs, caches and databases.
 */
const look = `set -eu
export LC_ALL=C
find /etc /home /opt /root /srv /usr/local /var/lib/bench /var/log/bench /var/spool/cron \\
  \\( -path '/root/.ansible*' -o -path /root/.cache -o -path /var/spool/cron/crontabs -o -name '*-' -o -name .pwd.lock -o -name '*.cache' \\
     -o -path /etc/hostname -o -path /etc/hosts -o -path /etc/resolv.conf -o -path /etc/mtab -o -path /etc/machine-id \\) -prune -o -printf '%y %m %u:%g %p %l\\n' | sort
find /etc /home /opt /root /srv /usr/local /var/lib/bench /var/log/bench -type f ! -name '*-' ! -name '.pwd.lock' ! -name '*.cache' ! -name 'ssh_host_*' \\
  ! -path '/root/.ansible*' ! -path '/root/.cache/*' ! -path /etc/hostname ! -path /etc/hosts ! -path /etc/resolv.conf ! -path /etc/machine-id ! -path /etc/shadow -print0 \\
  | sort -z | xargs -0 sha256sum
cut -d: -f1,2,4- /etc/shadow
dpkg-query -W -f '\${Package} \${Version} \${db:Status-Abbrev}\\n'
for table in /var/spool/cron/crontabs/*; do
  [ -f "$table" ] || continue
  stat -c '%n %a %U:%G' "$table"
  grep -v '^#' "$table" | grep . || :
done
for unit in bench-one.service bench-two.service bench-tidy.timer cron.service; do
  systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload "$unit"
done
`;

/** What each host is like, as text: two hosts of the same text are alike. */
export function statesOf(lab: Lab): Promise<string[]> {
  return onAllHosts(lab, look);
}

/** One word for what hosts are like. */
export function digestOfStates(states: readonly string[]): string {
  return createHash('sha256').update(states.join('\0')).digest('hex').slice(0, 16);
}

/**
 * @throws Error with the first lines that differ
 */
export function sameStates(who: string, states: readonly string[], expected: readonly string[]): void {
  for (const [index, state] of states.entries()) {
    const [lines, others] = [state.split('\n'), (expected[index] ?? '').split('\n')];
    const [more, less] = [lines.filter((line) => !others.includes(line)), others.filter((line) => !lines.includes(line))];
    if (more.length + less.length === 0 && state === expected[index]) continue;
    const shown = [...more.map((line) => `+ ${line}`), ...less.map((line) => `- ${line}`)].slice(0, 20);
    throw new Error(`${who} leaves host ${index + 1} in another state than the one before:\n  ${shown.join('\n  ')}`);
  }
}
