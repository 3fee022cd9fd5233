import test from 'ava';
import type { Run } from '../../src/cli/context.ts';
import { main } from '../../src/cli/program.ts';
import type { RunOptions } from '../../src/engine/run.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

async function run(files: { readonly [path: string]: string }, line: string) {
  const workingFolder = project(files);
  const io = fakeIo({ workingFolder });
  let asked: RunOptions | undefined;
  const engine: Run = (options) => {
    asked = options;
    return Promise.resolve(0);
  };
  const exit = await main(line.split(' '), io, () => Promise.resolve(engine));
  return { exit, asked, ...io.printed() };
}

test('homerun.yaml beside the inventory gives defaults, and what is typed counts more', async (t) => {
  const files = { 'inventory/homerun.yaml': 'forks: 5\nuser: admin\ndiff: yes\ntags: [a, b]\nskip_tags: slow\nprefetch: false\n' };
  const { asked } = await run(files, 'run site.yaml -u root');
  t.like(asked, { forks: 5, user: 'root', diff: true, tags: ['a', 'b'], skipTags: ['slow'], prefetch: false });
});

test('it lies beside an inventory that is a file, too; of two inventories the later one counts', async (t) => {
  const files = { 'one/homerun.yaml': 'forks: 1\nuser: one\n', 'two/homerun.yaml': 'forks: 2\n', 'two/hosts.yaml': '' };
  const { asked } = await run(files, 'run site.yaml -i one -i two/hosts.yaml');
  t.like(asked, { forks: 2, user: 'one' });
});

test('a default of a command is none of another that has no such option', async (t) => {
  const { exit, errors } = await run(
    { 'inventory/homerun.yaml': 'tags: a\n', 'inventory/hosts.yaml': 'all: {hosts: {h: {}}}\n' },
    'inventory --graph',
  );
  t.is(errors, '');
  t.is(exit, 0);
});

const wrong: readonly (readonly [text: string, errors: string])[] = [
  ['fork: 5\n', 'inventory/homerun.yaml:1:1: homerun.yaml has no "fork"\n  Did you mean "forks"?\n'],
  ['forks: many\n', 'inventory/homerun.yaml:1:8: forks: Expected a whole number from 1 to 1000.\n'],
  ['output: xml\n', 'inventory/homerun.yaml:1:9: output: Allowed choices are live, plain, json.\n'],
  ['diff: maybe\n', 'inventory/homerun.yaml:1:7: diff: expected true or false, got text ("maybe")\n'],
  ['user: [a, b]\n', 'inventory/homerun.yaml:1:7: user: expected one value, got 2\n'],
  ['- forks\n', 'inventory/homerun.yaml:1:1: expected options (forks: 10), got a list\n'],
  [
    'a: 1\nb: 2\n',
    `inventory/homerun.yaml:1:1: homerun.yaml has no "a"
  There are: forks, user, private_key, output, diff, color, tags, skip_tags, save, html, junit, prefetch, quiet, lock_timeout.
inventory/homerun.yaml:2:1: homerun.yaml has no "b"
  There are: forks, user, private_key, output, diff, color, tags, skip_tags, save, html, junit, prefetch, quiet, lock_timeout.
2 errors; nothing was done.
`,
  ],
];

for (const [text, errors] of wrong) {
  test(`a wrong homerun.yaml is refused: ${JSON.stringify(text)}`, async (t) => {
    const found = await run({ 'inventory/homerun.yaml': text }, 'run site.yaml');
    t.is(found.exit, 1);
    t.is(found.asked, undefined);
    t.is(found.errors, errors);
  });
}
