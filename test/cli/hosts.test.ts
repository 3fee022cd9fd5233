import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { freePort } from '../remote/sshd.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

const inventory = `all:
  vars:
    color: blue
  children:
    eu:
      children:
        web:
    web:
      hosts:
        web1: {ssh_host: 192.0.2.1, ssh_user: root, ssh_port: 2222}
        web2: {ssh_user: "{{ lookup_user }}", lookup_user: admin, ssh_proxy_jump: "jump@192.0.2.9"}
    db:
      hosts:
        db1: {ansible_connection: local, color: red, token: "{{ env 'TOKEN' }}", os: "{{ facts.os_family }}"}
`;
const files = { 'inventory/hosts.yaml': inventory, 'inventory/group_vars/web.yaml': 'color: "{{ shade }} green"\nshade: dark\n' };

async function homerun(line: readonly string[], settings: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo({ workingFolder: project(files), environment: { TOKEN: 'very secret' }, ...settings });
  const exit = await main(line, io, () => Promise.reject(new Error('no engine')));
  return { exit, ...io.printed() };
}

test('inventory says how each host is reached, and its groups', async (t) => {
  t.deepEqual(await homerun(['inventory']), {
    exit: 0,
    output: `web1  root@192.0.2.1 port 2222                   eu, web
web2  admin@web2 port 22 through jump@192.0.2.9  eu, web
db1   this machine                               db
`,
    errors: '',
  });
});

test('inventory takes a pattern', async (t) => {
  const { output } = await homerun(['inventory', 'all:!web']);
  t.is(output, 'db1  this machine  db\n');
});

test('--graph shows groups as a tree, as Ansible does', async (t) => {
  const { output } = await homerun(['inventory', '--graph']);
  t.is(
    output,
    `@all:
  |--@ungrouped:
  |--@eu:
  |  |--@web:
  |  |  |--web1
  |  |  |--web2
  |--@web:
  |  |--web1
  |  |--web2
  |--@db:
  |  |--db1
`,
  );
});

test('--json has the form of an Ansible inventory program, without secrets and without what only a run knows', async (t) => {
  const { output } = await homerun(['inventory', '--json']);
  t.deepEqual(JSON.parse(output), {
    _meta: {
      hostvars: {
        web1: { color: 'dark green', shade: 'dark', ssh_host: '192.0.2.1', ssh_port: 2222, ssh_user: 'root' },
        web2: { color: 'dark green', lookup_user: 'admin', shade: 'dark', ssh_proxy_jump: 'jump@192.0.2.9', ssh_user: 'admin' },
        db1: { ansible_connection: 'local', color: 'red', token: '***' },
      },
    },
    all: { children: ['ungrouped', 'eu', 'web', 'db'] },
    eu: { children: ['web'] },
    web: { hosts: ['web1', 'web2'] },
    db: { hosts: ['db1'] },
  });
});

test('--host shows every variable with the place that sets it and those it hides', async (t) => {
  const { output } = await homerun(['inventory', '--host', 'web1', '-e', 'shade=light']);
  t.is(
    output,
    `color: light green  inventory/group_vars/web.yaml:1:1
    instead of blue  inventory/hosts.yaml:3:5
shade: light  --extra-vars:1:1
    instead of dark  inventory/group_vars/web.yaml:2:1
ssh_host: 192.0.2.1  inventory/hosts.yaml:10:16
ssh_port: 2222  inventory/hosts.yaml:10:53
ssh_user: root  inventory/hosts.yaml:10:37
`,
  );
});

test('--host with --json has the form of ansible-inventory --host', async (t) => {
  const { output } = await homerun(['inventory', '--host', 'db1', '--json']);
  t.deepEqual(JSON.parse(output), { ansible_connection: 'local', color: 'red', token: '***' });
});

test('--graph begins with the group that is named, and shows the hosts of a pattern alone', async (t) => {
  t.is((await homerun(['inventory', '--graph', 'eu'])).output, '@eu:\n  |--@web:\n  |  |--web1\n  |  |--web2\n');
  t.regex((await homerun(['inventory', '--graph', 'web2'])).output, /^@all:\n(?!.*web1)[\s\S]*--web2\n/);
});

test('a secret that another hides is masked too', async (t) => {
  const { output } = await homerun(['inventory', '--host', 'db1', '-e', 'token=plain']);
  t.regex(output, /^token: plain {2}--extra-vars:1:1\n {4}instead of \*\*\* {2}inventory\/hosts\.yaml:14:54$/m);
});

test('hosts can be named on the command line, and a playbook folder has variables', async (t) => {
  const workingFolder = project({ 'plays/group_vars/all.yml': 'a: 1\n', 'plays/host_vars/h1.yml': 'a: 2\n' });
  const { output } = await homerun(['inventory', '-i', 'h1:2222,', '--host', 'h1', '--playbook-dir', 'plays'], { workingFolder });
  t.is(output, 'a: 2  plays/host_vars/h1.yml:1:1\n    instead of 1  plays/group_vars/all.yml:1:1\nansible_port: 2222  --inventory:1:1\n');
});

test('--host masks secrets and says why a value cannot be known', async (t) => {
  const { output } = await homerun(['inventory', '--host', 'db1']);
  t.regex(output, /^token: \*\*\* {2}inventory\/hosts\.yaml:14:54$/m);
  t.regex(output, /^os: known only in a run {2}inventory\/hosts\.yaml:14:82$/m);
});

const wrong: readonly (readonly [line: readonly string[], errors: string])[] = [
  [['inventory', 'wbe'], 'error: no host or group is called "wbe"\n  Did you mean "web"?\n'],
  [['inventory', '--host', 'wbe1'], 'error: no host or group is called "wbe1"\n  Did you mean "web1"?\n'],
  [['inventory', 'web:!web'], 'error: the pattern web:!web matches no host\n  Hosts: web1, web2, db1.\n'],
  [['inventory', '--graph', '--json'], 'error: --graph and --json cannot be had together\n'],
  [['exec', 'all'], "error: missing required argument 'command'\nSee: homerun exec --help\n"],
  [['exec', 'db', 'ls', '--all'], "error: unknown option '--all'\nSee: homerun exec --help\n"],
  [
    ['trust', '--fingerprint', 'SHA256:short'],
    'error: "SHA256:short" is not a fingerprint\n  Expected SHA256: and 43 letters, as ssh-keygen -l shows it.\n',
  ],
];

for (const [line, errors] of wrong) {
  test(`refused: ${line.join(' ')}`, async (t) => {
    t.deepEqual(await homerun(line), { exit: 1, output: '', errors });
  });
}

test('exec passes words on as they are, and puts the host before each line', async (t) => {
  const found = await homerun(['exec', 'db', '--', 'printf', '%s\\n', "it's $HOME; *", '', '\u001b[2J']);
  t.deepEqual(found, { exit: 0, output: "db1 | it's $HOME; *\ndb1 |\ndb1 | ^[[2J\n", errors: '' });
});

test('exec tells of a command that fails, is not there or takes too long, and exits with 2', async (t) => {
  t.deepEqual(await homerun(['exec', 'db', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']), {
    exit: 2,
    output: 'db1 | out\n',
    errors: 'db1 | err\nfailed: [db1] exit code 3\n',
  });
  const shellText = await homerun(['exec', 'db', '--', 'echo a | wc -l']);
  t.is(shellText.exit, 2);
  t.regex(shellText.errors, /\nfailed: \[db1\] exit code 127; for a shell's text write: -- sh -c 'echo a \| wc -l'\n$/);
  t.deepEqual(await homerun(['exec', 'db', '--timeout', '1', '--', 'sleep', '60']), {
    exit: 2,
    output: '',
    errors: 'failed: [db1] it was ended after 1 s (--timeout)\n',
  });
});

test('facts are shown by name, and as JSON for programs', async (t) => {
  const { output } = await homerun(['facts', 'db']);
  t.regex(output, /^db1\n {2}distribution: \S+\n/);
  const json = await homerun(['facts', 'db', '--json']);
  t.is((JSON.parse(json.output) as { host: string; facts: { user_id: string } }).host, 'db1');
});

test('a host that cannot be reached does not stop the others, and the exit code is 4', async (t) => {
  const port = await freePort();
  const text = `all: {hosts: {gone: {ssh_host: 127.0.0.1, ssh_port: ${port}, ssh_user: root, ssh_password: not the one}, here: {ansible_connection: local}}}`;
  const folder = project({ 'inventory/hosts.yaml': text });
  const { exit, output, errors } = await homerun(['exec', 'all', '--', 'echo', 'hello'], { workingFolder: folder });
  t.is(exit, 4);
  t.is(output, 'here | hello\n');
  t.regex(errors, /^unreachable: \[gone\]\n {2}127\.0\.0\.1 port \d+ refused the connection\n/);
});
