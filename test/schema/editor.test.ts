import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { project } from '../cli/project.ts';
import { LanguageServer } from './language-server.ts';

// What a person sees in an editor that follows the README: the schemas of `homerun schema`, named in the first line of a file.

const root = join(import.meta.dirname, '../../..');
let server: LanguageServer;
let folder: string;

test.before(async () => {
  const kinds = ['playbook', 'tasks', 'inventory'];
  const schemas = await Promise.all(kinds.map(async (kind) => [`${kind}.schema.json`, await schema(kind)] as const));
  folder = project(Object.fromEntries(schemas));
  server = await LanguageServer.start();
});
test.after.always(() => server.close());

async function schema(kind: string): Promise<string> {
  const io = fakeIo();
  await main(['schema', kind], io);
  return io.printed().output;
}

function inEditor(kind: string, name: string, text: string) {
  const path = join(folder, 'files', name);
  const whole = `# yaml-language-server: $schema=../${kind}.schema.json\n${text}`;
  return { path, open: () => server.open(path, whole) };
}

const playbooks = readdirSync(join(root, 'playbooks')).filter((name) => name.endsWith('.yaml'));

for (const name of playbooks) {
  test(`nothing is marked in playbooks/${name}`, async (t) => {
    t.deepEqual(await inEditor('playbook', name, readFileSync(join(root, 'playbooks', name), 'utf8')).open(), []);
  });
}

test('nothing is marked in the example of an inventory', async (t) => {
  t.deepEqual(await inEditor('inventory', 'hosts.yaml', readFileSync(join(root, 'inventory/example/hosts.yaml'), 'utf8')).open(), []);
});

test('a wrong parameter, value and word are marked, each at its place', async (t) => {
  const text = `- hosts: all
  tasks:
    - name: Greet
      copy:
        content: hello
        dest: /etc/motd
        ownr: root
    - file: {path: /srv, state: folder}
      wehn: true
    - wait_for: {port: 70000}
`;
  t.deepEqual(await inEditor('playbook', 'wrong.yaml', text).open(), [
    { text: 'ownr', message: 'Property ownr is not allowed.' },
    { text: 'folder', message: 'Value is not accepted. Valid values: "file", "directory", "link", "hard", "touch", "absent".' },
    { text: 'wehn', message: 'Property wehn is not allowed.' },
    { text: '70000', message: 'Value is above the maximum of 65535.' },
  ]);
});

test('a file of tasks and an inventory have schemas of their own', async (t) => {
  t.deepEqual(await inEditor('tasks', 'tasks.yaml', '- systemd: {nme: nginx}\n').open(), [{ text: 'nme', message: 'Property nme is not allowed.' }]);
  t.deepEqual(await inEditor('inventory', 'wrong-hosts.yaml', 'web: {hosts: {web1: {ssh_port: many}}}\n').open(), [
    { text: 'many', message: 'Incorrect type. Expected "number".' },
  ]);
});

test('a module, a parameter and a word are explained where the pointer rests', async (t) => {
  const { path, open } = inEditor(
    'playbook',
    'hover.yaml',
    '- hosts: all\n  tasks:\n    - copy: {content: hello, dest: /etc/motd}\n      when: true\n',
  );
  await open();
  t.regex(await server.hover(path, { line: 3, character: 8 }), /Put a file, a folder or a text on the host/);
  t.regex(await server.hover(path, { line: 3, character: 30 }), /on the host/);
  t.not(await server.hover(path, { line: 4, character: 8 }), '');
});

test("a module's parameters are offered, and no others", async (t) => {
  const { path, open } = inEditor('playbook', 'complete.yaml', '- hosts: all\n  tasks:\n    - cron:\n        name: Clean\n        \n');
  await open();
  const offered = await server.complete(path, { line: 5, character: 8 });
  for (const name of ['job', 'minute', 'weekday', 'state']) t.true(offered.includes(name), `${name} among ${offered.join(', ')}`);
  t.false(offered.includes('dest'));
});
