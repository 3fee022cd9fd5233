// What is valid and yet does not work gives way to what did, within a minute, and the log says why.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, homerun } from './homerun.ts';
import { whileProbing } from './probe.ts';

const name = 'e2e-rollback';
const folder = mkdtempSync(join(tmpdir(), 'homerun-rollback-'));
const data = '/var/matrix-synapse-data';
const configure = 'Configure Synapse';
const container = 'Run Synapse, reachable from the host itself only';

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
/** Takes connections and never says anything, as seen from a container. */
let deaf = '';

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('back', 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  const [first] = inventory.homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  const ran = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  const listener = 'import socket, time; s = socket.create_server(("", 5432)); time.sleep(86400)';
  const image = lab.synapseImages[0]?.names[0] ?? '';
  await onBack(`docker run -d --name deaf --entrypoint python ${image} -c '${listener}'`);
  deaf = (await onBack("docker inspect -f '{{.NetworkSettings.IPAddress}}' deaf")).trim();
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function onBack(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'back', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

const args = (variables: object) => ['playbooks/synapse.yaml', '-i', inventory.folder, '-e', JSON.stringify(variables)];

/** Through nginx, as a client would ask. */
async function versions(): Promise<string | undefined> {
  const url = `https://${server.serverName}/_matrix/client/versions`;
  const { status } = await https({ url, address: server.host.address, ca: inventory.certificateAuthority, timeoutMs: 5000 });
  return status === 200 ? undefined : `status ${status}`;
}

/** The files by content, owner and mode; every container by what it is made of. */
const files = () =>
  onBack(
    `cd ${data} && find . -maxdepth 1 \\( -name '*.yaml' -o -name '*.config' -o -name '*.key' \\) -exec stat -c '%n %a %u' {} + -exec sha256sum {} + | sort; ls -A /var`,
  );
const containers = () =>
  onBack(
    "docker ps -a --format '{{.Names}} {{.ID}} {{.Ports}}' | sort; docker inspect -f '{{.Id}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' synapse",
  );

interface Broken {
  readonly what: string;
  readonly variables: () => object;
  readonly task: string;
  /** The reason, in the words of what does not work. */
  readonly reason: RegExp;
  readonly isBack: RegExp;
  /** A line of its log that is shown; none where it did not get as far as that. */
  readonly log?: RegExp;
}

const http = { port: 8008, type: 'http', tls: false, x_forwarded: true, resources: [{ names: ['client', 'federation'], compress: false }] };
const logging = { version: 1, root: { level: 'INFO', handlers: ['console'] }, disable_existing_loggers: false };
const synapseIsBack = /Synapse does not work with the new configuration: .*\. The one before is back, and Synapse works again\.$/;
const containerIsBack = /The new container synapse did not work: .*\. The one before it is back\.$/;

const broken: readonly Broken[] = [
  {
    what: 'a port of the container that is taken',
    variables: () => ({ matrix_synapse_settings: { listeners: [http, http] } }),
    task: configure,
    reason: /Couldn't listen on :::8008: .*Address already in use/,
    isBack: synapseIsBack,
    log: /^synapse\.app\._base\.ListenerException/m,
  },
  {
    what: 'an address that is not there',
    variables: () => ({ matrix_synapse_settings: { listeners: [{ ...http, bind_addresses: ['192.0.2.7'] }] } }),
    task: configure,
    reason: /192\.0\.2\.7:8008: .*Cannot assign requested address/,
    isBack: synapseIsBack,
    log: /^twisted\.internet\.error\.CannotListenError/m,
  },
  {
    what: 'a folder that is not there',
    variables: () => ({ matrix_synapse_settings: { database: { name: 'sqlite3', args: { database: '/data/nowhere/homeserver.db' } } } }),
    task: configure,
    reason: /unable to open database file/,
    isBack: synapseIsBack,
    log: /sqlite3\.OperationalError/,
  },
  {
    what: 'a log configuration that names a file in no folder',
    variables: () => ({
      matrix_log_config: { ...logging, handlers: { console: { class: 'logging.FileHandler', filename: '/nowhere/synapse.log' } } },
    }),
    task: configure,
    reason: /No such file or directory: '\/nowhere\/synapse\.log'.*Unable to configure handler/,
    isBack: synapseIsBack,
    log: /Unable to configure handler/,
  },
  {
    what: 'a log configuration with a level of no kind',
    variables: () => ({ matrix_log_config: { ...logging, handlers: { console: { class: 'logging.StreamHandler' } }, root: { level: 'LOUD' } } }),
    task: configure,
    reason: /Unknown level: 'LOUD'/,
    isBack: synapseIsBack,
    log: /Unknown level/,
  },
  {
    what: 'a database that takes the connection and never answers',
    variables: () => ({ matrix_synapse_settings: { database: { name: 'psycopg2', args: { host: deaf, user: 'a', password: 'b', dbname: 'a' } } } }),
    task: configure,
    reason: /http:\/\/127\.0\.0\.1:8008\/health did not answer within 40 seconds/,
    isBack: synapseIsBack,
  },
  {
    what: 'a published port that another program has',
    variables: () => ({ matrix_synapse_port: 22 }),
    task: container,
    reason: /it could not be started: .*127\.0\.0\.1:22.*address already in use \(ss -ltnp on the host shows by what\)/,
    isBack: containerIsBack,
  },
];

for (const { what, variables, task, reason, isBack, log } of broken) {
  test.serial(`${what}: the run fails and says why, and what worked before is back within a minute`, async (t) => {
    t.timeout(180_000);
    const before = [await files(), await containers()];
    const [ran, probed] = await whileProbing(versions, async () => {
      const result = await converge('run', args(variables()));
      // What was reachable at another port is not waited for by the run itself.
      for (let tries = 0; tries < 600 && (await versions().catch(String)) !== undefined; tries += 1) continue;
      return result;
    });
    t.log(`${(probed.longestGapMs / 1000).toFixed(1)} s without an answer`);
    t.is(ran.exitCode, 2, complaint(ran));
    const failed = ran.tasks.find(({ status }) => status === 'failed');
    t.is(failed?.task, task);
    t.regex(failed?.message ?? '', reason);
    t.regex(failed?.message ?? '', isBack);
    if (log) {
      t.regex(failed?.output?.stderr ?? '', /^The last lines of the log of the container synapse:$/m);
      t.regex(failed?.output?.stderr ?? '', log);
    }
    t.deepEqual([await files(), await containers()], before);
    t.true(probed.longestGapMs < 60_000, `${probed.longestGapMs} ms without an answer`);
    t.is(await versions(), undefined);
  });
}

test.serial('the reason and the end of the log are on the screen, without a stack trace of ours', async (t) => {
  const settings = { database: { name: 'sqlite3', args: { database: '/data/nowhere/homeserver.db' } } };
  const { exitCode, stdout, stderr } = await homerun(['run', ...args({ matrix_synapse_settings: settings }), '--output', 'plain']);
  t.is(exitCode, 2);
  t.regex(stdout, /^failed: \[back\] Configure Synapse$/m);
  t.regex(stdout, /playbooks\/synapse\.yaml:\d+:\d+: configure Synapse: .*The one before is back, and Synapse works again\./);
  t.regex(stdout, /^\s*back stderr \|.*sqlite3\.OperationalError: unable to open database file$/m);
  t.notRegex(stdout + stderr, /\.js:\d+|at .*\.ts:\d+/);
});

test.serial('after all that a run has nothing to do, and the old configuration is the one that is declared', async (t) => {
  const again = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
});
