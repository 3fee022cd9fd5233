import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { content, contentCap } from '../../src/questions/content.ts';
import { type FileAnswer, file } from '../../src/questions/file.ts';
import { runScript, shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-file-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const names = ['plain', ' spaces  in it ', "quote'", '$(id)', 'back\\slash', 'ümläut-мир', '-dash', '*'];
mkdirSync(join(root, 'folder', 'inner'), { recursive: true });
for (const name of names) writeFileSync(join(root, name), `content of ${name}`);
chmodSync(join(root, 'plain'), 0o4640);
chmodSync(join(root, 'folder'), 0o750);
symlinkSync('plain', join(root, 'link'));
symlinkSync('nowhere/at all', join(root, 'broken'));
symlinkSync('folder', join(root, 'other-folder'));
symlinkSync('loop', join(root, 'loop'));
symlinkSync('line\nbreak', join(root, 'strange'));

const present = (answer: FileAnswer | undefined) => {
  if (!answer?.exists) throw new Error(`expected a file, got ${JSON.stringify(answer)}`);
  return answer;
};
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

for (const shell of shells()) {
  test(`file › ${shell.name}: answers for files, folders, links and what is not there, together as alone`, async (t) => {
    const wanted = [
      'plain',
      'folder',
      'link',
      'broken',
      'loop',
      'strange',
      'absent',
      'absent/deeper',
      'other-folder/inner',
      'plain/below',
      'other-folder/new',
    ];
    const answers = await askAll(
      t,
      shell,
      [...wanted, 'plain'].map((name) => file(join(root, name))),
    );
    const byName = Object.fromEntries(wanted.map((name, index) => [name, answers[index]]));
    const plain = present(byName['plain']);
    t.like(plain, {
      type: 'file',
      mode: '4640',
      size: 16,
      sha256: sha256('content of plain'),
      real: join(root, 'plain'),
      uid: process.getuid?.() ?? 0,
    });
    t.like(byName['folder'], { type: 'directory', mode: '0750', real: join(root, 'folder') });
    t.false('size' in present(byName['folder']) || 'isMountPoint' in present(byName['folder']));
    t.like(byName['link'], { type: 'link', target: 'plain', real: join(root, 'plain') });
    t.like(byName['broken'], { type: 'link', target: 'nowhere/at all' });
    t.like(byName['loop'], { type: 'link', target: 'loop' });
    t.like(byName['strange'], { type: 'link', target: 'line\nbreak' });
    t.deepEqual(byName['absent'], { exists: false, real: join(root, 'absent') });
    t.deepEqual(byName['absent/deeper'], { exists: false, real: join(root, 'absent/deeper') });
    t.like(byName['other-folder/inner'], { type: 'directory', real: join(root, 'folder/inner') });
    t.deepEqual(byName['plain/below'], { exists: false, real: join(root, 'plain/below') });
    t.deepEqual(byName['other-folder/new'], { exists: false, real: join(root, 'folder/new'), links: [join(root, 'other-folder')] });
  });

  test(`file › ${shell.name}: takes every name that a path can have`, async (t) => {
    const answers = await askAll(
      t,
      shell,
      names.map((name) => file(join(root, name))),
    );
    for (const [index, name] of names.entries()) {
      const answer = present(answers[index]);
      t.is(answer.sha256, sha256(`content of ${name}`), name);
      t.is(answer.real, join(root, name));
    }
  });

  test(`file › ${shell.name}: links by any name, to any name, through several`, async (t) => {
    const place = join(root, `links-${shell.name}`);
    mkdirSync(join(place, 'a:b'), { recursive: true });
    const targets = { 'plain-1.0': 'a:b', 'to colon': 'plain-1.0', next: './plain-1.0', мир: 'next', 'ends-$(id)': '/', far: 'мир', '-n': 'gone' };
    for (const [name, target] of Object.entries(targets)) symlinkSync(target, join(place, name));
    symlinkSync(place, join(place, 'a:b', 'up'));
    const answers = await askAll(
      t,
      shell,
      [...Object.keys(targets), 'far/up/next'].map((name) => file(join(place, name))),
    );
    const target = (index: number) => {
      const answer = present(answers[index]);
      return answer.type === 'link' ? answer.target : answer.type;
    };
    t.deepEqual(
      answers.map((_, index) => target(index)),
      [...Object.values(targets), './plain-1.0'],
    );
    t.deepEqual(
      answers.map((answer) => [answer.real, answer.links?.length]),
      [1, 2, 2, 3, 1, 4, 1, 7].map((count, index) => [index === 4 ? '/' : join(place, index === 6 ? 'gone' : 'a:b'), count]),
    );
    t.is(present((await askAll(t, shell, [file(`${place}/next/`)]))[0]).type, 'directory');
    // Without a link on the way the path is said to be real as it was given.
    const around = ['a:b/x', 'a:b/..', 'a:b/y', 'a:b/.', 'a:b/', 'a:b/up', 'a:b/w', 'next/x', 'next/y', 'x', 'a:b//v', 'a:b//next', 'a:b/up/next'];
    const reals = ['a:b/x', 'a:b/..', 'a:b/y', 'a:b/.', 'a:b/', '.', 'a:b/w', 'a:b/x', 'a:b/y', 'x', 'a:b//v', 'a:b//next', 'a:b'];
    t.deepEqual(
      (await askAll(t, shell, [...around.map((name) => file(`${place}/${name}`)), file('/'), file('/proc')])).map((answer) => answer.real),
      [...reals.map((name) => (name === '.' ? place : `${place}/${name}`)), '/', '/proc'],
    );
  });

  test(`file › ${shell.name}: answers for more paths than one command takes`, async (t) => {
    const many = join(root, `many-${shell.name}`);
    mkdirSync(many);
    const numbers = Array.from({ length: 450 }, (_, index) => index);
    for (const number of numbers.filter((one) => one % 3 > 0)) writeFileSync(join(many, `${number}`), `of ${number}`);
    const { kind } = file('/');
    const params = numbers.map((number) => file(join(many, `${number}`)).params);
    const { stdout } = await runScript(shell, kind.script(params));
    const answers = kind.split(stdout, params).map((part, index) => kind.parse(part, params[index] as never));
    t.deepEqual(
      answers.map((answer) => answer.exists && answer.sha256),
      numbers.map((number) => number % 3 > 0 && sha256(`of ${number}`)),
    );
  });

  test(`file › ${shell.name}: options ask for other things of the same path in the same batch`, async (t) => {
    const path = join(root, 'link');
    const questions = [
      file(path),
      file(path, { follow: true }),
      file(join(root, 'plain'), { digest: false }),
      file(join(root, 'plain'), { times: true }),
    ];
    const [link, followed, bare, timed] = (await askAll(t, shell, questions)).map(present);
    t.is(link?.type, 'link');
    t.like(followed, { type: 'file', sha256: sha256('content of plain'), real: join(root, 'plain') });
    t.is(bare?.sha256, undefined);
    t.is(bare?.size, 16);
    t.true((timed?.times?.modified ?? 0) > 1_600_000_000);
    t.is(timed?.times?.links, 1);
  });

  test(`file › ${shell.name}: knows the root, devices and mounts, and never waits for a FIFO`, async (t) => {
    await runScript(shell, `mkfifo '${root}/fifo-${shell.name}'`);
    const answers = await askAll(t, shell, [file('/'), file('/proc'), file('/dev/null'), file(join(root, `fifo-${shell.name}`))]);
    t.like(answers[0], { exists: true, type: 'directory', real: '/' });
    t.like(answers[1], { type: 'directory', isMountPoint: true });
    t.like(answers[2], { type: 'other' });
    t.like(answers[3], { type: 'other' });
  });

  test(`content › ${shell.name}: gives text, bytes, and the beginning of what is too long`, async (t) => {
    writeFileSync(join(root, 'bytes'), Buffer.from([0, 255, 10, 13]));
    writeFileSync(join(root, 'empty'), '');
    writeFileSync(join(root, 'bom'), '\uFEFF.\n.\n');
    writeFileSync(join(root, 'long'), 'x'.repeat(contentCap + 5));
    const paths = ['bytes', 'empty', 'bom', 'long', 'absent', 'folder', 'link', "quote'"].map((name) => join(root, name));
    const answers = await askAll(t, shell, [...paths, '/dev/zero', '/proc/version'].map(content));
    t.deepEqual(answers[0], { exists: true, real: join(root, 'bytes'), base64: 'AP8KDQ==', truncated: false });
    t.deepEqual(answers[1], { exists: true, real: join(root, 'empty'), text: '', truncated: false });
    t.deepEqual(answers[2], { exists: true, real: join(root, 'bom'), text: '\uFEFF.\n.\n', truncated: false });
    t.deepEqual(answers[3], { exists: true, real: join(root, 'long'), text: 'x'.repeat(contentCap), truncated: true });
    t.deepEqual(answers[4], { exists: false, real: join(root, 'absent'), truncated: false });
    t.is(answers[5]?.problem, 'not a regular file');
    t.like(answers[6], { text: 'content of plain', real: join(root, 'plain') });
    t.is(answers[7]?.text, "content of quote'");
    t.is(answers[8]?.problem, 'not a regular file');
    t.regex(answers[9]?.text ?? '', /^Linux/);
  });
}

test('file › refuses a path that is not absolute or holds a line break', (t) => {
  t.throws(() => file('etc/passwd'), { instanceOf: TypeError, message: /absolute/ });
  t.throws(() => file('/etc/a\nb'), { instanceOf: TypeError, message: /control characters/ });
  t.throws(() => content('/etc/a\0b'), { instanceOf: TypeError });
});

test('file › an output that a script does not print is an error, not an answer', (t) => {
  const { kind, params } = file('/etc/hosts');
  for (const output of ['', '.\n', 'file+digest\n.\n', 'file+digest\nnonsense\n- = -\n.\n', 'file+digest\n- = -\n.\n.\n', '/etc/hosts: not found']) {
    t.throws(() => kind.split(output, [params]), { message: /host printed/ }, JSON.stringify(output));
  }
  t.throws(() => kind.parse('file+digest\n- <b> -\n.\n', params), { message: /not understood/ });
});

test('file › a link that was passed on the way is another name of what was read', async (t) => {
  const [shell] = shells();
  if (!shell) throw new Error('no shell was found');
  const chain = join(root, 'chain');
  mkdirSync(join(chain, 'releases', '2', 'bin'), { recursive: true });
  symlinkSync('releases/2', join(chain, 'current'));
  symlinkSync(`${chain}/current/bin`, join(chain, 'app'));
  symlinkSync('../../../current/./bin/../bin', join(chain, 'releases', '2', 'bin', 'round'));
  const { kind } = file('/');
  const [through, round] = await askAll(t, shell, [file(join(chain, 'app', 'conf')), file(join(chain, 'current', 'bin', 'round', 'x'))]);
  if (!through || !round) throw new Error('no answer');
  t.deepEqual(
    new Set(kind.aliases?.(through)),
    new Set([`file:${chain}/releases/2/bin/conf`, `file:${chain}/app`, `file:${chain}/current`] as const),
  );
  t.is(round.real, join(chain, 'releases/2/bin/x'));
});
