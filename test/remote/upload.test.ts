// Steps that get a stream: what is sent to them raw must arrive whole, and must never be taken for commands.

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Session } from '../../src/remote/session.ts';
import { quote } from '../../src/values/command.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import type { Stream } from '../../src/values/stream.ts';
import { hostShells, makeOwner, shellSession } from './shell-channel.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-upload-'));
chmodSync(folder, 0o777);
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const streamOf = (...pieces: readonly Uint8Array[]): Stream => ({
  length: pieces.reduce((sum, piece) => sum + piece.length, 0),
  // biome-ignore lint/suspicious/useAwait: a stream is read piece by piece.
  async *pieces() {
    yield* pieces;
  },
});

/** Every byte there is, and what looks like the end of things. */
const awkward = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from('\nEOF\nexit 1\n}\n\0\n')]);

/** Commands: if the shell ever runs any of them, the file is there. */
const commands = (flag: string, size: number): Buffer => Buffer.alloc(size, `\ntouch ${quote(flag)}\n`);

function promise(title: string, body: (t: ExecutionContext, session: Session, flag: string) => Promise<void>): void {
  for (const shell of hostShells) {
    test(`${shell.name}: ${title}`, async (t) => {
      t.timeout(240_000);
      const { session } = shellSession(shell, makeOwner(folder));
      const flag = join(folder, `flag-${shell.name}-${createHash('md5').update(title).digest('hex')}`);
      try {
        await body(t, session, flag);
      } finally {
        session.close();
      }
      t.false(existsSync(flag), 'what was sent was taken for commands');
    });
  }
}

promise('every byte of a stream arrives, and the steps and trips behind it are not disturbed', async (t, session) => {
  const big = Buffer.alloc(3_000_000, awkward);
  const results = await session.run([
    { script: 'echo before' },
    { script: 'sha256sum', stdin: streamOf(awkward, big, Buffer.alloc(0), awkward) },
    { script: 'wc -c', stdin: streamOf() },
    { script: 'cat', stdin: 'behind' },
  ]);
  const whole = createHash('sha256')
    .update(Buffer.concat([awkward, big, awkward]))
    .digest('hex');
  t.deepEqual(
    results.map((result) => result?.stdout.trim()),
    ['before', `${whole}  -`, '0', 'behind'],
  );
  t.is((await session.run([{ script: 'echo again' }]))[0]?.stdout, 'again\n');
});

promise('what a script leaves of its stream is read away, and its exit code counts', async (t, session, flag) => {
  for (const script of ['exit 7', 'head -c 10 >/dev/null; exit 7', 'exec <&-; exit 7']) {
    const [result, next] = await session.run([
      { script, stdin: streamOf(commands(flag, 500_000)) },
      { script: 'echo on', always: true },
    ]);
    t.like(result, { rc: 7, stdout: '' });
    t.is(next?.stdout, 'on\n');
  }
});

promise('a step that is left out gets nothing sent', async (t, session) => {
  let isRead = false;
  const never: Stream = {
    length: 5,
    // biome-ignore lint/suspicious/useAwait: see above.
    async *pieces() {
      isRead = true;
      yield Buffer.from('12345');
    },
  };
  const results = await session.run([{ script: 'exit 1' }, { script: 'cat', stdin: never }]);
  t.is(results[1], undefined);
  t.false(isRead);
});

promise('a step that is ended while its stream is being sent ends the session', async (t, session, flag) => {
  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const stalled: Stream = {
    length: 200_000,
    async *pieces() {
      yield commands(flag, 100_000);
      await waiting;
      yield commands(flag, 100_000);
    },
  };
  await t.throwsAsync(
    () =>
      session.run([
        { script: 'cat >/dev/null', stdin: stalled, timeoutSeconds: 1 },
        { script: 'echo no', always: true },
      ]),
    {
      instanceOf: UnreachableError,
      message: /while its input was being sent/,
    },
  );
  goOn();
  await t.throwsAsync(() => session.run([{ script: 'echo no' }]), { instanceOf: UnreachableError });
});

promise('a step that is ended before it has read its stream does not leave the rest of it to the shell', async (t, session, flag) => {
  // More than one pipe holds, less than those on the way.
  const running = session.run([
    { script: 'sleep 100', stdin: streamOf(commands(flag, 150_000)), timeoutSeconds: 1 },
    { script: 'echo no', always: true },
  ]);
  await t.throwsAsync(() => running, { instanceOf: UnreachableError });
});

promise('a stream that does not give what it promised ends the session', async (t, session, flag) => {
  for (const length of [10]) {
    const short: Stream = { ...streamOf(commands(flag, 100)), length };
    await t.throwsAsync(() => session.run([{ script: 'cat', stdin: short }]), { instanceOf: UnreachableError, message: /promised, and more came/ });
  }
});
