import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { project } from '../cli/project.ts';
import { homerun } from '../e2e/homerun.ts';
import { projectRoot } from '../lab/places.ts';
import { options, read } from './declared.ts';

/** The files that use variables: playbooks and templates. */
function users(): string {
  const within = (folder: string) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(yaml|hbs)$/.test(name) && !name.startsWith('variables/'))
      .map((name) => read(join(folder, name)));
  return [...within('playbooks'), ...within('templates')].join('\n');
}

/** What the secrets file of the example's reader has. */
const secrets = ['-e', 'matrix_admin_password=of-the-test', '-e', 'matrix_database_password=of-the-test'];

test('playbooks › all of them fit the example inventory', async (t) => {
  const { exitCode, stdout, stderr } = await homerun(['lint', 'playbooks/site.yaml', '-i', 'inventory/example', ...secrets]);
  t.is(exitCode, 0, `${stdout}\n${stderr}`);
  t.regex(stdout, /^Nothing is wrong in \d+ plays for 2 hosts\.\n$/);
});

test('playbooks › each step can be run by itself', async (t) => {
  const steps = [...read('playbooks/site.yaml').matchAll(/import_playbook: (\S+)/g)].map((match) => `playbooks/${match[1]}`);
  t.is(steps.length, 12);
  for (const step of steps) {
    const { exitCode, stderr } = await homerun(['lint', step, '-i', 'inventory/example', ...secrets]);
    t.is(exitCode, 0, `${step}: ${stderr}`);
  }
});

test('playbooks › PostgreSQL without its password, and one elsewhere without its address, are told before any host is contacted', async (t) => {
  const folder = project({
    'hosts.yaml': `matrix:
  vars: {matrix_admin_password: of-the-test}
  hosts:
    file: {matrix_server_name: a.example, matrix_database: sqlite}
    plain: {matrix_server_name: b.example}
    far: {matrix_server_name: c.example, matrix_database: external, matrix_database_password: of-the-test}
`,
  });
  const { exitCode, stdout, stderr } = await homerun(['lint', 'playbooks/site.yaml', '-i', join(folder, 'hosts.yaml')]);
  t.is(exitCode, 1);
  const said = stdout + stderr;
  t.regex(said, /undefined variable "matrix_database_password"/);
  t.regex(said, /undefined variable "matrix_database_host"/);
  t.notRegex(said, /\bfile:/);
});

test('playbooks › a slip in the name of a variable is an error with the nearest name', async (t) => {
  const { exitCode, stdout, stderr } = await homerun(['lint', 'playbooks/site.yaml', '-i', 'inventory/example', '-e', 'matrix_admin_pasword=x']);
  t.is(exitCode, 1);
  t.regex(stdout + stderr, /matrix_admin_pasword/);
  t.regex(stdout + stderr, /matrix_admin_password/);
});

test('playbooks › two web clients under one name are told before any host is contacted', async (t) => {
  const lint = (...clients: readonly object[]) => {
    const additional = ['-e', JSON.stringify({ matrix_additional_clients: clients })];
    return homerun(['lint', 'playbooks/site.yaml', '-i', 'inventory/example', ...secrets, ...additional]);
  };
  const apart = await lint({ client: 'cinny', name: 'cinny.example.org' }, { client: 'element', name: 'element.example.org' });
  t.is(apart.exitCode, 0, apart.stderr);
  const beside = await lint({ client: 'cinny', name: 'chat.family.example.org' });
  t.is(beside.exitCode, 1);
  t.regex(beside.stdout, /wants a name of its own, got text \("chat\.family\.example\.org"\).* \(on family\)/);
  const twice = await lint({ client: 'cinny', name: 'a.example.org' }, { client: 'element', name: 'a.example.org' });
  t.is(twice.exitCode, 1);
  t.regex(twice.stdout, /matrix_additional_clients\[1\] wants a name of its own, got text \("a\.example\.org"\)/);
});

test('playbooks › each variable is used, has a default or is required, and says which row of the guide it is for', (t) => {
  const used = users() + JSON.stringify(options);
  const derived = ['matrix_names', 'matrix_certificate_names', 'matrix_certificate_folder', 'matrix_main_client', 'matrix_clients'];
  // Wanted with some values of others only: an error then where they are used.
  const conditional = ['matrix_client_release', 'matrix_database_host', 'matrix_database_password'];
  for (const [name, { guide, required, default: value }] of Object.entries(options)) {
    t.true((used.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1, `${name} is used`);
    t.true(required === true || value !== undefined || conditional.includes(name), `${name} has a default`);
    t.true(guide !== undefined || derived.includes(name), `${name} names a row`);
  }
});

test('playbooks › the rows of the guide up to here each have a variable, or a page that names them', (t) => {
  const pages = readdirSync(join(projectRoot, 'docs/steps')).map((name) => read(join('docs/steps', name)));
  const rows = ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7', '2.2', '2.4', '2.5', '2.6', '2.7', '4.1', '4.2'];
  const named = Object.values(options).flatMap(({ guide = '' }) => guide.split(', '));
  for (const row of rows) t.true(named.includes(row) || pages.some((page) => page.includes(row)), row);
  const inner = ['matrix_names', 'matrix_main_client', 'matrix_clients'];
  for (const name of Object.keys(options)) t.true(pages.some((page) => page.includes(name)) || inner.includes(name), `a page names ${name}`);
});
