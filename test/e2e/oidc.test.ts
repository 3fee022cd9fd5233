// Providers of accounts elsewhere, from variables to what Synapse offers. A login with one is in test/acceptance/browsers.ts.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import * as z from 'zod';
import { https } from '../lab/https.ts';
import type { IdentityProvider } from '../lab/identity-provider.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { declaration, elsewhere, startElsewhere } from './elsewhere.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';

const name = 'e2e-oidc';
const folder = mkdtempSync(join(tmpdir(), 'homerun-oidc-'));
const data = '/var/matrix-synapse-data';
const request = homeserverRequest('oidc', 'baked');
/** A black and a white square. */
const pictures = [
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAD0lEQVR42mNgGAWjgHwAAAJAAAHgTR1EAAAAAElFTkSuQmCC',
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAEklEQVR42mP4DwUMo4xRBukMAOPT/hAC2mzjAAAAAElFTkSuQmCC',
];

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
let provider: IdentityProvider;

test.before(async (t) => {
  t.timeout(900_000);
  await removeLab(name);
  provider = await startElsewhere(request.serverName ?? '');
  lab = await startLab({ name, hosts: [request], forwards: { [elsewhere.name]: provider.port }, say: (line) => t.log(line) });
  inventory = await writeInventory(lab, {
    folder,
    variables: { matrix_certificate_authorities: [readFileSync(lab.authority.certificateFile, 'utf8')] },
  });
  const [first] = inventory.homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  declare(elsewhere.clientSecret);
});

test.after.always(async () => {
  await removeLab(name);
  provider?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the provider into the inventory as a user would. @param picture which of the pictures it has. */
function declare(clientSecret: string, picture = 0): void {
  writeFileSync(join(folder, 'icon.png'), Buffer.from(pictures[picture] ?? '', 'base64'));
  const providers = declaration({ variable: 'matrix_oidc_providers', issuer: provider.issuer, clientSecret, icon: join(folder, 'icon.png') });
  writeFileSync(join(inventory.folder, 'group_vars', 'all.yaml'), providers, { mode: 0o600 });
}

const site = (action: 'run' | 'check', ...more: readonly string[]) => converge(action, ['playbooks/site.yaml', '-i', inventory.folder, ...more]);

async function onOidc(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'oidc', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  https({ url: `https://${server.serverName}${path}`, address: server.host.address, ca: inventory.certificateAuthority, headers });

const flows = z.object({ flows: z.array(z.object({ type: z.string(), identity_providers: z.array(z.record(z.string(), z.string())).optional() })) });

/** What clients are offered to log in with elsewhere. */
async function offered(): Promise<readonly Readonly<Record<string, string>>[]> {
  const { body } = await get('/_matrix/client/v3/login');
  return flows.parse(JSON.parse(body)).flows.flatMap((flow) => flow.identity_providers ?? []);
}

/** Server and id of the picture that clients are told. */
async function picture(): Promise<string> {
  const [first] = await offered();
  return /^mxc:\/\/(oidc\.lab\.test\/\w+)$/.exec(first?.['icon'] ?? '')?.[1] ?? 'none';
}

/** What of it is about providers. */
const ofProviders = ({ changed }: JsonRan) =>
  changed.map((one) => one.replace('oidc: ', '')).filter((task) => /provider|secret|icon|Configure|Restart Synapse|Run Synapse/.test(task));

test.serial('a check of a host where nothing is yet foresees it all', async (t) => {
  const ran = await site('check');
  t.is(ran.exitCode, 3, complaint(ran));
});

test.serial('one run sets up a homeserver and the provider, its picture too, and the second changes nothing', async (t) => {
  const ran = await site('run');
  t.is(ran.exitCode, 0, complaint(ran));
  // Nothing of it is done twice: Synapse starts, and starts once more with the provider.
  t.deepEqual(ofProviders(ran), [
    'Configure Synapse',
    'Run Synapse, reachable from the host itself only',
    'Keep each client secret in a file that Synapse alone reads',
    'Upload the icons',
    'Configure the providers',
  ]);
  t.false((ran.stdout + ran.stderr).includes('of the lab: '));
  const again = await site('run');
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
});

test.serial('the client secret is in a file for Synapse alone, and nowhere else', async (t) => {
  t.is(await onOidc(`stat -c '%a %u:%g' ${data}/homerun.oidc-lab`), '600 991:991\n');
  t.is(await onOidc(`cat ${data}/homerun.oidc-lab`), elsewhere.clientSecret);
  t.is(await onOidc(`grep -rlF 'of the lab: ' ${data}; true`), `${data}/homerun.oidc-lab\n`);
});

test.serial('clients are told the picture, and who is not logged in is not given it', async (t) => {
  const [first, ...others] = await offered();
  t.deepEqual(others, []);
  t.like(first, { id: 'oidc-lab', name: "The lab's own" });
  // As Synapse's own page asks for it.
  const thumbnail = `thumbnail/${await picture()}?width=32&height=32&method=crop`;
  t.is((await get(`/_matrix/media/v1/${thumbnail}`)).status, 404);
  const { body } = await https({
    url: `https://${server.serverName}/_matrix/client/v3/login`,
    address: server.host.address,
    ca: inventory.certificateAuthority,
    method: 'POST',
    body: { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'admin' }, password: inventory.adminPassword },
  });
  const { access_token: token } = z.object({ access_token: z.string() }).parse(JSON.parse(body));
  const authorization = `Bearer ${token}`;
  t.is((await get(`/_matrix/client/v1/media/${thumbnail}`, { authorization })).status, 200);
});

test.serial('what was uploaded while media were open to everybody stays so, as docs/steps/oidc.md says', async (t) => {
  declare(elsewhere.clientSecret, 1);
  const others = { trusted_key_servers: [], ip_range_whitelist: [lab.network.subnet] };
  const withMedia = (value: false | null) => ['-e', JSON.stringify({ matrix_synapse_settings: { ...others, enable_authenticated_media: value } })];
  const open = await site('run', ...withMedia(false));
  t.is(open.exitCode, 0, complaint(open));
  const closed = await site('run', ...withMedia(null));
  t.is(closed.exitCode, 0, complaint(closed));
  t.deepEqual(ofProviders(closed), ['Configure Synapse']);
  t.is((await get(`/_matrix/media/v1/thumbnail/${await picture()}?width=32&height=32&method=crop`)).status, 200);
});

test.serial("each preset is one that the image's Synapse takes", async (t) => {
  const provider = { client_id: 'x', client_secret_path: '/data/homerun.oidc-lab' };
  const issuer = 'https://login.lab.test';
  const providers = [
    { preset: 'microsoft_personal', ...provider },
    { preset: 'microsoft_work', tenant: 'contoso.example', ...provider },
    { preset: 'google', ...provider },
    { preset: 'github', ...provider },
    { preset: 'keycloak', issuer, ...provider },
    { preset: 'generic', issuer, ...provider },
  ];
  const ran = await site('check', '-e', JSON.stringify({ matrix_oidc_providers: providers }));
  t.is(ran.exitCode, 3, complaint(ran));
  t.deepEqual(ofProviders(ran), ['Configure the providers']);
});

test.serial('another client secret changes its file, and Synapse is restarted to read it', async (t) => {
  const started = () => onOidc("docker inspect -f '{{.State.StartedAt}}' synapse");
  const before = await started();
  declare('another', 1);
  const ran = await site('run');
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual(ofProviders(ran), ['Keep each client secret in a file that Synapse alone reads', 'Restart Synapse']);
  t.not(await started(), before);
});

test.serial('what does not fit together is refused before anything is changed', async (t) => {
  const providers = [{ preset: 'keycloak', client_id: 'x', client_secret: 'y' }];
  const ran = await site('run', '-e', JSON.stringify({ matrix_oidc_providers: providers }));
  t.is(ran.exitCode, 2);
  t.regex(complaint(ran), /keycloak: the preset keycloak wants the issuer/);
  t.deepEqual(ofProviders(ran), []);
});

test.serial('without providers nothing of them is left', async (t) => {
  const ran = await site('run', '-e', '{"matrix_oidc_providers": []}');
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual(ofProviders(ran), ['Configure Synapse', 'Remove those of providers that are gone']);
  t.is(await onOidc(`ls ${data} | grep homerun.oidc; grep -c oidc_providers ${data}/homeserver.yaml; true`), '0\n');
  t.deepEqual(await offered(), []);
  const again = await site('run', '-e', '{"matrix_oidc_providers": []}');
  t.deepEqual(again.changed, []);
});
