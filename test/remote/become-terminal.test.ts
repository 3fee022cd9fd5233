import { spawnSync } from 'node:child_process';
import test from 'ava';
import { terminalLine } from '../../src/remote/become-lines.ts';
import { becomeOnTerminal } from '../../src/remote/become-terminal.ts';
import { type Channel, createRelay } from '../../src/remote/channel.ts';
import { follow } from '../../src/remote/follow.ts';
import type { BecomeMethod } from '../../src/values/become-method.ts';

const password = 'correct horse';

/** A channel whose far end is this test. */
function fakeChannel(): Channel & { readonly written: string[]; says(text: string): void; ends(code: number): void } {
  const relay = createRelay();
  const written: string[] = [];
  return {
    listen: relay.listen,
    write: (data) => {
      written.push(String(data));
      return Promise.resolve();
    },
    end: () => undefined,
    destroy: () => relay.closed({}),
    written,
    says: (text) => relay.stdout(Buffer.from(text)),
    ends: (code) => relay.closed({ code }),
  };
}

/** Somebody who becomes root; \`says\` is what the terminal shows, NONCE standing for the nonce. */
function dialogue(method: BecomeMethod, seconds = 5) {
  const relay = fakeChannel();
  const terminal = fakeChannel();
  const ended = becomeOnTerminal(relay, terminal, {
    becoming: { target: 'there', user: 'root', method },
    password,
    seconds,
    saidOnPipes: 'said before',
    lost: () => undefined,
  });
  const nonce = /\\n' ([0-9a-f]{32}) /.exec(relay.written[0] ?? '')?.[1] ?? 'none';
  relay.says(`${nonce} ready\n`);
  return {
    ended,
    relay,
    says: (text: string) => terminal.says(text.replaceAll('NONCE', nonce)),
    ends: (code: number) => terminal.ends(code),
    /** What was written to the terminal after the line that starts it all. */
    written: () => terminal.written.slice(1).join(''),
    nonce,
  };
}

test('while a terminal shows what is typed, it is told no password, whatever it asks', async (t) => {
  for (const method of ['su', 'doas', 'sudo'] as const) {
    const { ended, says, written } = dialogue(method, 0.2);
    says('NONCE shown\r\nNONCE ask \r\nPassword: ');
    await t.throwsAsync(ended, { message: /took longer than 0.2 s/ });
    t.is(written(), '');
  }
});

test('a question is known by the echo that is off, in whatever language, and answered once', async (t) => {
  for (const question of ['Passwort: ', 'パスワード: ', '', 'doas (deploy@web1) password: ']) {
    const { ended, says, written, relay, nonce } = dialogue('su');
    says(`NONCE shown\r\n${question}NONCE hidden\r\n`);
    t.is(written(), `${password}\n`);
    says('\r\nNONCE shown\r\n');
    relay.says(`${nonce} up\n`);
    await ended;
    t.is(written(), `${password}\n`);
  }
});

test('when the echo is off once more, the password is not given again', async (t) => {
  const { ended, says, written } = dialogue('doas');
  says('NONCE hidden\r\n');
  says('\r\nNONCE shown\r\nNONCE hidden\r\nCode: ');
  await t.throwsAsync(ended, { message: /does not take the password for becoming root: it asks again/ });
  t.is(written(), `${password}\n`);
});

test('a second question is noticed also where the echo was not seen to be on between', async (t) => {
  const { ended, says, written } = dialogue('su');
  says('NONCE hidden\r\n');
  says('\r\nCode: ');
  const error = await t.throwsAsync(ended, { message: /it asks again/ });
  t.regex((error as { hint?: string }).hint ?? '', /The host says: Code:/);
  t.is(written(), `${password}\n`);
});

test('sudo is told a password only to its own prompt', async (t) => {
  const other = dialogue('sudo');
  other.says('Verification code: NONCE hidden\r\n');
  await t.throwsAsync(other.ended, { message: /asks for something else than the password/ });
  t.is(other.written(), '');
  for (const order of ['NONCE ask NONCE hidden\r\n', 'NONCE hidden\r\nNONCE ask ']) {
    const { ended, says, written, relay, nonce } = dialogue('sudo');
    says(order);
    t.is(written(), `${password}\n`);
    relay.says(`${nonce} up\n`);
    await ended;
  }
});

test('where nothing can tell whether the terminal shows a password, none is waited for, and stty is named', async (t) => {
  const line = terminalLine({ method: 'su', user: 'root', nonce: 'NONCE', hasPassword: true }, '/nowhere').slice('homerun:'.length);
  const without = 'command() { case $2 in stty) return 1;; esac; };';
  t.is(spawnSync('/bin/sh', ['-c', `${without} ${line}`], { encoding: 'utf8' }).stdout, 'NONCE noecho\n');
  const { ended, says, written } = dialogue('su');
  says('NONCE noecho\r\n');
  await t.throwsAsync(ended, { message: /there is no stty, so it cannot be seen when su asks/ });
  t.is(written(), '');
});

test('words of ours are found wherever they stand and however they arrive, and the rest is kept', (t) => {
  const nonce = '0123456789abcdef';
  const all = `noise 0123 ${nonce}\x30 ${nonce} ask ${nonce} up\nmore ${nonce.slice(0, 9)}`;
  for (let length = 1; length <= all.length; length += 1) {
    const channel = fakeChannel();
    const found: string[] = [];
    const said = follow(channel, nonce, { word: (word) => found.push(word), closed: () => undefined });
    for (let at = 0; at < all.length; at += length) channel.says(all.slice(at, at + length));
    t.deepEqual(found, ['ask', 'up'], `in pieces of ${length}`);
    t.is(said().replaceAll(/\s+/g, ' '), `noise 0123 ${nonce}0 more`, `in pieces of ${length}`);
  }
});
