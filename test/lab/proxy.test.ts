import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type Fault, type Proxy, startProxy } from './proxy.ts';

// A server that answers each byte with the same one.
async function echo(t: ExecutionContext): Promise<{ host: string; port: number }> {
  const server: Server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: '127.0.0.1', port: address.port };
}

async function through(t: ExecutionContext, options: { delay?: number; fault?: Fault }): Promise<{ proxy: Proxy; client: Socket }> {
  const proxy = await startProxy({ target: await echo(t), ...options });
  const client = connect({ port: proxy.port, host: proxy.host, noDelay: true });
  client.on('error', () => undefined);
  t.teardown(async () => {
    client.destroy();
    await proxy.close();
  });
  await once(client, 'connect');
  return { proxy, client };
}

// Unlike `once`, takes the error that comes before it for what it is here: expected.
function whenClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

// Waits for this many bytes.
async function read(client: Socket, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const [chunk] = await once(client, 'data');
    text += String(chunk);
  }
  return text;
}

test('what is sent without waiting for an answer is one trip', async (t) => {
  const { proxy, client } = await through(t, { delay: 20 });
  client.write('a');
  // Another chunk, while the first one is still held back.
  await new Promise((resolve) => setTimeout(resolve, 5));
  client.write('b');
  await read(client, 2);
  t.deepEqual(proxy.counts(), { connections: 1, trips: 1, bursts: [2], up: 2, down: 2 });
});

test('what is sent after an answer is another trip', async (t) => {
  const { proxy, client } = await through(t, {});
  for (const word of ['one', 'two', 'six']) {
    client.write(word);
    await read(client, 3);
  }
  t.like(proxy.counts(), { trips: 3, bursts: [3, 3, 3] });
  proxy.reset();
  client.write('ten');
  await read(client, 3);
  t.deepEqual(proxy.counts(), { connections: 0, trips: 1, bursts: [3], up: 3, down: 3 });
});

test('a delay holds each chunk back in both directions', async (t) => {
  const { client } = await through(t, { delay: 30 });
  const begin = performance.now();
  client.write('x');
  await read(client, 1);
  // Timers may fire a millisecond early.
  t.true(performance.now() - begin >= 58);
});

test('a corrupting proxy changes the one byte that it was told to', async (t) => {
  const { client } = await through(t, { fault: { direction: 'up', afterBytes: 2, kind: 'corrupt' } });
  client.write('abcdef');
  const [first] = [Buffer.from(await read(client, 6), 'utf8')];
  t.is(first.subarray(0, 2).toString(), 'ab');
  t.is(first.subarray(-3).toString(), 'def');
  t.false(first.includes('abc'));
});

test('a cutting proxy passes the bytes before the cut and then resets the connection', async (t) => {
  const { client } = await through(t, { delay: 1, fault: { direction: 'down', afterBytes: 3, kind: 'cut' } });
  const closed = whenClosed(client);
  client.write('abcdef');
  t.is(await read(client, 3), 'abc');
  await closed;
  t.pass();
});

test('a stalling proxy closes nothing and passes nothing more', async (t) => {
  const { proxy, client } = await through(t, { fault: { direction: 'down', afterBytes: 1, kind: 'stall' } });
  client.write('abc');
  t.is(await read(client, 1), 'a');
  let more = '';
  client.on('data', (chunk) => {
    more += String(chunk);
  });
  client.write('def');
  // A second connection, which has a count of its own, shows that time has passed.
  const other = connect({ port: proxy.port, host: proxy.host });
  other.write('z');
  t.is(await read(other, 1), 'z');
  other.destroy();
  t.is(more, '');
  t.false(client.closed);
});

test('cut resets the open connections and accepts new ones', async (t) => {
  const { proxy, client } = await through(t, {});
  client.write('a');
  await read(client, 1);
  const closed = whenClosed(client);
  proxy.cut();
  await closed;
  const again = connect({ port: proxy.port, host: proxy.host });
  again.write('b');
  t.is(await read(again, 1), 'b');
  again.destroy();
});
