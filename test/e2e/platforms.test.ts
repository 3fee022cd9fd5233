// A homeserver on another release than the usual one, from nothing, and what of it is open.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { checkHomeserver } from '../lab/demo-checks.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { type Pebble, startPebble } from '../lab/pebble.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';
import { openPorts } from './open-ports.ts';

const name = 'e2e-platforms';
const folder = mkdtempSync(join(tmpdir(), 'homerun-platforms-'));
const secrets = { matrix_turn_shared_secret: randomBytes(32).toString('hex') };

let lab: Lab;
let pebble: Pebble;
let inventory: MatrixInventory;
let first: JsonRan;

test.before(async (t) => {
  t.timeout(900_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('trixie', 'plain', 'trixie')], say: (line) => t.log(line) });
  pebble = await startPebble(lab);
  // With all that comes from the distribution: PostgreSQL, nginx, certbot, coturn.
  const own = {
    matrix_certificate_method: 'acme',
    matrix_acme_directory: pebble.directoryUrl,
    matrix_acme_terms_agreed: true,
    matrix_database: 'host',
    matrix_database_password: randomBytes(12).toString('hex'),
    matrix_turn: true,
  };
  inventory = await writeInventory(lab, { folder, hostVariables: { trixie: own }, secrets });
  first = await site();
});

test.after.always(async () => {
  pebble?.stop();
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

const site = () => converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);

async function on(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'trixie', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout.trim();
}

test.serial('site.yaml makes a homeserver of a Debian 13 with nothing on it, and a second run changes nothing', async (t) => {
  t.is(first.exitCode, 0, complaint(first));
  const [server] = inventory.homeservers;
  if (!server) throw new Error('the inventory has no homeserver');
  const trusted = { ...inventory, certificateAuthority: `${inventory.certificateAuthority}\n${await pebble.rootCertificate()}` };
  const wrong = (await checkHomeserver(trusted, server, 'admin')).filter(({ isRight }) => !isRight);
  t.deepEqual(wrong, []);
  const again = await site();
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
});

test.serial('it has the PostgreSQL of Debian 13, Docker’s own repository for it, and today’s words of nginx', async (t) => {
  t.is(await on('. /etc/os-release; echo $VERSION_CODENAME'), 'trixie');
  t.regex(await on("cd / && runuser -u postgres -- psql -XAtc 'SHOW server_version' synapse"), /^17\./);
  t.regex(await on('apt-cache policy docker-ce'), /\*\*\*[^\n]*\n +500 https:\/\/download\.docker\.com\/linux\/debian trixie\/stable/);
  t.regex(await on('cat /etc/nginx/sites-available/matrix'), /^ +http2 on;\n[^]*^ +ssl_ecdh_curve X25519MLKEM768:/m);
});

test.serial('from outside the ports of firewall.md answer and no other, and one that Docker opens to everybody is found and named', async (t) => {
  const image = lab.synapseImages[0]?.names[0] ?? '';
  await on(`docker run -d --rm --name leak -p 9123:8008 --entrypoint sleep ${image} 600`);
  t.teardown(() => on('docker rm -f leak'));
  t.deepEqual(await openPorts(lab, 'trixie'), [
    'tcp 22 sshd',
    'tcp 80 nginx',
    'tcp 443 nginx',
    'tcp 3478 turnserver',
    'udp 3478 turnserver',
    'tcp 5349 turnserver',
    'tcp 9123 docker-proxy',
  ]);
});
