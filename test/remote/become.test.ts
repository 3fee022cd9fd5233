import test from 'ava';
import { createConnect } from '../../src/remote/connect.ts';
import { dial } from '../../src/remote/dial.ts';
import { createLimit } from '../../src/remote/limit.ts';
import { dialOpenSsh } from '../../src/remote/openssh.ts';
import { Secret } from '../../src/values/secret.ts';
import { loginOf, lookForPasswords, shownBy, startBecomeHost, stopLooking, tryRow } from './become-host.ts';
import { passwords, type Row, rows } from './become-rows.ts';
import { whyNoSshd } from './sshd.ts';

const reason = whyNoSshd('/usr/bin/doas', '/usr/bin/localedef', '/usr/share/i18n/locales/de_DE');
if (reason !== undefined) console.log(`tests of becoming others are left out: ${reason}`);
const real = reason === undefined ? test : test.skip;

/** Rows at once. */
const atOnce = 4;

/** What a transport has a part in: terminals. Languages are the same to both. */
const overOpenSsh = rows.filter(({ onTerminal, terminals, language }) => language === undefined && (onTerminal === true || terminals === false));

for (const [kind, isBare] of [
  ['', false],
  [' without sudo and doas', true],
] as const) {
  const isHere = ({ bare }: Row): boolean => (bare === true) === isBare;
  const tries = [
    ...rows.filter(isHere).map((row) => ({ row, by: dial })),
    ...overOpenSsh.filter(isHere).map((row) => ({ row: { ...row, what: `by OpenSSH: ${row.what}` }, by: dialOpenSsh })),
  ];
  real(`on a host${kind} ${tries.length} ways of becoming others end as they are to, with the password shown no more than once`, async (t) => {
    t.timeout(120_000);
    const sshd = await startBecomeHost(tries.map(({ row }) => row));
    t.teardown(() => sshd.stop());
    lookForPasswords(sshd);
    const limit = createLimit(atOnce);
    const ended = await Promise.all(tries.map(({ row, by }, index) => limit.run('rows', () => tryRow(sshd, row, index, by))));
    const shown = shownBy(sshd);
    const wrong: string[] = [];
    for (const [index, { row }] of tries.entries()) {
      const { as, error, heard, terminals } = ended[index] ?? { heard: '', terminals: 0 };
      const told = error ? `${error.message} / ${error.hint}` : (as ?? '');
      const { ends } = row;
      const isRight =
        typeof ends === 'string'
          ? as === ends
          : error?.message.startsWith(`there: ${ends.message}`) && ends.hint.every((words) => error.hint?.includes(words));
      if (!isRight) wrong.push(`${row.what} ends so: ${told}`);
      const secret = row.password ? passwords[row.password] : '';
      const expected = Array.from({ length: row.asRoot ? 0 : (row.shown ?? (row.password ? 1 : 0)) }, () => secret);
      const seen = shown.get(loginOf(index)) ?? [];
      if (seen.join() !== expected.join()) wrong.push(`${row.what}: the host is shown ${JSON.stringify(seen)}`);
      const wanted = row.onTerminal || (row.terminals === false && typeof ends !== 'string') ? 1 : 0;
      if (terminals !== wanted) wrong.push(`${row.what}: ${terminals} terminals`);
      if (secret !== '' && heard.includes(secret)) wrong.push(`${row.what}: what comes back holds the password`);
    }
    t.deepEqual(wrong, []);
    t.deepEqual(stopLooking(sshd), { found: '', kept: '' });
  });
}

/** A row that a host is set up by, for a test that looks at more than how it ends. */
const asUsual: Row = { what: 'usual', method: 'sudo', sudoers: ['USER ALL=(ALL:ALL) ALL'], doas: 'permit USER', ends: 'root' };

real(
  'a wrong password is shown to a host once in a run: whoever is to be become, by whatever program, at once or later, over a new connection too',
  async (t) => {
    t.timeout(60_000);
    const sshd = await startBecomeHost([asUsual]);
    t.teardown(() => sshd.stop());
    const connect = createConnect();
    const password = new Secret(passwords.wrong);
    const settings = sshd.settings({ user: loginOf(0) });
    const connection = await connect(settings);
    const others = [
      { user: 'root', password },
      { user: 'other', password },
      { user: 'nosudo', password },
      { user: 'other', method: 'su', password },
      { user: 'root', method: 'doas', password },
    ] as const;
    for (const result of await Promise.allSettled(others.map((become) => connection.session(become)))) t.is(result.status, 'rejected');
    for (const become of others) {
      const error = await t.throwsAsync(connection.session(become));
      t.regex(error?.message ?? '', /was refused there when it was tried for root, and is not tried again in this run/);
    }
    await connection.close();
    const again = await connect(settings);
    await t.throwsAsync(again.session({ user: 'root', password }), { message: /not tried again/ });
    t.deepEqual(shownBy(sshd).get(loginOf(0)), [passwords.wrong]);
    t.is(sshd.inside('grep -c "incorrect password attempt" /run/sudo.log'), '1\n');
    // Another one is another matter.
    const session = await again.session({ user: 'root', password: new Secret(passwords.own) });
    t.like((await session.run([{ script: 'id -un' }]))[0], { stdout: 'root\n' });
    await again.close();
  },
);

real('one sudo is started for all that is done as a user on a host, and one question asked', async (t) => {
  t.timeout(60_000);
  const sshd = await startBecomeHost([asUsual]);
  t.teardown(() => sshd.stop());
  const connection = await createConnect()(sshd.settings({ user: loginOf(0) }));
  const become = { user: 'root', password: new Secret(passwords.own) };
  const pids = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    const session = await connection.session(become);
    const results = await session.run([{ script: 'echo $PPID $$' }, { script: 'echo $PPID $$' }]);
    for (const result of results) pids.add(result?.stdout ?? '');
  }
  await connection.close();
  t.is(pids.size, 1);
  t.is(sshd.inside('grep -c COMMAND= /run/sudo.log'), '1\n');
  t.deepEqual(shownBy(sshd).get(loginOf(0)), [passwords.own]);
});
