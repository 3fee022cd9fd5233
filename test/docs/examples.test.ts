import test from 'ava';
import * as z from 'zod';
import { main } from '../../src/cli/program.ts';
import { loadModules } from '../../src/modules/registry.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { project } from '../cli/project.ts';

/** What an example leans on and its reader has: a file beside the playbook, a handler, a secret. */
const ofTheReader = /^there is no (file|template|script|handler|secret) /;

for (const [name, { examples }] of await loadModules()) {
  test(`the examples of ${name} are tasks that lint takes`, async (t) => {
    t.true(examples.length >= 2, 'a module has two examples');
    t.is(new Set(examples.map(({ task }) => task)).size, examples.length, 'two examples are the same');
    const tasks = examples.map(({ task }) => `    - ${task.trimEnd().replaceAll('\n', '\n      ')}\n`).join('');
    const workingFolder = project({
      'inventory/hosts.yaml': 'all: {hosts: {web1: {}}}\n',
      'playbooks/site.yaml': `- hosts: all\n  tasks:\n${tasks}`,
    });
    const io = fakeIo({ workingFolder });
    await main(['lint', '--output', 'json'], io);
    const problems = io.printed().output.split('\n').filter(Boolean);
    const found = problems.map((line) => z.object({ severity: z.string(), message: z.string() }).parse(JSON.parse(line)));
    t.deepEqual(
      found.filter(({ severity, message }) => severity === 'error' && !ofTheReader.test(message)),
      [],
    );
  });
}
