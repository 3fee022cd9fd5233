import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

test('playbooks › six homeservers in three groups, two of them on one machine, fit them with their own secrets and certificates', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-several-'));
  cpSync(join(projectRoot, 'inventory/several'), folder, { recursive: true });
  mkdirSync(join(folder, 'certificates'));
  for (const name of ['school', 'college'])
    for (const end of ['pem', 'key']) writeFileSync(join(folder, 'certificates', `${name}.${end}`), 'of the test');
  const without = await homerun(['lint', 'playbooks/site.yaml', '-i', folder]);
  t.is(without.exitCode, 1);
  const wanted = ['lab', 'smith', 'jones', 'club', 'school', 'college'].map((host) => `${host}_admin_password`);
  for (const name of [...wanted, 'school_database_password']) t.true(without.stdout.includes(`there is no secret "${name}"`), name);
  const { exitCode, stdout } = await homerun(['lint', 'playbooks/site.yaml', '-i', folder, ...secrets]);
  t.is(exitCode, 0, stdout);
  t.regex(stdout, /^Nothing is wrong in \d+ plays for 6 hosts\.\n$/);
  rmSync(folder, { recursive: true });
});

/** Two homeservers on one machine, as lint has them. */
async function onOneMachine(first: string, second: string, ...more: readonly string[]) {
  const folder = project({
    'hosts.yaml': `matrix:
  vars: {ssh_host: 192.0.2.1, matrix_acme_terms_agreed: true}
  hosts:
    one: {matrix_server_name: one.example, ${first}}
    two: {matrix_server_name: two.example, ${second}}
`,
  });
  const { exitCode, stdout } = await homerun(['lint', 'playbooks/site.yaml', '-i', join(folder, 'hosts.yaml'), ...secrets, ...more]);
  return {
    exitCode,
    told: stdout
      .split('\n')
      .filter((line) => line.includes('"one" and "two"'))
      .map((line) => line.replace(/^.*one machine, /, '')),
  };
}

const apart = 'matrix_instance: two, matrix_synapse_port: 8009';

test('playbooks › two homeservers on one machine need a name and a port of their own, and nothing else', async (t) => {
  const { exitCode, told } = await onOneMachine('matrix_client: cinny', 'matrix_client: cinny');
  t.is(exitCode, 1);
  t.deepEqual(told, ['192.0.2.1, and have the same: matrix_instance (matrix), matrix_synapse_port (8008)']);
  for (const database of ['host', 'container', 'sqlite'])
    t.deepEqual(
      await onOneMachine('ssh_user: root', `ssh_user: deploy, ${apart}`, '-e', `matrix_database=${database}`),
      { exitCode: 0, told: [] },
      database,
    );
});

const collisions: readonly (readonly [string, string, string])[] = [
  ['a name in DNS', 'matrix_client_name: two.example', 'have the same: matrix_certificate_names (two.example)'],
  [
    'a folder',
    'matrix_synapse_data_folder: /var/two-matrix-synapse-data',
    'have the same: matrix_synapse_data_folder (/var/two-matrix-synapse-data)',
  ],
  ['a container', 'matrix_synapse_container: two-synapse', 'have the same: matrix_synapse_container (two-synapse)'],
  ['a database', 'matrix_database_name: two_synapse', 'have the same: matrix_postgresql_names (matrix_database_name two_synapse)'],
  ['the settings of Docker', 'matrix_docker_settings: {debug: true}', 'do not have the same: matrix_docker_settings ({"debug":true} and {})'],
  [
    'the settings of PostgreSQL',
    'matrix_database_settings: {work_mem: 1MB}',
    'do not have the same: matrix_postgresql_settings (version of the release with {"work_mem":"1MB"} and version of the release with {})',
  ],
];
for (const [what, variable, message] of collisions) {
  test(`playbooks › two homeservers on one machine: ${what} that collides is told`, async (t) => {
    const { exitCode, told } = await onOneMachine(variable, apart);
    t.is(exitCode, 1);
    t.deepEqual(told, [`192.0.2.1, and ${message}`]);
  });
}

test('playbooks › a machine has one TURN server and one LiveKit, and a homeserver beside them none', async (t) => {
  const calls =
    'matrix_turn: true, matrix_turn_shared_secret: 0123456789abcdef, matrix_rtc: true, matrix_rtc_secret: 0123456789abcdef0123456789abcdef';
  t.deepEqual(await onOneMachine(calls, apart), { exitCode: 0, told: [] });
  t.deepEqual((await onOneMachine(calls, `${apart}, ${calls}`)).told, ['192.0.2.1, and have the same: matrix_rtc (true), matrix_turn (true)']);
});

test('playbooks › what collides is told though --limit leaves one of them out', async (t) => {
  const folder = project({
    'hosts.yaml':
      'matrix:\n  vars: {ssh_host: 192.0.2.1, matrix_acme_terms_agreed: true}\n  hosts:\n    one: {matrix_server_name: one.example}\n    two: {matrix_server_name: two.example}\n',
  });
  const { exitCode, stderr } = await homerun(['run', 'playbooks/site.yaml', '-i', join(folder, 'hosts.yaml'), '-l', 'two', ...secrets]);
  t.is(exitCode, 1);
  t.regex(stderr, /"one" and "two" are one machine/);
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
  t.regex(said, /homerun secret set matrix_database_password/);
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
  // Read by nothing but the comparison of homeservers on one machine.
  const compared = ['matrix_postgresql_names', 'matrix_postgresql_settings'];
  const derived = [
    'matrix_names',
    'matrix_certificate_names',
    'matrix_certificate_folder',
    'matrix_instance_prefix',
    'matrix_main_client',
    'matrix_clients',
    ...compared,
  ];
  // Wanted with some values of others only: an error then where they are used.
  const conditional = ['matrix_client_release', 'matrix_database_host'];
  for (const [name, { guide, required, default: value }] of Object.entries(options)) {
    t.true((used.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1 || compared.includes(name), `${name} is used`);
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
