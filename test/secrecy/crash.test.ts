import test from 'ava';
import { main } from '../../src/cli/program.ts';
import type { run } from '../../src/engine/run.ts';
import { InputError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { Exited, fakeIo } from '../cli/fake-io.ts';
import { project } from '../cli/project.ts';

const words = 'no correct horse battery here';

/** A run that learns a secret, and then does this. */
function engineThat(act: () => never): typeof run {
  return async ({ masker }) => {
    masker?.learn(new Secret('correct horse battery'));
    return act();
  };
}

const folder = project({ 'inventory/hosts.yaml': '', 'site.yaml': '- hosts: all\n  tasks: []\n' });
const line = ['run', 'site.yaml', '-vvvv', '--output', 'plain'];

const failures: Readonly<Record<string, () => never>> = {
  'an error of the program': () => {
    throw new Error(words, { cause: new Error(words) });
  },
  'an error of the input': () => {
    throw InputError.of(words, { file: 'site.yaml', line: 1, column: 1 }, words);
  },
  'something that is no error': () => {
    throw words;
  },
};

for (const [what, act] of Object.entries(failures)) {
  test(`what a run ends with shows no secret that it has read: ${what}`, async (t) => {
    const io = fakeIo({ workingFolder: folder });
    t.true((await main(line, io, () => Promise.resolve(engineThat(act)))) > 0);
    const { errors, output } = io.printed();
    t.regex(errors, /no \*\*\* here/);
    t.notRegex(errors + output, /horse/);
  });
}

test('a crash, of which nobody else hears, is told as a bug without a secret, and ends the program', async (t) => {
  const io = fakeIo({ workingFolder: folder });
  const crash = () => {
    const error = t.throws(() => io.crash(new Error(words, { cause: words })), { instanceOf: Exited });
    t.is(error?.code, 2);
    throw new Error('ended');
  };
  await main(line, io, () => Promise.resolve(engineThat(crash)));
  const { errors } = io.printed();
  t.regex(errors, /^This is a bug in homerun [\d.]+: no \*\*\* here\n {2}Please report it/);
  t.notRegex(errors, /horse/);
});
