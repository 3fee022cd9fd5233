import { createHash } from 'node:crypto';
import test from 'ava';
import { array, assert as check, constantFrom, integer, property, string as text, uint8Array } from 'fast-check';
import { readProxyJump } from '../../src/remote/jump.ts';
import { createLimit } from '../../src/remote/limit.ts';
import { plainText } from '../../src/remote/plain-text.ts';
import { createKept } from '../../src/remote/scan.ts';
import type { Step, StepResult } from '../../src/remote/session.ts';
import { followTrip } from '../../src/remote/trip.ts';
import { UnreachableError } from '../../src/values/errors.ts';

const nonce = createHash('md5').update('a nonce').digest('hex');

// What a shell would send for these outputs, read in pieces of the given sizes.
function answer(
  outputs: readonly { out: Uint8Array; err: Uint8Array; rc: number | undefined }[],
  sizes: readonly number[],
  noise: string,
): (StepResult | undefined)[] | string {
  const marker = (index: number, rc: number | undefined): Buffer => Buffer.from(`${nonce} ${index} ${rc ?? 'skip'}\n`);
  const stream = (name: 'out' | 'err'): Buffer =>
    Buffer.concat([
      Buffer.from(`${noise}${nonce} begin 42\n`),
      ...outputs.flatMap((output, index) => [output.rc === undefined ? Buffer.alloc(0) : output[name], marker(index, output.rc)]),
    ]);
  let results: readonly (StepResult | undefined)[] | undefined;
  let broken: string | undefined;
  const trip = followTrip(
    nonce,
    outputs.map((): Step => ({ script: '' })),
    {
      begun: () => undefined,
      send: () => undefined,
      turn: () => undefined,
      flood: () => undefined,
      done: (all) => {
        results = all;
      },
      broken: (why) => {
        broken = why;
      },
    },
  );
  const rest = { stdout: stream('out'), stderr: stream('err') };
  for (let index = 0; rest.stdout.length + rest.stderr.length > 0; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    const name = index % 3 === 0 ? 'stderr' : 'stdout';
    trip[name](rest[name].subarray(0, size));
    rest[name] = rest[name].subarray(size);
  }
  return broken ?? [...(results ?? ['not done'].map(() => undefined))];
}

test('however the streams are cut, each step gets its own output', (t) => {
  const bytes = uint8Array({ maxLength: 60 });
  const tricky = constantFrom(nonce.slice(0, 31), nonce.slice(1), `${nonce.slice(0, 16)}\n`, '\n\n', 'é😀').map(
    (part) => new Uint8Array(Buffer.from(part)),
  );
  const outputs = array(
    constantFrom(0, 1, 2, 3)
      .chain((kind) => (kind === 0 ? tricky : bytes))
      .chain((out) => tricky.map((err) => ({ out, err, rc: out.length % 5 === 4 ? undefined : out.length % 256 }))),
    { maxLength: 6 },
  );
  t.notThrows(() =>
    check(
      property(outputs, array(integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }), text({ maxLength: 20 }), (list, sizes, noise) => {
        const results = answer(list, sizes, noise);
        if (typeof results === 'string') return false;
        return list.every(({ out, err, rc }, index) => {
          const result = results[index];
          if (rc === undefined) return result === undefined;
          return result?.rc === rc && result.stdout === Buffer.from(out).toString() && result.stderr === Buffer.from(err).toString();
        });
      }),
      { numRuns: 500 },
    ),
  );
});

test('head and tail of a long stream are kept, whatever the pieces, and what is between is counted', (t) => {
  t.notThrows(() =>
    check(
      property(uint8Array({ maxLength: 200 }), array(integer({ min: 1, max: 40 }), { minLength: 1 }), (ascii, sizes) => {
        const all = Buffer.from(ascii.map((byte) => 97 + (byte % 26)));
        const kept = createKept(10, 20);
        for (let at = 0, index = 0; at < all.length; index += 1) {
          const size = sizes[index % sizes.length] ?? 1;
          kept.push(all.subarray(at, at + size));
          at += size;
        }
        const whole = all.length <= 30;
        const expected = whole
          ? all.toString()
          : `${all.subarray(0, 10).toString()}\n[${all.length - 30} bytes left out]\n${all.subarray(-20).toString()}`;
        return kept.text() === expected && kept.truncated() === !whole && kept.total() === all.length;
      }),
    ),
  );
});

test('output that comes byte by byte takes no more memory than output that comes in one piece', (t) => {
  const kept = createKept();
  const bytes = Buffer.alloc(64, 'abc\n');
  const before = process.memoryUsage();
  for (let count = 0; count < 3_000_000; count += 1) kept.push(bytes.subarray(count % 64, (count % 64) + 1));
  const { heapUsed, external } = process.memoryUsage();
  t.is(kept.text().length, 3_000_000);
  t.true(heapUsed + external - before.heapUsed - before.external < 50 * 2 ** 20);
});

test('text of a host becomes one harmless line', (t) => {
  t.is(plainText('a\r\nb\tc  d'), 'a b c d');
  t.is(plainText('\x1b[31mred\x1b[0m\x07\u202e\u0000 x'), 'red x');
  t.is(plainText(`${'x'.repeat(400)}end`).length, 301);
  t.true(plainText(`${'x'.repeat(400)}end`).endsWith('end'));
});

test('ProxyJump is read as ssh_config(5) says', (t) => {
  t.deepEqual(readProxyJump('jump'), [{ host: 'jump' }]);
  t.deepEqual(readProxyJump('a@one:2222, two , ssh://b@[2001:db8::1]:22'), [
    { user: 'a', host: 'one', port: 2222 },
    { host: 'two' },
    { user: 'b', host: '2001:db8::1', port: 22 },
  ]);
  for (const none of [undefined, '', ' ', 'none']) t.deepEqual(readProxyJump(none), []);
  for (const wrong of ['a@', ':22', 'h:0', 'h:70000', 'h:x', 'a b', '-oProxyCommand=x', 'u@-x', 'h;id', 'h,,i', '[::1']) {
    t.throws(() => readProxyJump(wrong), { instanceOf: UnreachableError, message: /ssh_proxy_jump/ }, wrong);
  }
});

test('a limit lets so many through at once, others in their order, and goes on after a failure', async (t) => {
  const limit = createLimit(3);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (index: number) =>
    limit.run('host', async () => {
      order.push(index);
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      if (index % 4 === 0) throw new Error('failed');
      return index;
    });
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => work(index)));
  t.is(most, 3);
  t.deepEqual(
    order,
    Array.from({ length: 20 }, (_, index) => index),
  );
  t.is(results.filter(({ status }) => status === 'fulfilled').length, 15);
  t.is(await limit.run('other', () => Promise.resolve(1)), 1);
});
