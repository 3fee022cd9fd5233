// Where a secret might be seen, and how to look there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '../homerun.ts';

export interface Surface {
  readonly name: string;
  /** All that is to be seen there, with the witness in it. */
  readonly gather: () => string | Promise<string>;
}

/** What the runs of the test left. */
export interface Left {
  /** With -vvvv and -D. */
  readonly plain: Ran;
  readonly json: Ran;
  readonly check: Ran;
  /** On a terminal. */
  readonly live: Ran;
  /** Of playbooks with mistakes. */
  readonly wrong: Ran;
  /** Programs that crash in the middle: by an exception, and by a promise that nobody waits for. */
  readonly thrown: Ran;
  readonly rejected: Ran;
  /** A saved run shown again. */
  readonly shownAgain: Ran;
  /** Argument lists and environments of the command and what it starts, on this machine. */
  readonly ownProcesses: string;
  /** The same of all processes on the host. */
  readonly hostProcesses: string;
  /** The folder that the runs write to on this machine, by their environment. */
  readonly folder: string;
  readonly witness: string;
  /** Runs a script as root on the host, past homerun. */
  readonly onHost: (script: string) => Promise<string>;
}

/** Puts the witness where homerun itself puts nothing, so that it is seen that one looks at the right place. */
export function plant(witness: string): string {
  return `exec >/dev/null 2>&1
logger -p auth.info -t sshd ${witness}
sudo /bin/true ${witness}
image=$(docker inspect --format '{{.Image}}' synapse)
docker run --name witness --label witness=${witness} --entrypoint echo "$image" ${witness}
docker commit --change 'LABEL witness=${witness}' witness witness:1
docker volume create --label witness=${witness} witness
docker network create --label witness=${witness} witness
curl -s http://127.0.0.1:8008/_matrix/client/v3/${witness}
curl -s http://127.0.0.1/${witness}
systemd-run --unit=witness --setenv=WITNESS=${witness} sleep 900
echo 'echo ${witness}' >>/root/.bash_history
for folder in /tmp /var/tmp /dev/shm /run; do echo ${witness} >$folder/witness; done
echo '# ${witness}' >>/etc/nginx/nginx.conf
echo '# ${witness}' >>/root/.ssh/authorized_keys
echo ${witness} >>/var/log/witness.log
exit 0`;
}

/** The 30. */
export function surfaces(left: Left): readonly Surface[] {
  const { folder, onHost } = left;
  const both = ({ stdout, stderr }: Ran) => `${stdout}\n${stderr}`;
  const own =
    (...path: readonly string[]) =>
    () =>
      textsBelow(join(folder, ...path));
  const host = (name: string, script: string): Surface => ({ name, gather: () => onHost(`{ ${script}; } 2>&1 || true`) });
  return [
    { name: 'standard output at -vvvv, with differences', gather: () => left.plain.stdout },
    { name: 'standard error', gather: () => left.wrong.stderr },
    { name: 'a terminal', gather: () => both(left.live) },
    { name: 'JSON lines', gather: () => both(left.json) },
    { name: 'differences of a check', gather: () => both(left.check) },
    { name: 'errors of playbooks', gather: () => both(left.wrong) },
    { name: 'a crash by an exception', gather: () => both(left.thrown) },
    { name: 'a crash by a promise', gather: () => both(left.rejected) },
    { name: 'a saved run', gather: own('reports', 'run.jsonl') },
    { name: 'a saved run shown again', gather: () => both(left.shownAgain) },
    { name: 'the HTML report', gather: own('reports', 'run.html') },
    { name: 'the JUnit report', gather: own('reports', 'run.xml') },
    { name: 'the journal of runs', gather: own('state') },
    { name: 'what is kept compiled', gather: own('home', '.cache') },
    { name: 'the home folder of the user: known_hosts, history', gather: own('home') },
    { name: 'temporary files of this machine', gather: own('tmp') },
    { name: 'processes of this machine', gather: () => left.ownProcesses },
    { name: 'processes of the host: arguments and environments', gather: () => left.hostProcesses },
    host('the journal', 'journalctl --no-pager -o export'),
    host('log-ins', 'journalctl --no-pager -t sshd; cat /var/log/auth.log; last -w; lastlog'),
    host('sudo', 'journalctl --no-pager -t sudo'),
    host('logs of the system', 'cat /var/log/*log /var/log/apt/*; dmesg'),
    host('logs of nginx', 'cat /var/log/nginx/*'),
    host('the log of Synapse', 'docker logs synapse'),
    host('logs of containers', 'for one in $(docker ps -aq); do docker logs $one; done'),
    host('docker inspect', 'docker inspect $(docker ps -aq) $(docker volume ls -q) $(docker network ls -q)'),
    host(
      'images and events',
      'docker image inspect $(docker image ls -q); docker history --no-trunc witness:1; docker events --since 0 --until "$(date +%s)"',
    ),
    host('units', 'systemctl show --all "*"; systemctl cat "*"'),
    host('histories of shells', 'cat /root/.*history /home/*/.*history'),
    host(
      'temporary folders of the host',
      "find /tmp /var/tmp /dev/shm /run -xdev -type f -size -4M ! -path '*/journal/*' -exec cat {} +; find / -xdev -name 'core*' -type f -newer /proc/1 -exec cat {} + 2>/dev/null",
    ),
  ];
}

/** All files of a folder, or one file, names included. */
export function textsBelow(path: string): string {
  if (!existsSync(path)) return '';
  if (!readdirSync(join(path, '..'), { withFileTypes: true }).some((entry) => entry.isDirectory() && join(path, '..', entry.name) === path))
    return readFileSync(path, 'latin1') + readFileSync(path, 'utf8');
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => `${entry.name}\n${textsBelow(join(entry.parentPath, entry.name))}`).join('\n');
}
