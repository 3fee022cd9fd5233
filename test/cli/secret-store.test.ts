import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { mergeSecrets } from '../../src/cli/secret-edit.ts';
import { newIdentity } from '../../src/language/age.ts';
import { openSecrets } from '../../src/language/secrets.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';
import { project } from './project.ts';

/** A person with a home of her own, and an inventory. */
function person(environment: Readonly<Record<string, string>> = {}) {
  const folder = project({ 'inventory/hosts.yaml': '' });
  const home = project({});
  const memory = project({});
  const own = { HOME: home, XDG_RUNTIME_DIR: memory, ...environment };
  const inventory = join(folder, 'inventory');
  const io = (settings: Parameters<typeof fakeIo>[0] = {}): FakeIo => fakeIo({ environment: own, workingFolder: folder, ...settings });
  const call = async (line: readonly string[], one: FakeIo) => {
    const exit = await main(['secret', ...line, '-i', inventory], one, () => Promise.reject(new Error('no engine')));
    return { exit, ...one.printed() };
  };
  const secret = (line: readonly string[], settings: Parameters<typeof fakeIo>[0] = {}) => call(line, io(settings));
  return { home, memory, inventory, environment: own, file: join(inventory, 'secrets.age.yaml'), io, call, secret };
}

async function ready(environment: Readonly<Record<string, string>> = {}) {
  const one = person(environment);
  await one.secret(['init']);
  await one.secret(['set', 'first'], { input: 'the first value\n' });
  return one;
}

test('unset removes a value and no other', async (t) => {
  const { secret } = await ready();
  await secret(['set', 'second', '--generate']);
  t.is((await secret(['unset', 'second'])).exit, 0);
  t.is((await secret(['list'])).output, 'first\n');
  t.regex((await secret(['unset', 'frist'])).errors, /has no secret "frist"\n {2}Did you mean "first"\?\n$/);
  t.is((await secret(['list'])).output, 'first\n');
});

test('rename keeps the value, and takes no name that is there', async (t) => {
  const { secret } = await ready();
  await secret(['set', 'second'], { input: 'the second value\n' });
  t.regex((await secret(['rename', 'first', 'second'])).errors, /has a secret "second" already\n {2}Remove it first: homerun secret unset second/);
  t.regex((await secret(['rename', 'first', 'a b'])).errors, /^error: "a b" cannot be the name of a secret/);
  t.is((await secret(['rename', 'first', 'third'])).exit, 0);
  t.is((await secret(['list'])).output, 'second\nthird\n');
  t.is((await secret(['get', 'third'])).output, 'the first value\n');
  t.is((await secret(['get', 'second'])).output, 'the second value\n');
});

test('of many that change the file at once each has its change in it', async (t) => {
  const { secret, file, inventory } = await ready();
  const { recipient } = await newIdentity();
  await Promise.all([
    ...Array.from({ length: 12 }, (_, index) => secret(['set', `s${index}`], { input: `the value ${index}\n` })),
    secret(['rename', 'first', 'renamed']),
    secret(['rekey', '--add', recipient]),
  ]);
  t.is((await secret(['list'])).output, `${['renamed', ...Array.from({ length: 12 }, (_, index) => `s${index}`)].toSorted().join('\n')}\n`);
  for (let index = 0; index < 12; index++) t.is((await secret(['get', `s${index}`])).output, `the value ${index}\n`);
  t.true(readFileSync(file, 'utf8').includes(recipient));
  t.deepEqual(readdirSync(inventory).toSorted(), ['hosts.yaml', 'secrets.age.yaml']);
});

test('what others change while the editor is open stays, beside what is changed in it', async (t) => {
  const { secret } = await ready();
  await secret(['set', 'second'], { input: 'the second value\n' });
  const editor = async (path: string) => {
    await secret(['set', 'theirs'], { input: 'a value of theirs\n' });
    await secret(['unset', 'second']);
    writeFileSync(path, `${readFileSync(path, 'utf8').replace('the first value', 'another first')}ours: a value of ours\n`);
    return 0;
  };
  t.is((await secret(['edit'], { answers: [], editor })).exit, 0);
  t.is((await secret(['list'])).output, 'first\nours\ntheirs\n');
  t.is((await secret(['get', 'first'])).output, 'another first\n');
});

test('where both change one value the user is asked, and neither is lost unseen', async (t) => {
  const editorOf = (secret: Awaited<ReturnType<typeof ready>>['secret']) => {
    let round = 0;
    return async (path: string) => {
      if (round++ === 0) {
        await secret(['set', 'first'], { input: 'a value of theirs\n' });
        writeFileSync(path, 'first: a value of ours\n');
      }
      return 0;
    };
  };
  const kept = await ready();
  const refused = await kept.secret(['edit'], { answers: ['n'], editor: editorOf(kept.secret) });
  t.regex(
    refused.errors,
    /^somebody else has changed or removed first meanwhile\n {2}Leave the editor once more[^\n]*\nEdit again\? \(Y\/n\) \nNothing was changed\.\n$/,
  );
  t.is((await kept.secret(['get', 'first'])).output, 'a value of theirs\n');
  const other = await ready();
  t.regex((await other.secret(['edit'], { answers: [''], editor: editorOf(other.secret) })).errors, / is saved\.\n$/);
  t.is((await other.secret(['get', 'first'])).output, 'a value of ours\n');
});

const maps = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3')).map((one) => new Map(Object.entries(one)));

testProp('merging keeps each change that one of two has made, and tells of those that contradict', [maps, maps, maps], (t, base, ours, theirs) => {
  const { values, conflicts } = mergeSecrets(base, ours, theirs);
  for (const name of ['a', 'b', 'c']) {
    const [before, our, their, now] = [base, ours, theirs, values].map((one) => one.get(name));
    const contradicts = our !== before && their !== before && our !== their;
    t.is(conflicts.includes(name), contradicts, name);
    t.is(now, contradicts || our === before ? their : our, name);
  }
});

test('an editor that is left by ^C, and a crash of homerun meanwhile, leave no file behind', async (t) => {
  const one = await ready();
  const seen: string[] = [];
  const interrupted: FakeIo = one.io({
    answers: [],
    editor: (path) => {
      seen.push(path);
      interrupted.interrupt();
      return 130;
    },
  });
  t.regex((await one.call(['edit'], interrupted)).errors, /the editor ended with 130; nothing was changed/);
  const crashed: FakeIo = one.io({
    answers: [],
    editor: (path) => {
      seen.push(path);
      t.true(existsSync(path));
      t.throws(() => crashed.crash(new Error('no value here')), { message: 'exit 2' });
      t.false(existsSync(path));
      return 0;
    },
  });
  t.regex((await one.call(['edit'], crashed)).errors, /This is a bug in homerun [\s\S]*: no value here\n/);
  t.is(seen.length, 2);
  t.true(seen.every((path) => path.startsWith(one.memory)));
  t.deepEqual(readdirSync(one.memory), []);
});

test('an editor that removes its file changes nothing', async (t) => {
  const { secret } = await ready();
  const { rmSync } = await import('node:fs');
  const ran = await secret(['edit'], { answers: [], editor: (path) => (rmSync(path), 0) });
  t.regex(ran.errors, /^error: the editor has removed its file; nothing was changed/);
  t.is((await secret(['get', 'first'])).output, 'the first value\n');
});

test('what editing has left whose process was killed goes with the next, and what is being edited stays', async (t) => {
  const { secret, memory } = await ready();
  const gone = spawn('/bin/true');
  await once(gone, 'close');
  for (const pid of [gone.pid, process.pid]) mkdirSync(join(memory, `homerun-edit-${pid}-abcdef`));
  await secret(['edit'], { answers: [], editor: () => 0 });
  t.deepEqual(readdirSync(memory), [`homerun-edit-${process.pid}-abcdef`]);
});

test('a change that is killed at any moment leaves the file before or the file after', async (t) => {
  t.timeout(120_000);
  const { command } = await import('../command.ts');
  const { secret, inventory, file, environment } = await ready();
  let [done, wholeMs] = [0, Number.POSITIVE_INFINITY];
  // The first is slower than others, the second tells how long one takes.
  for (let index = 0; index < 10; index++) {
    const started = performance.now();
    const child = spawn(process.execPath, [command, 'secret', 'set', `killed${index}`, '-i', inventory], { env: { ...process.env, ...environment } });
    child.stdin.on('error', () => undefined);
    child.stdin.end('a value that counts\n');
    const ended = once(child, 'close');
    if (index > 1) await Promise.race([ended, sleep(wholeMs * (0.5 + index / 15))]);
    else await ended;
    child.kill('SIGKILL');
    await ended;
    if (index === 1) wholeMs = performance.now() - started;
    const names = (await secret(['list'])).output.trim().split('\n');
    t.true(names.includes('first') && names.includes('killed0'));
    for (const name of names.filter((one) => one !== 'first')) t.is((await secret(['get', name])).output, 'a value that counts\n');
    done = names.length;
  }
  t.log(`${done - 3} of 8 changes were made before they were killed`);
  t.true(existsSync(file));
});

/** With a passphrase in a file. */
function withPassphrase(passphrase = 'five words of no common sense', mode = 0o600) {
  const path = join(project({}), 'passphrase');
  writeFileSync(path, `${passphrase}\n`, { mode });
  return path;
}

test('a passphrase opens the file in place of a key: from a file that is named, or typed', async (t) => {
  const passphrase = withPassphrase();
  const { secret, file, home, inventory, environment } = person({ HOMERUN_PASSPHRASE_FILE: passphrase });
  t.is((await secret(['init', '--passphrase'])).exit, 0);
  t.false(existsSync(join(home, '.config')));
  t.is((await secret(['set', 'first'], { input: 'the first value\n' })).exit, 0);
  t.is((await secret(['list'])).output, 'first\n');
  t.regex(readFileSync(file, 'utf8'), /^recipients: \[\]$/m);
  const typed = fakeIo({ environment: { HOME: home }, answers: ['five words of no common sense'] });
  t.is(await main(['secret', 'get', 'first', '-i', inventory], typed), 0);
  t.is(typed.printed().output, 'the first value\n');
  const wrong = fakeIo({ environment: { HOME: home }, answers: ['five words of common sense'] });
  t.is(await main(['secret', 'get', 'first', '-i', inventory], wrong), 1);
  t.regex(wrong.printed().errors, /this is not the passphrase of this file\n {2}Type it again/);
  const nobody = fakeIo({ environment: { HOME: home } });
  t.is(await main(['secret', 'get', 'first', '-i', inventory], nobody), 1);
  t.regex(
    nobody.printed().errors,
    /there is no terminal to ask for it\n {2}Name a file that holds it, readable by you alone, with HOMERUN_PASSPHRASE_FILE=FILE\.\n$/,
  );
  const open = await openSecrets([inventory], environment, () => Promise.resolve('five words of no common sense'));
  t.is(open('first')?.reveal(), 'the first value');
  const closed = await openSecrets([inventory], environment);
  t.is(closed('other'), undefined);
  t.throws(() => closed('first'), { message: /nobody can be asked/ });
});

test('rekey goes from a key to a passphrase and back, and who changes it can open it afterwards', async (t) => {
  const { secret, inventory, file, home } = await ready();
  const passphrase = withPassphrase();
  const typed = ['five words of no common sense', 'five words of no common sense'];
  t.regex(
    (await secret(['rekey', '--passphrase'], { answers: typed })).errors,
    /is opened by the new passphrase, and by nothing else\.\nWho could read it before/,
  );
  t.regex((await secret(['get', 'first'])).errors, /a passphrase opens .*, and there is no terminal/);
  const { recipient } = await newIdentity();
  const io = fakeIo({ environment: { HOME: home, HOMERUN_PASSPHRASE_FILE: passphrase } });
  t.is(await main(['secret', 'rekey', '--add', recipient, '-i', inventory], io), 0);
  t.regex(io.printed().errors, /is encrypted to 2 recipients\.\n/);
  t.is((await secret(['get', 'first'])).output, 'the first value\n');
  t.true(readFileSync(file, 'utf8').includes(recipient));
});

const refused: readonly (readonly [what: string, line: readonly string[], settings: Parameters<typeof fakeIo>[0], errors: RegExp])[] = [
  [
    'a short passphrase',
    ['rekey', '--passphrase'],
    { answers: ['short', 'short'] },
    /^New passphrase:\nerror: the passphrase has 5 characters; it needs 12\n/,
  ],
  [
    'one mistyped',
    ['rekey', '--passphrase'],
    { answers: ['five words of sense', 'five words of sence'] },
    /error: the two passphrases differ; nothing was changed\n$/,
  ],
  ['a passphrase and a key', ['rekey', '--passphrase', '--add', 'age1x'], {}, /^error: /],
  ['a passphrase and a recipient', ['init', '--passphrase', '--recipient', 'age1x'], {}, /^error: --passphrase and --recipient exclude each other\n/],
  ['a passphrase for a file that is there', ['init', '--passphrase'], {}, /is there already\n/],
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

test('a passphrase that others can read is refused with how to close it', async (t) => {
  const path = withPassphrase('five words of no common sense', 0o644);
  const { secret, file } = person({ HOMERUN_PASSPHRASE_FILE: path });
  t.is(
    (await secret(['init', '--passphrase'])).errors,
    `error: others can read your passphrase in ${path} (mode 0644)\n  Close it with: chmod 600 ${path}\n`,
  );
  t.false(existsSync(file));
  t.true(existsSync(dirname(file)));
});
