import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { databaseKind, postgresDatabase, postgresRole, roleKind } from '../../src/questions/postgresql.ts';
import type { PsqlLogin } from '../../src/questions/psql.ts';
import { passwordDigest } from '../../src/questions/psql.ts';
import { Secret } from '../../src/values/secret.ts';
import { shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const local: PsqlLogin = { user: 'postgres', database: 'postgres' };
const password = "p:a\\b 'x' $(id) 数据";
const remote: PsqlLogin = { ...local, user: 'no such account', host: 'db', password: new Secret(password), passwordDigest: passwordDigest(password) };

const tools = ['base64', 'cat', 'head', 'id', 'mktemp', 'rm', 'sed', 'tr'];

/** A folder of programs with `psql` as given, or without one. */
function programs(path: string, psql?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-psql-'));
  for (const name of tools) writeFileSync(join(folder, name), `#!/bin/sh\nPATH=${path}\nexec ${name} "$@"\n`);
  if (psql !== undefined) writeFileSync(join(folder, 'psql'), `#!/bin/sh\nfolder=${folder} PATH=${path}\n${psql}`);
  for (const name of [...tools, ...(psql === undefined ? [] : ['psql'])]) chmodSync(join(folder, name), 0o755);
  return folder;
}

for (const shell of shells()) {
  test(`postgresql › ${shell.name}: says for each that there is no psql`, async (t) => {
    const folder = programs(shell.path);
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const asked = [postgresDatabase({ ...local, user: 'no such account' }, "it's $(id) 库"), postgresDatabase({ ...remote, port: 1 }, 'x')];
    const answers = await askAll(t, { ...shell, path: folder }, asked);
    t.deepEqual(answers, [
      { state: 'unusable', reason: 'there is no psql on this host' },
      { state: 'unusable', reason: 'there is no psql on this host' },
    ]);
  });

  test(`postgresql › ${shell.name}: gives psql the password in a private file that is gone afterwards, and nothing in arguments`, async (t) => {
    const folder = programs(
      shell.path,
      `printf '%s\\n' "$@" >"$folder/arguments"; env >"$folder/environment"
stat -c %a "$PGPASSFILE" >"$folder/mode"; cat "$PGPASSFILE" >"$folder/pass"; printf %s "$PGPASSFILE" >"$folder/where"
cat >"$folder/input"; echo 'psql:<stdin>:7: ERROR:  no' >&2; exit 3`,
    );
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const [answer] = await askAll(t, { ...shell, path: folder }, [postgresRole(remote, 'a "b" \\ $$')]);
    t.deepEqual(answer, { state: 'unusable', reason: 'ERROR:  no' });
    t.is(read('pass'), `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`);
    t.is(read('mode'), '600\n');
    t.false(existsSync(read('where')));
    t.false(`${read('arguments')}${read('environment')}`.includes('p:a'));
    t.true(read('input').includes('E\'a "b" \\\\ $$\''));
  });
}

test('postgresql › two passwords are two questions, and neither is shown', (t) => {
  const other = { ...remote, password: new Secret('other'), passwordDigest: passwordDigest('other') };
  const [one, two] = [postgresDatabase(remote, 'x'), postgresDatabase(other, 'x')];
  t.not(one.id, two.id);
  t.false(one.id.includes('p:a'));
});

test('postgresql › what is not understood is refused', (t) => {
  const part = (text: string): string => `${Buffer.from(text).toString('base64')}\n.\n`;
  const asked = postgresDatabase(local, 'x').params;
  t.deepEqual(databaseKind.parse(part('null'), asked), { state: 'absent' });
  t.throws(() => databaseKind.parse('$\n.\n', asked), { message: /not base64/ });
  t.throws(() => databaseKind.parse(part('{"owner": 1}'), asked), { message: /not understood/ });
  const scram = { method: 'scram', iterations: '99999999', salt: 'YWJj', digest: 'x' };
  const role = { superuser: true, inherit: true, createrole: true, createdb: true, login: true, replication: true, bypassrls: true, connLimit: 1 };
  t.throws(() => roleKind.parse(part(JSON.stringify({ ...role, expires: null, password: scram })), asked), { message: /not understood/ });
});
