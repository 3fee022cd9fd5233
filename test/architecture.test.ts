import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test from 'ava';

/** Rooms by what each may import besides itself: the drawing of docs/architecture.md. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  values: [],
  remote: ['values'],
  questions: ['remote', 'values'],
  modules: ['questions', 'remote', 'values'],
  language: ['values'],
  engine: ['modules', 'questions', 'remote', 'language', 'values'],
  report: ['engine', 'language', 'values'],
  cli: ['report', 'engine', 'modules', 'questions', 'remote', 'language', 'values'],
};

/** Packages that enter through one file each, so that each can be replaced in one place. */
const enterOnce = [
  'node-ssh',
  'listr2',
  'handlebars',
  'dotenv',
  'yaml',
  '@marcbachmann/cel-js',
  'diff',
  'age-encryption',
  'picocolors',
  'leven',
  '@inquirer/password',
];

const source = join(import.meta.dirname, '../../src');

interface Import {
  readonly file: string;
  readonly from: string;
}

const sources: readonly string[] = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const imports: readonly Import[] = sources.flatMap((file) => {
  const text = readFileSync(join(source, file), 'utf8');
  const found = text.matchAll(/^(?:import|export)\b[^;]*?\bfrom\s+'([^']+)'|\bimport\('([^']+)'\)|^import\s+'([^']+)'/gm);
  return [...found].map((match) => ({ file, from: match[1] ?? match[2] ?? match[3] ?? '' }));
});

/** A file of src/modules is a module, but for these. */
const notModules = ['all', 'check-params', 'module', 'params', 'registry'].map((name) => `modules/${name}.ts`);
const moduleFiles = sources.filter((file) => /^modules\/[^/]+$/.test(file) && !notModules.includes(file)).sort();

const roomOf = (file: string): string => file.split('/')[0] ?? '';

test('each room imports only the rooms that the architecture allows', (t) => {
  const wrong = imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ file, from }) => ({ file, to: relative(source, join(source, file, '..', from)) }))
    .filter(({ file, to }) => roomOf(file) !== roomOf(to) && !mayImport[roomOf(file)]?.includes(roomOf(to)));
  t.deepEqual(wrong, []);
});

test('every folder of src is a room of the architecture', (t) => {
  const folders = readdirSync(source, { withFileTypes: true }).map((entry) => entry.name);
  t.deepEqual(folders.sort(), Object.keys(mayImport).sort());
});

test('no module imports another module', (t) => {
  const shared = /^\.\/(module|params|support\/.*)\.ts$|^\.\.\//;
  const wrong = imports.filter(({ file, from }) => moduleFiles.includes(file) && from.startsWith('.') && !shared.test(from));
  t.deepEqual(wrong, []);
});

test('all.ts names every module', (t) => {
  const named = imports.filter(({ file }) => file === 'modules/all.ts').map(({ from }) => from.replace(/^\./, 'modules'));
  t.deepEqual(named, moduleFiles);
});

test('zod is imported so that a bundler can leave out what is not used of it, its sixty languages above all', (t) => {
  const wrong = sources.filter((file) => /import (?!(type )?\* as z )[^;]*from 'zod'/.test(readFileSync(join(source, file), 'utf8')));
  t.deepEqual(wrong, []);
});

for (const name of enterOnce) {
  test(`the package ${name} enters through one file`, (t) => {
    const files = new Set(imports.filter(({ from }) => from === name || from.startsWith(`${name}/`)).map(({ file }) => file));
    t.true(files.size <= 1, [...files].join(', '));
  });
}

test('only the command line touches process', (t) => {
  const wrong = sources
    .filter((file) => roomOf(file) !== 'cli')
    .filter((file) => /\bprocess\.(?!version)/.test(readFileSync(join(source, file), 'utf8').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '')));
  t.deepEqual(wrong, []);
});

test('programs of this machine are started by their arguments, never by a line for a shell', (t) => {
  const starts = imports.filter(({ from }) => from === 'node:child_process').map(({ file }) => file);
  t.deepEqual(starts.sort(), ['cli/process-io.ts', 'language/programs.ts', 'remote/local.ts', 'remote/system-ssh.ts']);
  for (const file of starts) {
    const text = readFileSync(join(source, file), 'utf8');
    const taken = [...text.matchAll(/\{ ?([^{}]*?) ?\} (?:from|= await import\()\s*'node:child_process'/g)].flatMap(([, names = '']) =>
      names.split(/,\s*/),
    );
    t.deepEqual(
      taken.filter((name) => !['spawn', 'spawnSync'].includes(name) && !name.startsWith('type ')),
      [],
      file,
    );
    t.true(taken.length > 0);
    t.notRegex(text, /shell:/, file);
  }
});

test('one file speaks SSH, once, and always with a check of the host key', (t) => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const clients = files.flatMap((file) =>
    [...readFileSync(join(source, file), 'utf8').matchAll(/new (?:NodeSSH|Client|ssh2\.Client)\(/g)].map(() => file),
  );
  t.deepEqual(clients, ['remote/ssh.ts']);
  t.is(readFileSync(join(source, 'remote/ssh.ts'), 'utf8').match(/\bhostVerifier:/g)?.length, 1);
});
