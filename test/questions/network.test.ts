import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bodyCap, type HttpParams, http, httpAtTurn } from '../../src/questions/http.ts';
import { openPort } from '../../src/questions/port.ts';
import { holdsNow, waited } from '../../src/questions/wait.ts';
import { runScript, shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-network-'));
let server: Server;
let base = '';

test.before(async () => {
  server = createServer((request, response) => {
    response.sendDate = false;
    const path = request.url ?? '';
    if (path === '/moved') response.writeHead(302, { location: '/end' }).end('moved');
    else if (path === '/missing') response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not here');
    else if (path === '/long') response.end('x'.repeat(bodyCap + 10));
    else if (path === '/slow') setTimeout(() => response.end('late'), 20_000).unref();
    else
      response
        .writeHead(200, { 'X-Seen': `${request.method} ${String(request.headers['x-given'] ?? '')}`, 'X-Two': ['a', 'b'] })
        .end(`\r\n\r\nbody of ${path} ü`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

test.after.always(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});

const request = (path: string, more: Partial<HttpParams> = {}): HttpParams => ({
  url: path.startsWith('/') ? base + path : path,
  method: 'GET',
  headers: {},
  timeoutSeconds: 3,
  followRedirects: true,
  ...more,
});

const closedPort = () =>
  new Promise<number>((resolve) => {
    const probe = createTcp();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

const byCurl = shells().filter(({ name }) => name !== 'busybox');
const byWget = byCurl.slice(0, 1).map((shell) => ({ ...shell, name: 'dash with wget' }));

test.before(async () => {
  // The same tools without curl.
  const [shell] = byWget;
  if (!shell) return;
  const made = await runScript(shell, `for tool in wget head base64 tr grep cat sed; do ln -s "$(command -v $tool)" '${root}/'; done`);
  if (made.rc === 0) byWget[0] = { ...shell, path: root };
});

for (const shell of byCurl) {
  test(`http › ${shell.name}: gives status, headers and body by curl`, async (t) => {
    await holdsAnswers(t, 'curl', () => shell);
    const [insecure] = await askAll(t, shell, [http(request('ftp://127.0.0.1/x'))]);
    t.like(insecure, { ok: false, problem: 'failed' });
    const [other] = await askAll(t, shell, [http(request(`http://no-such-name.invalid:${new URL(base).port}/other`, { address: '127.0.0.1' }))]);
    t.like(other, { ok: true, status: 200 });
  });
}

test('http › gives status, headers and body by wget', async (t) => {
  await holdsAnswers(t, 'wget', () => byWget[0]);
});

async function holdsAnswers(
  t: Parameters<typeof askAll>[0],
  program: string,
  shellOf: () => Parameters<typeof askAll>[1] | undefined,
): Promise<void> {
  const shell = shellOf();
  if (!shell) throw new Error('no shell was found');
  const quote = "/a?b='$(id)'&c=`x`";
  const [good, moved, stay, missing, long, head, refused] = await askAll(t, shell, [
    http(request(quote, { headers: { 'X-Given': `q"uo'te $(id)` } })),
    http(request('/moved')),
    http(request('/moved', { followRedirects: false })),
    http(request('/missing')),
    http(request('/long')),
    http(request('/', { method: 'HEAD' })),
    http(request(`http://127.0.0.1:${await closedPort()}/`)),
  ]);
  t.like(good, { ok: true, status: 200, truncated: false });
  if (good?.ok) {
    t.is(good.headers['x-seen'], `GET q"uo'te $(id)`);
    t.is(good.headers['x-two'], 'a, b');
    t.true(good.body.startsWith('\r\n\r\nbody of /a?b='), program);
    t.true(good.body.endsWith(' ü'));
  }
  t.true(moved?.ok && moved.status === 200 && moved.body.includes('body of /end'));
  t.like(stay, { ok: true, status: 302 });
  t.like(missing, { ok: true, status: 404, body: 'not here' });
  t.true(long?.ok && long.truncated && long.body.length === bodyCap);
  t.true(head?.ok && head.status === 200 && head.body === '');
  const slow = http(request('/slow', { timeoutSeconds: 1 }));
  const { stdout } = await runScript(shell, slow.kind.script([slow.params]));
  t.like(slow.kind.parse(stdout, slow.params), { ok: false, problem: 'failed' });
  t.like(refused, { ok: false, problem: 'failed' });
  if (refused && !refused.ok) t.regex(refused.message, /refused|connect/i);
}

for (const shell of shells()) {
  test(`http › ${shell.name}: without curl and wget it says so`, async (t) => {
    const bare = join(root, `bare-${shell.name}`);
    await runScript(shell, `mkdir '${bare}' && for tool in head base64 tr grep; do ln -s "$(command -v $tool)" '${bare}/'; done`);
    const [answer] = await askAll(t, { ...shell, path: bare }, [httpAtTurn(request('/'))]);
    t.like(answer, { ok: false, problem: 'no program', message: 'the host has neither curl nor wget' });
  });

  test(`port › ${shell.name}: tells an open port from a closed one`, async (t) => {
    const open = Number(new URL(base).port);
    t.deepEqual(await askAll(t, shell, [openPort(open), openPort(await closedPort()), openPort(open, 'localhost')]), [true, false, true]);
  });

  test(`wait › ${shell.name}: waits until it is so, or until the time is up`, async (t) => {
    const path = join(root, `file $(id) ${shell.name}`);
    const times = { delaySeconds: 0, sleepSeconds: 1, timeoutSeconds: 10 };
    const waiting = askAll(t, shell, [waited({ condition: { path, state: 'present', pattern: '^re(ad)y$' }, ...times })]);
    writeFileSync(path, 'not ready\n');
    t.deepEqual(await askAll(t, shell, [holdsNow({ path, state: 'present', pattern: '^ready$' })]), [false]);
    writeFileSync(path, 'x\nready\n');
    t.deepEqual(await waiting, [true]);
    const port = await closedPort();
    const conditions = [
      waited({ condition: { port, host: '127.0.0.1', state: 'stopped' }, ...times }),
      waited({ condition: { port, host: '127.0.0.1', state: 'started' }, ...times, timeoutSeconds: 1 }),
      waited({ condition: { path: `${path} other`, state: 'absent' }, ...times }),
      waited({ condition: { path, state: 'absent' }, ...times, timeoutSeconds: 0 }),
    ];
    t.deepEqual(await askAll(t, shell, conditions), [true, false, true, false]);
  });
}

test('port › refuses what is no port and no host', (t) => {
  for (const port of [0, 65_536, 1.5, Number.NaN]) t.throws(() => openPort(port), { instanceOf: TypeError });
  for (const host of ['', '-x', '$(id)', 'a b', "'"]) t.throws(() => openPort(1, host), { instanceOf: TypeError });
});

test('http › what a host prints must be what the script prints', (t) => {
  const { kind, params } = http(request('/'));
  t.throws(() => kind.split('nonsense', [params]), { message: /host printed/ });
  t.throws(() => kind.parse('<html>\n.\n', params), { message: /not understood/ });
  t.throws(() => kind.parse('<html>\n:\n.\n', params), { message: /not base64/ });
});
