import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { decryptText, newIdentity } from '../../src/language/age.ts';
import { openSecrets } from '../../src/language/secrets.ts';
import { InputError } from '../../src/values/errors.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';
import { project } from './project.ts';

/** A person with a home of her own, and a project with an inventory. */
function person(folder = project({ 'inventory/hosts.yaml': '' })) {
  const home = project({});
  const environment = { HOME: home };
  const file = join(folder, 'inventory/secrets.age.yaml');
  const secret = async (line: readonly string[], settings: Parameters<typeof fakeIo>[0] = {}) => {
    const io: FakeIo = fakeIo({ environment, workingFolder: folder, ...settings });
    const exit = await main(['secret', ...line, '-i', join(folder, 'inventory')], io, () => Promise.reject(new Error('no engine')));
    return { exit, ...io.printed() };
  };
  return { folder, home, environment, file, identity: join(home, '.config/homerun/identity.txt'), secret };
}

/** One whose secrets file is made and holds `admin_password`. */
async function ready() {
  const one = person();
  await one.secret(['init']);
  await one.secret(['set', 'admin_password'], { input: 'correct horse\n' });
  return one;
}

test('init makes a key and a secrets file for their owner alone', async (t) => {
  const { secret, file, identity } = person();
  const { exit, errors } = await secret(['init']);
  t.is(exit, 0);
  t.is(statSync(identity).mode & 0o777, 0o600);
  t.is(statSync(dirname(identity)).mode & 0o777, 0o700);
  t.is(statSync(file).mode & 0o777, 0o600);
  t.regex(errors, /Your key is made: .*identity\.txt\. Keep a copy/);
  t.notRegex(errors, /AGE-SECRET-KEY/);
});

test('init keeps what is there', async (t) => {
  const { secret, file, identity } = await ready();
  const before = [readFileSync(file, 'utf8'), readFileSync(identity, 'utf8')];
  const { exit, errors } = await secret(['init']);
  t.is(exit, 1);
  t.is(errors, `error: ${file} is there already\n  Set a value with: homerun secret set NAME -i ${dirname(file)}\n`);
  t.deepEqual([readFileSync(file, 'utf8'), readFileSync(identity, 'utf8')], before);
});

test('a value that is set comes back as it was, and only its name can be read in the file', async (t) => {
  const { secret, file } = await ready();
  const text = readFileSync(file, 'utf8');
  t.true(text.includes('- "admin_password"'));
  t.false(text.includes('horse'));
  t.deepEqual(await secret(['get', 'admin_password']), { exit: 0, output: 'correct horse\n', errors: '' });
  t.deepEqual(await secret(['list']), { exit: 0, output: 'admin_password\n', errors: '' });
  t.is(statSync(file).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(dirname(file)).toSorted(), ['hosts.yaml', 'secrets.age.yaml']);
});

test('what age decrypts is a JSON object of texts by name', async (t) => {
  const { file, identity } = await ready();
  const armored = readFileSync(file, 'utf8')
    .replace(/^[\s\S]*secrets: \|\n/, '')
    .replaceAll(/^ {2}/gm, '');
  const [, , key = ''] = readFileSync(identity, 'utf8').split(/\n|: /);
  t.deepEqual(JSON.parse(await decryptText(armored, [key])), { admin_password: 'correct horse' });
});

test('a value of several lines, of any characters, is kept exactly, but for one newline at the end', async (t) => {
  const { secret } = await ready();
  const value = '-----BEGIN KEY-----\n"a": {{ b }} \\ ñ 世界 \u0007\n\n';
  await secret(['set', 'key.pem'], { input: `${value}\n` });
  t.is((await secret(['get', 'key.pem'])).output, `${value}\n`);
});

test('a typed value is asked for twice and not shown', async (t) => {
  const { secret } = await ready();
  const { exit, output, errors } = await secret(['set', 'smtp'], { answers: ['long enough', 'long enough'] });
  t.is(exit, 0);
  t.false((output + errors).includes('long enough'));
  t.is((await secret(['get', 'smtp'])).output, 'long enough\n');
  const other = await secret(['set', 'smtp'], { answers: ['long enough', 'long enouhg'] });
  t.is(other.exit, 1);
  t.regex(other.errors, /error: the two values differ; nothing was changed/);
  t.is((await secret(['get', 'smtp'])).output, 'long enough\n');
});

test('a generated value has 32 letters and digits, and is another one each time', async (t) => {
  const { secret } = await ready();
  const made = [];
  for (const name of ['a', 'b']) {
    const { output, errors } = await secret(['set', name, '--generate']);
    const value = (await secret(['get', name])).output;
    t.regex(value, /^[A-Za-z0-9]{32}\n$/);
    t.false((output + errors).includes(value.trim()));
    made.push(value);
  }
  t.not(made[0], made[1]);
});

const refused: readonly (readonly [what: string, line: readonly string[], settings: Parameters<typeof fakeIo>[0], errors: RegExp])[] = [
  ['an empty value', ['set', 'x'], { input: '\n' }, /^error: the value is empty\n/],
  ['a short value', ['set', 'x'], { input: 'admin\n' }, /^error: the value has 5 characters; a secret has at least 8\n/],
  ['a name with a space', ['set', 'a b'], { input: 'long enough' }, /^error: "a b" cannot be the name of a secret\n/],
  ['a name that is a path', ['set', '../x'], { input: 'long enough' }, /^error: "\.\.\/x" cannot be the name of a secret\n/],
  ['a name that is not there', ['get', 'admin_pasword'], {}, /has no secret "admin_pasword"\n {2}Did you mean "admin_password"\?\n$/],
  ['an editor without a terminal', ['edit'], {}, /^error: an editor needs a terminal\n/],
  ['a recipient that is none', ['rekey', '--add', 'age1nobody'], {}, /^error: "age1nobody" is not a public key of age\n/],
  ['removing somebody who is not in', ['rekey', '--remove', 'age1nobody'], {}, /is not encrypted to age1nobody\n {2}It is to: age1/],
];

for (const [what, line, settings, errors] of refused) {
  test(`refused, and nothing is changed: ${what}`, async (t) => {
    const { secret, file } = await ready();
    const before = readFileSync(file, 'utf8');
    const found = await secret(line, settings);
    t.is(found.exit, 1);
    t.regex(found.errors, errors);
    t.is(readFileSync(file, 'utf8'), before);
  });
}

test('without a secrets file, or a folder for it, the error says how to make one', async (t) => {
  const { secret, file } = person();
  t.is((await secret(['list'])).errors, `error: there is no secrets file ${file}\n  Make it with homerun secret init -i ${dirname(file)}.\n`);
  const nowhere = person('/nowhere');
  t.regex((await nowhere.secret(['init'])).errors, /^error: there is no folder/);
  t.false(existsSync(nowhere.identity));
});

test('a key that others can read is refused with how to close it', async (t) => {
  const { secret, identity } = await ready();
  chmodSync(identity, 0o644);
  const { exit, errors } = await secret(['get', 'admin_password']);
  t.is(exit, 1);
  t.is(errors, `error: others can read your identity ${identity} (mode 0644)\n  Close it with: chmod 600 ${identity}\n`);
});

test('without a key, and with something else in its place, the error says what is expected', async (t) => {
  const { secret, identity } = await ready();
  writeFileSync(identity, 'ssh-ed25519 AAAA\n');
  t.regex((await secret(['get', 'admin_password'])).errors, /does not hold an age identity\n {2}Expected a line AGE-SECRET-KEY-1…/);
  const other = person((await ready()).folder);
  t.regex((await other.secret(['get', 'admin_password'])).errors, /cannot be read: no such file or folder\n {2}Make one with homerun secret init/);
});

test('who is not among the recipients cannot read it, until one who can lets her', async (t) => {
  const one = await ready();
  const other = person(one.folder);
  const refusal = await other.secret(['init']);
  t.is(refusal.exit, 1);
  const [recipient = ''] = /age1[a-z0-9]+/.exec(refusal.errors) ?? [];
  t.regex((await other.secret(['get', 'admin_password'])).errors, /none of your keys opens this file\n {2}It is encrypted to age1/);
  t.is((await one.secret(['rekey', '--add', recipient])).exit, 0);
  t.is((await other.secret(['get', 'admin_password'])).output, 'correct horse\n');
  const removed = await one.secret(['rekey', '--remove', recipient]);
  t.regex(removed.errors, /encrypted to 1 recipient\.\nWho was removed may have kept the values: change those too\.\n$/);
  t.is((await other.secret(['get', 'admin_password'])).exit, 1);
});

test('the last recipient cannot be removed', async (t) => {
  const { secret, file } = await ready();
  const [recipient = ''] = /age1[a-z0-9]+/.exec(readFileSync(file, 'utf8')) ?? [];
  t.regex((await secret(['rekey', '--remove', recipient])).errors, /^error: nobody could read the file any more/);
});

test('HOMERUN_IDENTITY names another key', async (t) => {
  const { folder, home, file } = await ready();
  const { identity } = await newIdentity();
  const other = join(home, 'other.txt');
  writeFileSync(other, `${identity}\n`, { mode: 0o600 });
  const io = fakeIo({ environment: { HOME: home, HOMERUN_IDENTITY: other }, workingFolder: folder });
  t.is(await main(['secret', 'get', 'admin_password', '-i', dirname(file)], io), 1);
  t.regex(io.printed().errors, /none of your keys opens this file/);
});

test('a file that was changed by hand is refused, whatever was changed', async (t) => {
  const { secret, file } = await ready();
  const text = readFileSync(file, 'utf8');
  const said = async (changed: string) => {
    writeFileSync(file, changed);
    const { exit, errors } = await secret(['get', 'admin_password']);
    t.is(exit, 1);
    return errors;
  };
  t.regex(await said(text.replace('"admin_password"', '"admin_pass"')), /the names in this file are not those of the secrets inside/);
  t.regex(await said(text.replace(/(\n {2}[A-Za-z0-9+/]{60})[A-Za-z]/g, '$1_')), /this file cannot be decrypted: it was damaged or changed/);
  t.regex(await said(text.replace('secrets: |', 'secret: |')), /a secrets file has no "secret"/);
  t.regex(await said('hello\n'), /this is not a secrets file/);
  t.regex(await said(''), /this is not a secrets file/);
});

test('edit shows every value in a file of memory for the user alone, saves what is changed, and leaves nothing behind', async (t) => {
  const { secret, file } = await ready();
  let seen = '';
  let where = '';
  const editor = (path: string) => {
    where = path;
    seen = readFileSync(path, 'utf8');
    t.is(statSync(path).mode & 0o777, 0o600);
    t.is(statSync(dirname(path)).mode & 0o777, 0o700);
    writeFileSync(path, 'admin_password: correct horses\nnumber: 0123456789\nkey: |\n  several\n  lines\n');
    return 0;
  };
  const { exit, errors } = await secret(['edit'], { answers: [], editor });
  t.is(exit, 0);
  t.is(errors, `${file} is saved.\n`);
  t.true(seen.endsWith('\nadmin_password: correct horse\n'));
  t.false(existsSync(dirname(where)));
  t.is((await secret(['get', 'admin_password'])).output, 'correct horses\n');
  t.is((await secret(['get', 'number'])).output, '0123456789\n');
  t.is((await secret(['get', 'key'])).output, 'several\nlines\n\n');
});

test('edit leaves the file alone when nothing was changed, when the editor fails, and when the user gives up', async (t) => {
  const { secret, file } = await ready();
  const before = readFileSync(file, 'utf8');
  t.is((await secret(['edit'], { answers: [], editor: () => 0 })).errors, 'Nothing was changed.\n');
  t.regex((await secret(['edit'], { answers: [], editor: () => 1 })).errors, /^error: the editor ended with 1; nothing was changed\n/);
  const broken = (path: string) => {
    writeFileSync(path, 'a b: long enough\nshort: x\n');
    return 0;
  };
  const given = await secret(['edit'], { answers: ['no'], editor: broken });
  t.is(
    given.errors,
    'secrets:1:1: what stands before the colon cannot be the name of a secret\nsecrets:2:8: short is too short: a secret has at least 8 characters\nEdit again? (Y/n) \nNothing was changed.\n',
  );
  t.is(readFileSync(file, 'utf8'), before);
});

test('what edit says of a line that cannot be read quotes nothing of it', async (t) => {
  const { secret } = await ready();
  for (const line of [
    'pw: *Hunter2Secret!',
    'pw: !Hunter2Secret x',
    'pw: "Hunter2Secret',
    'pw: [Hunter2Secret',
    '- Hunter2Secret',
    'pw: |\n Hunter2\n\tSecret: x',
    'Hunter2 Secret: x',
  ]) {
    const editor = (path: string) => {
      writeFileSync(path, `${line}\n`);
      return 0;
    };
    const { errors } = await secret(['edit'], { answers: ['no'], editor });
    t.regex(errors, /^secrets:\d+:\d+: /, line);
    t.notRegex(errors, /Hunter2|Secret/, line);
  }
});

test('edit can be tried again after a mistake', async (t) => {
  const { secret } = await ready();
  const texts = ['\tx: long enough\n', 'x: long enough\n'];
  const editor = (path: string) => {
    writeFileSync(path, texts.shift() ?? '');
    return 0;
  };
  t.is((await secret(['edit'], { answers: [''], editor })).exit, 0);
  t.is((await secret(['list'])).output, 'x\n');
});

test('edit puts right the names that somebody changed by hand', async (t) => {
  const { secret, file } = await ready();
  writeFileSync(file, readFileSync(file, 'utf8').replace('"admin_password"', '"another"'));
  t.is((await secret(['edit'], { answers: [], editor: () => 0 })).exit, 0);
  t.is((await secret(['list'])).output, 'admin_password\n');
  t.is((await secret(['get', 'admin_password'])).output, 'correct horse\n');
});

test('a run gets secrets by name; a missing key is an error only once one is asked for', async (t) => {
  const { folder, environment } = await ready();
  const inventory = join(folder, 'inventory');
  const open = await openSecrets([inventory], environment);
  t.is(open('admin_password')?.reveal(), 'correct horse');
  t.is(String(open('admin_password')), '***');
  t.is(open('another'), undefined);
  const closed = await openSecrets([inventory], { HOME: '/nowhere' });
  t.is(closed('another'), undefined);
  t.throws(() => closed('admin_password'), { instanceOf: InputError, message: /cannot be read: no such file or folder/ });
});

test('of two inventories the later one has the last word', async (t) => {
  const one = await ready();
  const other = person(project({ 'inventory/hosts.yaml': '' }));
  mkdirSync(dirname(other.identity), { recursive: true });
  writeFileSync(other.identity, readFileSync(one.identity), { mode: 0o600 });
  await other.secret(['init']);
  await other.secret(['set', 'admin_password'], { input: 'battery staple' });
  const both = [join(one.folder, 'inventory'), join(other.folder, 'inventory')];
  t.is((await openSecrets(both, one.environment))('admin_password')?.reveal(), 'battery staple');
  t.is((await openSecrets(both.toReversed(), one.environment))('admin_password')?.reveal(), 'correct horse');
});
