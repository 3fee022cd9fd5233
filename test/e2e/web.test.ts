import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import type { Browser } from 'playwright-core';
import { quote } from '../../src/values/command.ts';
import { issueCertificate } from '../lab/authority.ts';
import { https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, releaseOf, writeInventory } from '../lab/matrix-inventory.ts';
import { startPebble } from '../lab/pebble.ts';
import type { Lab } from '../lab/types.ts';
import { logInTo, openBrowser, picture, visit } from './browser.ts';
import { complaint, converge } from './homerun.ts';

const name = 'e2e-web';
const folder = mkdtempSync(join(tmpdir(), 'homerun-web-'));

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
let browser: Browser;

test.before(async (t) => {
  t.timeout(900_000);
  await removeLab(name);
  const request = homeserverRequest('web', 'baked');
  const more = ['element', 'cinny', 'hydrogen'].map((client) => `${client}.web.lab.test`);
  lab = await startLab({ name, hosts: [{ ...request, names: [...(request.names ?? []), ...more] }], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  const [first] = inventory.homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  browser = await openBrowser(inventory.homeservers, (line) => t.log(line));
  await run(t);
});

test.after.always(async () => {
  await browser?.close();
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs site.yaml and expects it to succeed. */
async function run(t: Pick<ExecutionContext, 'log'>, ...args: readonly string[]) {
  const ran = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder, ...args]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  t.log(`changed: ${ran.changed.join(', ') || 'nothing'}`);
  return ran;
}

const release = (variable: string, application: 'ketesa' | 'hydrogen', index: number) =>
  JSON.stringify({ [variable]: releaseOf(lab, application, index) });
const get = (url: string, more: Partial<Parameters<typeof https>[0]> = {}) =>
  https({ url, address: server.host.address, ca: inventory.certificateAuthority, ...more });
const client = (path = '') => `https://${server.clientName}/${path}`;
const panel = (path = '') => client(`${server.panelPath}/${path}`);

test.serial('the web client opens in a browser, and the administrator logs in', async (t) => {
  const { context, page, complaints } = await visit(browser, client());
  await page.locator('#username').waitFor();
  await picture(page, 'client-login');
  await logInTo(page, 'admin', inventory.adminPassword);
  await page.getByText('Choose a room on the left side.').waitFor();
  await page.reload();
  await page.getByText('Choose a room on the left side.').waitFor();
  // The client asks for data of an account that has none yet; that is no fault.
  t.deepEqual(
    complaints.filter((one) => !/404 .*\/_matrix\/|404 \(\).*\/_matrix\//.test(one)),
    [],
  );
  await context.close();
});

test.serial('the panel is reached with and without the slash at the end, and config.json is ours', async (t) => {
  const bare = await get(client(server.panelPath));
  t.is(bare.status, 301);
  t.is(bare.headers['location'], panel());
  const config = await get(panel('config.json'));
  t.like(JSON.parse(config.body), { restrictBaseUrl: `https://${server.serverName}` });
  t.is(config.headers['cache-control'], 'no-cache');
});

test.serial('pages are asked for anew at each visit, files with a digest in their name are kept, and none of them is HTML by mistake', async (t) => {
  for (const address of [client(), panel()]) {
    const page = await get(address);
    t.is(page.headers['cache-control'], 'no-cache', address);
    t.regex(String(page.headers['content-security-policy']), /default-src 'none'/, address);
    t.regex(String(page.headers['content-security-policy']), /frame-ancestors '(self|none)'/, address);
    const [script = ''] = page.body.match(/assets\/[^"']+\.js/) ?? [];
    const asset = await get(`${address}${script}`);
    t.regex(String(asset.headers['content-type']), /javascript/, script);
    t.regex(String(asset.headers['cache-control']), /immutable/, script);
    const missing = await get(`${address}assets/none-0000.js`);
    t.is(missing.status, 404);
  }
  const listed = await onHost(lab, 'web', "find /var/www/matrix-client/current/ -name '*.wasm'");
  const [wasm = ''] = listed.stdout.trim().split('\n');
  t.not(wasm, '');
  const binary = await get(client(wasm.slice('/var/www/matrix-client/current/'.length)));
  t.is(binary.headers['content-type'], 'application/wasm');
});

test.serial('several clients stand on names of their own, each with its files and its words, and leave nothing behind when they go', async (t) => {
  const at = (name: string, path = '') => `https://${name}.web.lab.test/${path}`;
  const additional = (...clients: readonly string[]) => {
    const listed = clients.map((client, index) => ({ client, name: `${client}.web.lab.test`, release: releaseOf(lab, 'hydrogen', index % 2) }));
    return ['-e', JSON.stringify({ matrix_additional_clients: listed })];
  };
  const site = ['web: Answer on port 80, ACME challenges, else a redirect to https', 'web: Serve everything over https'];
  const three = additional('element', 'cinny', 'hydrogen');
  const before = await get(client('config.json'));
  const added = await run(t, ...three);
  t.deepEqual(new Set(added.changed), new Set([...site, 'web: Install the web client']));
  t.deepEqual((await run(t, ...three)).changed, []);
  const scripts = ['-e', JSON.stringify({ matrix_client_inline_scripts: ['sha256-of-another-script'] })];
  const foretold = await converge('check', ['playbooks/site.yaml', '-i', inventory.folder, ...three, ...scripts]);
  t.deepEqual(foretold.changed, ['web: Serve everything over https'], complaint(foretold));

  const { context, page, complaints } = await visit(browser, at('hydrogen'));
  await page.locator('#username').waitFor();
  t.deepEqual(complaints, []);
  await context.close();
  const [element, cinny] = [await get(at('element', 'config.json')), await get(at('cinny', 'config.json'))];
  t.like(JSON.parse(element.body), { disable_custom_urls: true, integrations_ui_url: null, integrations_rest_url: null });
  t.is(element.headers['content-security-policy'], "frame-ancestors 'self'");
  t.like(JSON.parse(cinny.body), {
    homeserverList: [server.serverName],
    allowCustomHomeservers: false,
    hashRouter: { enabled: true, basename: '/' },
  });
  t.regex(String(cinny.headers['content-security-policy']), /script-src 'self' 'wasm-unsafe-eval' 'sha256-/);
  t.is((await get(client('config.json'))).body, before.body);

  const fewer = await run(t, ...additional('element'));
  t.deepEqual(new Set(fewer.changed), new Set([...site, 'web: Remove those of clients that are gone']));
  t.is((await get(at('element'))).status, 200);
  t.is((await onHost(lab, 'web', 'ls /var/www/matrix-clients')).stdout.trim(), 'element.web.lab.test');
  const none = await run(t);
  const removed = ['web: Remove those of clients that are gone', 'web: Remove the folder of additional clients when there are none'];
  t.deepEqual(new Set(none.changed), new Set([...site, ...removed]));
  const left = await onHost(lab, 'web', 'ls -d /var/www/matrix-clients; grep -rlE "(element|cinny|hydrogen)[.]web" /etc/nginx');
  t.is(left.stdout, '');
});

test.serial('a release with another digest is refused, and nothing is changed', async (t) => {
  const before = await onHost(lab, 'web', 'ls -lR --time-style=full-iso /var/www/ketesa | sha256sum');
  const wrong = { ...releaseOf(lab, 'ketesa', 1), sha256: '0'.repeat(64) };
  const ran = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder, '-e', JSON.stringify({ matrix_admin_panel_release: wrong })]);
  t.is(ran.exitCode, 2);
  t.regex(complaint(ran), /has the sha256 [0-9a-f]{64}, expected 0{64}: nothing was changed/);
  const after = await onHost(lab, 'web', 'ls -lR --time-style=full-iso /var/www/ketesa | sha256sum');
  t.is(after.stdout, before.stdout);
  t.is((await get(panel())).status, 200);
});

test.serial(
  'the panel goes to another version and back by one variable, without a failed request, and an open browser sees the new one',
  async (t) => {
    const [newer, older] = [releaseOf(lab, 'ketesa', 0), releaseOf(lab, 'ketesa', 1)];
    const { context, page } = await visit(browser, panel());
    await page.getByText(newer.version.replace(/^v/, '')).first().waitFor();
    const loop = { isOver: false, failures: [] as string[], count: 0 };
    const looping = (async () => {
      while (!loop.isOver) {
        const answer = await get(panel()).catch((error: unknown) => ({ status: 0, body: String(error) }));
        loop.count += 1;
        if (answer.status !== 200) loop.failures.push(`${answer.status} ${answer.body.slice(0, 100)}`);
        await sleep(10);
      }
    })();
    const down = await run(t, '-e', release('matrix_admin_panel_release', 'ketesa', 1));
    t.deepEqual(down.changed, ['web: Install the panel, for this server only']);
    await page.goto(panel());
    await page.getByText(older.version.replace(/^v/, '')).first().waitFor();
    const up = await run(t);
    t.deepEqual(up.changed, ['web: Install the panel, for this server only']);
    await page.goto(panel());
    await page.getByText(newer.version.replace(/^v/, '')).first().waitFor();
    loop.isOver = true;
    await looping;
    t.log(`${loop.count} requests meanwhile`);
    t.true(loop.count > 20);
    t.deepEqual(loop.failures, []);
    await context.close();
  },
);

/** The serial number of the certificate that is served, and whether `ca` verifies it. */
function served(ca: string): Promise<{ readonly serial: string; readonly isTrusted: boolean; readonly issuer: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.host.address, port: 443, servername: server.serverName, ca, rejectUnauthorized: false }, () => {
      const { serialNumber, issuer } = socket.getPeerCertificate();
      resolve({ serial: serialNumber, isTrusted: socket.authorized, issuer: String(issuer.CN) });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test.serial('a certificate comes from an ACME server, is kept by a rerun, and renewed when it nears its end', async (t) => {
  const pebble = await startPebble(lab);
  try {
    const variables = {
      matrix_certificate_method: 'acme',
      matrix_acme_directory: pebble.directoryUrl,
      matrix_acme_email: 'admin@lab.test',
      matrix_acme_terms_agreed: true,
    };
    const acme = ['-e', JSON.stringify(variables)];
    await run(t, ...acme);
    const ca = await pebble.rootCertificate();
    const first = await served(ca);
    t.true(first.isTrusted);
    t.regex(first.issuer, /Pebble/);
    const again = await run(t, ...acme);
    t.deepEqual(again.changed, []);
    t.is((await served(ca)).serial, first.serial);
    const day = 86_400_000;
    const ending = { notBefore: new Date(Date.now() - 70 * day), notAfter: new Date(Date.now() + 20 * day) };
    const { certificate, key } = await issueCertificate(lab.authority, [server.serverName, server.clientName], ending);
    const put = (name: string, text: string) => `printf '%s' ${quote(text)} >"$(readlink -f /etc/ssl/homerun/matrix/${name})"`;
    await onHost(lab, 'web', `${put('fullchain.pem', certificate)}; ${put('privkey.pem', key)}; systemctl reload nginx`);
    const later = ['-e', JSON.stringify({ ...variables, matrix_certificate_remaining_days: 10 })];
    const kept = await converge('check', ['playbooks/site.yaml', '-i', inventory.folder, ...later]);
    t.deepEqual(kept.changed, [], complaint(kept));
    const checked = await converge('check', ['playbooks/site.yaml', '-i', inventory.folder, ...acme]);
    t.is(checked.exitCode, 3, complaint(checked));
    const renewed = await run(t, ...acme);
    t.deepEqual(renewed.changed, ['web: Get a certificate from the ACME server', 'web: Reload nginx']);
    const second = await served(ca);
    t.not(second.serial, first.serial);
    t.true(second.isTrusted);
  } finally {
    pebble.stop();
  }
});

test.serial('a self-signed certificate takes the place of another one, and the one that was brought comes back', async (t) => {
  await run(t, '-e', 'matrix_certificate_method=selfsigned');
  t.false((await served(inventory.certificateAuthority)).isTrusted);
  const back = await run(t);
  t.true(back.changed.includes('web: Put your certificate in place'));
  t.true((await served(inventory.certificateAuthority)).isTrusted);
});
