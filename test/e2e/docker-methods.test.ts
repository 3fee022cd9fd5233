// Docker's three ways, on each release that hosts of the lab can be: from nothing, and from one to another.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Vars } from '../../src/values/vars.ts';
import { type Codename, distributionOf } from '../lab/distributions.ts';
import { hostNamed, onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';
import { answeringPorts, openPorts } from './open-ports.ts';

const methods = ['docker', 'distribution', 'present'];

for (const release of ['bookworm', 'trixie', 'jammy', 'noble'] as const satisfies readonly Codename[]) {
  const { id, title } = distributionOf(release);
  const name = `e2e-docker-${release}`;
  const folder = mkdtempSync(join(tmpdir(), 'homerun-docker-'));
  // Ubuntu 24.04 has systemd listen for it.
  const ssh = release === 'noble' ? 'tcp 22 sshd, systemd' : 'tcp 22 sshd';
  let lab: Lab;

  const on = async (host: string, script: string): Promise<string> => {
    const { code, stdout, stderr } = await onHost(lab, host, script);
    if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
    return stdout.trim();
  };
  /** Runs all that has to do with Docker, each host with a method. */
  const run = async (hosts: Readonly<Record<string, string>>): Promise<JsonRan> => {
    const hostVariables = Object.fromEntries(methods.map((host): [string, Vars] => [host, { matrix_docker_method: hosts[host] ?? host }]));
    const { folder: inventory } = await writeInventory(lab, { folder, hostVariables });
    return converge('run', ['playbooks/docker.yaml', 'playbooks/synapse.yaml', '-i', inventory, '-l', Object.keys(hosts).join(',')]);
  };

  // Another process may be at the labs of the other releases.
  test.after.always(async () => {
    if (lab !== undefined) await removeLab(name);
    rmSync(folder, { recursive: true, force: true });
  });

  test.serial(`${title}: each of the three ways brings Synapse up, a second run changes nothing, and no port of it is open`, async (t) => {
    t.timeout(1_200_000);
    await removeLab(name);
    lab = await startLab({ name, hosts: methods.map((method) => homeserverRequest(method, 'plain', release)), say: (line) => t.log(line) });
    const install = `mkdir -p /etc/docker && echo '{"log-driver": "journald"}' > /etc/docker/daemon.json && apt-get update -q && apt-get install -qy docker.io ${release === 'trixie' ? 'docker-cli' : ''}`;
    await on('present', install);
    const hosts = Object.fromEntries(methods.map((method) => [method, method]));
    const ran = await run(hosts);
    t.is(ran.exitCode, 0, complaint(ran));
    for (const host of methods) t.is(await on(host, 'curl -fsS http://127.0.0.1:8008/health'), 'OK', host);
    t.is(await on('present', 'cat /etc/docker/daemon.json'), '{"log-driver": "journald"}');
    const engine = "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' docker-ce docker.io 2>/dev/null | grep ^installed || :";
    t.is(await on('docker', engine), 'installed docker-ce');
    t.is(await on('distribution', engine), 'installed docker.io');
    t.is(await on('present', engine), 'installed docker.io');
    t.log(await on('distribution', "docker version -f '{{.Server.Version}}'"));
    for (const host of methods) t.deepEqual(await openPorts(lab, host), [ssh]);
    const again = await run(hosts);
    t.is(again.exitCode, 0, complaint(again));
    t.deepEqual(again.changed, []);
  });

  test.serial(`${title}: from the distribution's engine to Docker's, containers and their data stay, and a second run changes nothing`, async (t) => {
    const started = "docker inspect -f '{{.Id}} {{.State.StartedAt}}' synapse";
    const before = await on('distribution', started);
    const files = 'cd /var/matrix-synapse-data && sha256sum *.signing.key homeserver.yaml && ls homeserver.db';
    const data = await on('distribution', files);
    await on('distribution', 'docker volume create kept');
    const ran = await run({ distribution: 'docker' });
    t.is(ran.exitCode, 0, complaint(ran));
    const packages = ["distribution: Add Docker's signed package repository", 'distribution: Install the engine from Docker'];
    // Ubuntu's package leaves its socket behind when it goes.
    t.deepEqual(ran.changed, id === 'ubuntu' ? [...packages, 'distribution: Let go of what an engine before it listened on'] : packages);
    // It has not even been restarted: live-restore.
    t.is(await on('distribution', started), before);
    t.is(await on('distribution', files), data);
    t.is(await on('distribution', 'docker volume ls -q'), 'kept');
    t.is(await on('distribution', 'curl -fsS http://127.0.0.1:8008/health'), 'OK');
    const again = await run({ distribution: 'docker' });
    t.is(again.exitCode, 0, complaint(again));
    t.deepEqual(again.changed, []);
  });

  test.serial(`${title}: the way back to an older engine is refused, and what to do is said`, async (t) => {
    const ran = await run({ docker: 'distribution' });
    t.is(ran.exitCode, 2);
    t.regex(ran.tasks.find(({ status }) => status === 'failed')?.message ?? '', /Set matrix_docker_method to docker/);
    t.deepEqual(ran.changed, []);
  });

  test.serial(`${title}: past ufw comes what Docker publishes to everybody, and nothing of ours`, async (t) => {
    await on('present', 'apt-get install -qy ufw && ufw allow 22/tcp && ufw --force enable');
    const image = lab.synapseImages[0]?.names[0] ?? '';
    await on('present', `docker run -d --rm --name leak -p 9123:8008 --entrypoint python3 ${image} -m http.server 8008`);
    t.deepEqual(await answeringPorts(hostNamed(lab, 'present').labAddress), [22, 9123]);
    await on('present', 'docker rm -f leak');
  });

  test.serial(`${title}: an engine that is said to be there and is not is told`, async (t) => {
    await on('present', 'apt-get -qy purge docker.io');
    const ran = await run({ present: 'present' });
    t.is(ran.exitCode, 2);
    t.is(ran.tasks.find(({ status }) => status === 'failed')?.message, 'there is no unit docker.service on this host');
  });
}
