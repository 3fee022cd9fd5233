// A first install that is killed at any moment: the next run finds its way from there.
// HOMERUN_KILLS sets how many moments (default 4), HOMERUN_SEED which ones; both are printed.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { registerCompletionHandler } from 'ava';
import { https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { waitFor } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, homerun } from './homerun.ts';
import { killRounds } from './kills.ts';
import { whileProbing } from './probe.ts';

// A host that is killed leaves connections of which nobody hears any more: one of them could hold this process, and with it the suite.
registerCompletionHandler(() => process.exit());

const name = 'e2e-killed';
const folder = mkdtempSync(join(tmpdir(), 'homerun-killed-'));
const kills = Number(process.env['HOMERUN_KILLS'] ?? 4);
const seed = Number(process.env['HOMERUN_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
let site: readonly string[];

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('kill', 'baked'), homeserverRequest('bare')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  const [first] = inventory.homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  site = siteOf('kill');
  await onKill(`printf '%s' 'server { listen 80; server_name hand.test; return 200 hand; }' >/etc/nginx/sites-enabled/by-hand
nginx -t -q && systemctl reload nginx`);
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

const siteOf = (host: string): readonly string[] => ['playbooks/site.yaml', '-i', inventory.folder, '-l', host];

async function onKill(script: string, host = 'kill'): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, host, script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

/** The host as it was before the first run: packages, the image and the site by hand are there. */
const reset = () =>
  onKill(`docker ps -aq | xargs -r docker rm -f >/dev/null
rm -rf /var/matrix-synapse-data* /var/www/matrix /var/www/acme /var/www/ketesa /var/www/matrix-client /etc/ssl/homerun /etc/docker/daemon.json
rm -f /etc/nginx/sites-*/matrix*
# systemd counts restarts; these are ours.
systemctl reset-failed docker.service docker.socket && systemctl restart docker && systemctl reload nginx`);

/** What must not be left once all is well. */
const leftOvers = (host = 'kill') =>
  onKill(
    `ls -dA /etc/nginx/.homerun-* /var/*.homerun /run/homerun* /root/.homerun /tmp/homerun* 2>/dev/null
find /var/www /var/matrix-synapse-data /etc/ssl/homerun /etc/docker /etc/nginx -name '.homerun*' -o -name '*.homerun*'
docker ps -a --format '{{.Names}}' | grep -v '^synapse$'; true`,
    host,
  );

/** Random numbers of 0 to 1 that follow from `seed` (a linear congruential generator, numbers of Knuth's MMIX). */
function numbersFrom(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return Number(state >> 32n) / 2 ** 32;
  };
}

/** The site that somebody put on the same nginx by hand. */
function hand(): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const request = get({ host: server.host.address, port: 80, headers: { host: 'hand.test' }, agent: false, timeout: 5000 }, (answer) => {
      answer.resume();
      answer.on('error', reject);
      answer.on('end', () => resolve(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.on('error', reject);
  });
}

async function login(server: Homeserver): Promise<number> {
  const identifier = { type: 'm.id.user', user: 'admin' };
  const body = { type: 'm.login.password', identifier, password: inventory.adminPassword };
  const url = `https://${server.serverName}/_matrix/client/v3/login`;
  const { status } = await https({ url, address: server.host.address, ca: inventory.certificateAuthority, method: 'POST', body });
  return status;
}

/** The last task that had ended when a run was killed. */
function reached(stdout: string): string {
  const events = stdout.split('\n').flatMap((line): { event?: string; task?: string }[] => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  return events.findLast(({ event }) => event === 'task' || event === 'handler')?.task ?? 'nothing';
}

let lengthMs = 0;

test.serial('an undisturbed first run, for its length', async (t) => {
  const [ran, probed] = await whileProbing(hand, async () => {
    const began = performance.now();
    const result = await converge('run', site);
    lengthMs = performance.now() - began;
    return result;
  });
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual(probed.wrong, []);
  t.is(await leftOvers(), '');
  t.log(`${(lengthMs / 1000).toFixed(1)} s; ${probed.count} requests to the site put there by hand`);
});

const random = numbersFrom(seed);
for (const [index, within] of Array.from({ length: kills }, random).entries()) {
  test.serial(`killed for the ${index + 1}. time of ${kills}, the next run converges, and check agrees`, async (t) => {
    t.timeout(300_000);
    await reset();
    const afterMs = Math.round(((index + within) / kills) * lengthMs);
    const [, probed] = await whileProbing(hand, async () => {
      const killed = await homerun(['run', ...site, '--output', 'json'], { signal: AbortSignal.timeout(afterMs) });
      t.log(`seed ${seed}: killed after ${(afterMs / 1000).toFixed(2)} s of ${(lengthMs / 1000).toFixed(1)} s, last done: ${reached(killed.stdout)}`);
      t.true(killed.exitCode === null || killed.exitCode === 0, killed.stderr);
      const again = await converge('run', site);
      t.is(again.exitCode, 0, complaint(again));
      const checked = await converge('check', site);
      t.is(checked.exitCode, 0, `${checked.changed.join(', ')}\n${complaint(checked)}`);
      t.deepEqual(checked.changed, []);
    });
    t.is(await login(server), 200);
    t.is(await leftOvers(), '');
    t.deepEqual(probed.wrong, []);
  });
}

test.serial('killed again and again without a pause, it converges as well', async (t) => {
  t.timeout(300_000);
  await reset();
  for (let count = 0; count < 5; count += 1) {
    const afterMs = Math.round(1000 + random() * 3000);
    const killed = await homerun(['run', ...site, '--output', 'json'], { signal: AbortSignal.timeout(afterMs) });
    t.log(`killed after ${(afterMs / 1000).toFixed(2)} s, last done: ${reached(killed.stdout)}`);
    await sleep(random() * 200);
  }
  const again = await converge('run', site);
  t.is(again.exitCode, 0, complaint(again));
  t.is((await converge('check', site)).exitCode, 0);
  t.is(await login(server), 200);
  t.is(await leftOvers(), '');
});

test.serial('killed again and again while packages are installed on a bare host, it gets there, and dpkg is whole', async (t) => {
  t.timeout(600_000);
  const [, bare] = inventory.homeservers;
  if (!bare) throw new Error('the inventory has no second homeserver');
  for (let count = 0; count < 8; count += 1) {
    const afterMs = Math.round(2000 + random() * 8000);
    const killed = await homerun(['run', ...siteOf('bare'), '--output', 'json'], { signal: AbortSignal.timeout(afterMs) });
    t.log(`killed after ${(afterMs / 1000).toFixed(2)} s, last done: ${reached(killed.stdout)}`);
    t.true(killed.exitCode === null || killed.exitCode === 0, killed.stdout);
  }
  const again = await converge('run', siteOf('bare'));
  t.is(again.exitCode, 0, complaint(again));
  const checked = await converge('check', siteOf('bare'));
  t.is(checked.exitCode, 0, `${checked.changed.join(', ')}\n${complaint(checked)}`);
  t.is(await onKill('dpkg --audit', 'bare'), '');
  t.is(await leftOvers('bare'), '');
  t.is(await login(bare), 200);
});

test.serial('dpkg that was killed half-way is brought to its end by the next run', async (t) => {
  t.timeout(180_000);
  await onKill(
    `mkdir -p /root/half/DEBIAN && cd /root && printf 'Package: half\\nVersion: 1\\nArchitecture: all\\nMaintainer: T <t@lab.test>\\nDescription: x\\n' >half/DEBIAN/control
printf '#!/bin/sh\\n[ -e /root/once ] || { : >/root/once; kill -KILL $PPID; }\\n' >half/DEBIAN/postinst && chmod 0755 half/DEBIAN/postinst
dpkg-deb --build half half.deb`,
    'bare',
  );
  const file = join(folder, 'packages.yaml');
  writeFileSync(file, '- hosts: bare\n  tasks:\n    - apt: { deb: /root/half.deb }\n');
  const args = [file, '-i', inventory.folder];
  const cut = await converge('run', args);
  t.is(cut.exitCode, 2, complaint(cut));
  t.not(await onKill('dpkg --audit', 'bare'), '');
  const again = await converge('run', args);
  t.is(again.exitCode, 0, complaint(again));
  t.is(await onKill('dpkg --audit; ls /var/lib/dpkg/updates', 'bare'), '');
  t.deepEqual((await converge('run', args)).changed, []);
});

test.serial(
  'killed in four ways (the command, the link, the shell, the host), no file is torn, no handler lost, and the next run brings all about',
  async (t) => {
    t.timeout(300_000);
    const own = join(folder, 'kills');
    mkdirSync(own);
    const [, host] = lab.hosts;
    if (!host) throw new Error('the lab has no second host');
    const { counts, files, owed, unknown, wrong } = await killRounds(
      { lab, host, folder: own },
      { seed, rounds: 6, share: { homerun: 3, link: 3, shell: 3, host: 1 } },
    );
    t.log(`seed ${seed}: ${JSON.stringify(counts)}; ${files} files looked at; a handler was owed ${owed} times, something unknown ${unknown} times`);
    t.deepEqual(wrong, []);
  },
);

test.serial('a host is changed by one run at a time: another is told by whom, waits for it, or ends it; its other hosts go on', async (t) => {
  t.timeout(120_000);
  const playbook = (name: string, hosts: string, task: string): string => {
    const file = join(folder, name);
    writeFileSync(file, `- hosts: ${hosts}\n  gather_facts: false\n  tasks:\n    - name: it\n      ${task}\n`);
    return file;
  };
  const run = (file: string, ...options: readonly string[]) => converge('run', [file, '-i', inventory.folder, ...options]);
  const long = playbook('long.yaml', 'kill', "shell: 'until [ -e /run/go ]; do sleep 0.1; done'");
  const short = playbook('short.yaml', 'kill:bare', 'command: date');
  const begun = () =>
    waitFor('the first run to be at work', 60, async () => (await onKill('ls /run/homerun/lock.* 2>/dev/null; true')) !== '' || undefined);

  const first = run(long);
  await begun();
  const refused = await run(short);
  t.is(refused.exitCode, 2, complaint(refused));
  t.deepEqual(refused.changed, ['bare: it']);
  t.regex(
    refused.tasks.find(({ host }) => host === 'kill')?.message ?? '',
    /^the host is locked: a run of \S+@\S+ \(process \d+\) is changing it since 20/,
  );
  const waiting = run(short, '--lock-timeout', '60');
  await onKill(': >/run/go');
  t.is((await waiting).exitCode, 0, complaint(await waiting));
  t.is((await first).exitCode, 0, complaint(await first));

  await onKill('rm /run/go');
  const ended = run(long);
  await begun();
  const breaking = await run(short, '--break-lock');
  t.is(breaking.exitCode, 0, complaint(breaking));
  t.is((await ended).exitCode, 4, complaint(await ended));
  t.is(await onKill("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep 'run/[g]o'; true"), '');
  for (const host of ['kill', 'bare']) t.is(await leftOvers(host), '');
});
