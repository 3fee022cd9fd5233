import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Browser } from 'playwright-core';
import type { Vars } from '../../src/values/vars.ts';
import { clientRelease } from '../lab/client-releases.ts';
import { exchange, https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { waitFor } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';
import { openBrowser, picture, type Visit, visit } from './browser.ts';
import { complaint, converge } from './homerun.ts';

const name = 'e2e-clients';
const folder = mkdtempSync(join(tmpdir(), 'homerun-clients-'));
const release = await clientRelease('cinny');
const serial = typeof release === 'string' ? test.serial.skip : test.serial;

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
let browser: Browser;
let token: string;
/** A room without encryption, one with, each with a message that was sent by the API. */
const rooms = { plain: '', encrypted: '' };

/** Serves the tarball to the lab's hosts. */
const files = createServer((_, response) => void response.end(typeof release === 'string' ? '' : readFileSync(release.file)));

test.before(async (t) => {
  t.timeout(900_000);
  if (typeof release === 'string') return t.log(release);
  t.log(release.isPinned ? `Cinny ${release.version}` : `${release.file} is not the release that is pinned`);
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  await removeLab(name);
  const forwards = { 'releases.lab.test': (files.address() as AddressInfo).port };
  lab = await startLab({ name, hosts: [homeserverRequest('clients', 'baked')], forwards, say: (line) => t.log(line) });
  const { version, sha256 } = release;
  const variables: Vars = { matrix_client: 'cinny', matrix_client_release: { version, sha256, url: 'https://releases.lab.test/cinny.tar.gz' } };
  inventory = await writeInventory(lab, { folder, variables });
  const [first] = inventory.homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  const ran = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  const certificate = readFileSync(join(folder, 'certificates', `${server.name}.pem`), 'utf8');
  browser = await openBrowser(inventory.homeservers, (line) => t.log(line), {}, [certificate]);
  const identifier = { type: 'm.id.user', user: 'admin' };
  token = (await api<{ access_token: string }>('v3/login', { type: 'm.login.password', identifier, password: inventory.adminPassword })).access_token;
  const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
  rooms.plain = (await api<{ room_id: string }>('v3/createRoom', { name: 'Tea' })).room_id;
  rooms.encrypted = (await api<{ room_id: string }>('v3/createRoom', { name: 'Secrets', initial_state: [encryption] })).room_id;
});

test.after.always(async () => {
  await browser?.close();
  await removeLab(name);
  files.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = (url: string, more: Partial<Parameters<typeof https>[0]> = {}) =>
  https({ url, address: server.host.address, ca: inventory.certificateAuthority, ...more });
const client = (path = '') => `https://${server.clientName}/${path}`;

async function api<T>(path: string, body?: unknown): Promise<T> {
  const answer = await get(`https://${server.serverName}/_matrix/client/${path}`, {
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    ...(body !== undefined && { method: 'POST', body }),
  });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as T;
}

/** Sends a file to a room. */
async function send(room: string, msgtype: 'm.image' | 'm.file', body: string, mimetype: string, payload: Buffer): Promise<void> {
  const url = `https://${server.serverName}/_matrix/media/v3/upload?filename=${body}`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': mimetype };
  const { bytes } = await exchange({ url, address: server.host.address, ca: inventory.certificateAuthority, method: 'POST', headers, payload });
  const { content_uri } = JSON.parse(bytes.toString()) as { content_uri: string };
  const info = { mimetype, size: payload.length, ...(msgtype === 'm.image' && { w: 1, h: 1 }) };
  await api(`v3/rooms/${encodeURIComponent(room)}/send/m.room.message`, { msgtype, body, info, url: content_uri });
}

/** What the policy or a missing file has broken; that the homeserver has no such thing for a new account is no fault of the page. */
const faults = (complaints: readonly string[]) =>
  complaints.filter(
    (one) => /Content Security Policy|Refused to|MIME type|wasm|^script:/i.test(one) || (/^\d+ /.test(one) && one.includes(server.clientName)),
  );

/** Logs in and waits for the list of rooms. Chromium drops what it is loading when a host of another lab comes or goes on this machine: then it is asked anew. */
async function logIn({ page, complaints }: Visit): Promise<void> {
  await page.locator('input[name=usernameInput]').fill('admin');
  await page.locator('input[name=passwordInput]').fill(inventory.adminPassword);
  await page.getByRole('button', { name: 'Login', exact: true }).click();
  const room = page.getByText('Tea').first();
  await waitFor('the list of rooms', 60, async () => {
    if (await room.isVisible()) return true;
    const isDropped = complaints.some((one) => one.includes('ERR_NETWORK_CHANGED'));
    if (isDropped) {
      complaints.length = 0;
      await page.reload();
    }
    return undefined;
  });
}

serial('Cinny: each file has the type and the caching that it needs, and the policy lets the very scripts of its page run', async (t) => {
  const page = await get(client());
  t.is(page.headers['cache-control'], 'no-cache');
  const inline = [...page.body.matchAll(/<script>([^]*?)<\/script>/g)].map(([, script = '']) => createHash('sha256').update(script).digest('base64'));
  t.true(inline.length > 0);
  for (const digest of inline) t.true(String(page.headers['content-security-policy']).includes(`'sha256-${digest}'`), digest);
  const listed = await onHost(lab, 'clients', 'cd /var/www/matrix-client/current && find assets -name "*.js" -o -name "*.wasm"');
  const assets = listed.stdout.trim().split('\n');
  t.true(assets.some((one) => one.endsWith('.wasm')));
  for (const asset of assets) {
    const { headers } = await get(client(asset), { method: 'HEAD' });
    t.is(headers['content-type'], asset.endsWith('.wasm') ? 'application/wasm' : 'application/javascript', asset);
    t.is(headers['cache-control'], 'public, max-age=31536000, immutable', asset);
  }
  for (const [path, type] of [
    ['sw.js', 'application/javascript'],
    ['pdf.worker.min.js', 'application/javascript'],
    ['manifest.json', 'application/json'],
    ['config.json', 'application/json'],
  ] as const) {
    const { status, headers } = await get(client(path));
    t.deepEqual([path, status, headers['content-type'], headers['cache-control']], [path, 200, type, 'no-cache']);
  }
  t.like(JSON.parse((await get(client('config.json'))).body), { homeserverList: [server.serverName], allowCustomHomeservers: false });
  t.is((await get(client('home/'))).status, 404);
});

serial('Cinny: somebody logs in here and nowhere else, writes with and without encryption, and a link opens the room', async (t) => {
  const visitor = await visit(browser, client());
  const { context, page, complaints } = visitor;
  await page.locator('input[name=usernameInput]').waitFor();
  await picture(page, 'cinny-login');
  t.false(await page.locator(`input[value="${server.serverName}"]`).isEditable());
  await logIn(visitor);
  const sent = async (room: string) => {
    const path = `v3/rooms/${encodeURIComponent(room)}/messages?dir=b`;
    return (await api<{ chunk: { type: string; content: { body?: string } }[] }>(path)).chunk;
  };
  for (const [room, text, arrived] of [
    [rooms.plain, 'milk, please', async () => (await sent(rooms.plain)).some(({ content }) => content.body === 'milk, please')],
    [rooms.encrypted, 'no sugar', async () => (await sent(rooms.encrypted)).some(({ type }) => type === 'm.room.encrypted')],
  ] as const) {
    // The address alone, as from a mail: of two with the same page a browser would load no page.
    await page.goto('about:blank');
    await page.goto(client(`#/home/${encodeURIComponent(room)}/`));
    await page.locator('[data-slate-editor=true]').click();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await page.getByText(text).waitFor();
    // Shown before it is sent.
    await waitFor(`"${text}" on the server`, 30, async () => ((await arrived()) ? true : undefined));
    await page.reload();
    await page.getByText(text).waitFor();
    t.true(page.url().includes(encodeURIComponent(room)));
  }
  await picture(page, 'cinny-room');
  t.deepEqual(faults(complaints), []);
  await context.close();
});

serial('Cinny: pictures come through its service worker, and a PDF is shown', async (t) => {
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const pdf = `%PDF-1.1
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]>> endobj
trailer <</Root 1 0 R>>
%%EOF`;
  await send(rooms.plain, 'm.image', 'pixel.png', 'image/png', Buffer.from(pixel, 'base64'));
  await send(rooms.plain, 'm.file', 'paper.pdf', 'application/pdf', Buffer.from(pdf));
  const visitor = await visit(browser, client());
  const { context, page, complaints } = visitor;
  await logIn(visitor);
  await page.getByText('Tea').first().click();
  const image = page.locator('img[alt="pixel.png"]');
  await image.waitFor();
  // A refused one never comes to have a width.
  const width = () => image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);
  await waitFor('the picture', 30, async () => ((await width()) === 1 ? true : undefined));
  await page.getByText('Open PDF').click();
  await page.locator('canvas').first().waitFor();
  t.deepEqual(faults(complaints), []);
  await context.close();
});

serial('Cinny: its call widget opens in its frame, and may speak with servers that carry calls anywhere', async (t) => {
  const { headers } = await get(client('public/element-call/index.html'));
  t.regex(String(headers['content-security-policy']), /connect-src 'self' https: wss: blob:;/);
  const widget = new URLSearchParams({
    widgetId: 'call-embed',
    parentUrl: client().slice(0, -1),
    baseUrl: `https://${server.serverName}`,
    roomId: rooms.plain,
    userId: `@admin:${server.serverName}`,
    deviceId: 'CALLS',
    intent: 'start_call',
    skipLobby: 'true',
    confineToRoom: 'true',
    header: 'none',
  });
  const { context, page, complaints } = await visit(browser, client(`public/element-call/index.html?${widget.toString()}`));
  await page.locator('#root > *').first().waitFor();
  t.deepEqual(faults(complaints), []);
  await context.close();
});
