import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

const site = `- name: Web servers
  hosts: web
  tags: [web]
  tasks:
    - name: Greet {{ inventory_hostname }}
      debug: {msg: hello}
    - name: Upgrade
      command: apt-get upgrade
      changed_when: true
      tags: [upgrade, slow]
    - block:
        - debug: {msg: inside}
      tags: [always]
- name: Databases
  hosts: db
  tasks:
    - debug: {msg: there}
`;
const files = {
  'inventory/hosts.yaml': 'web: {hosts: {web1: {}, web2: {}}}\ndb: {hosts: {db1: {}}}\n',
  'playbooks/site.yaml': site,
};

async function homerun(line: string, given: { readonly [path: string]: string } = files) {
  const io = fakeIo({ workingFolder: project(given) });
  const exit = await main(line.split(' '), io, () => Promise.reject(new Error('the engine must not be asked')));
  return { exit, ...io.printed() };
}

test('lint without a playbook takes all of playbooks/', async (t) => {
  t.deepEqual(await homerun('lint'), { exit: 0, output: 'Nothing is wrong in 2 plays for 3 hosts.\n', errors: '' });
});

test('lint leaves out folders that are called like playbooks, and says so where there is no playbook', async (t) => {
  t.is((await homerun('lint', { ...files, 'playbooks/old.yaml/site.txt': '' })).exit, 0);
  const none = { exit: 1, output: '', errors: 'error: there is no playbook in playbooks/\n  Name one: homerun lint PLAYBOOK\n' };
  t.deepEqual(await homerun('lint', { 'inventory/hosts.yaml': 'web: {hosts: {web1: {}}}\n', playbooks: 'no folder' }), none);
});

test('lint leaves out files of variables, but not a playbook that is written as a mapping', async (t) => {
  t.is((await homerun('lint', { ...files, 'playbooks/variables.yaml': 'color: blue\n' })).exit, 0);
  t.regex(
    (await homerun('lint', { ...files, 'playbooks/wrong.yaml': 'hosts: web\ntasks: []\n' })).output,
    /^playbooks\/wrong\.yaml:1:1: a playbook wants a list/,
  );
});

test('lint reads a playbook that another one imports once, with it', async (t) => {
  const wrong = {
    ...files,
    'playbooks/all.yaml': '- import_playbook: site.yaml\n- import_playbook: more.yaml\n',
    'playbooks/more.yaml': '- host: web\n',
  };
  const { output } = await homerun('lint', wrong);
  t.regex(output, /^playbooks\/more\.yaml:1:3: "host" is no word of a play\n/);
  t.is(output.match(/no word of a play/g)?.length, 1);
  t.is((await homerun('lint', { ...wrong, 'playbooks/more.yaml': site })).output, 'Nothing is wrong in 4 plays for 3 hosts.\n');
});

test('lint prints what is wrong, with places, counts it and exits with 1', async (t) => {
  const wrong = { ...files, 'playbooks/site.yaml': '- hosts: web\n  tasks:\n    - debgu: {msg: x}\n    - debug: {msg: x}\n      wehn: true\n' };
  const { exit, output } = await homerun('lint', wrong);
  t.is(exit, 1);
  t.regex(output, /^playbooks\/site\.yaml:3:7: .*debgu.*\n {2}Did you mean "debug"\?\nplaybooks\/site\.yaml:5:7: .*wehn.*\n[\s\S]*2 errors\.\n$/);
});

test('a warning alone is no reason to fail', async (t) => {
  const { exit, output } = await homerun('lint', { ...files, 'inventory/group_vars/old.yaml': 'a: 1\n' });
  t.is(exit, 0);
  t.regex(output, /^warning: inventory\/group_vars\/old\.yaml belongs to no group of the inventory\n[\s\S]*\n1 warning\.\n$/);
});

test('--output json gives one object a line', async (t) => {
  const wrong = { ...files, 'playbooks/site.yaml': '- hosts: web\n  tasks:\n    - debgu: {msg: x}\n' };
  const { exit, output } = await homerun('lint --output json', wrong);
  t.is(exit, 1);
  t.like(JSON.parse(output), { severity: 'error', file: 'playbooks/site.yaml', line: 3, column: 7, hint: 'Did you mean "debug"?' });
});

test('lint says when there is nothing to look at', async (t) => {
  t.deepEqual(await homerun('lint', {}), {
    exit: 1,
    output: '',
    errors: 'error: there is no playbook in playbooks/\n  Name one: homerun lint PLAYBOOK\n',
  });
});

test('--list-tasks, --list-hosts and --list-tags show the plays and do nothing', async (t) => {
  t.deepEqual(await homerun('run playbooks/site.yaml --list-tasks --list-hosts --list-tags'), {
    exit: 0,
    output: `PLAY 1 [Web servers]  TAGS: [web]
  hosts (2):
    web1
    web2
  tasks:
    Greet {{ inventory_hostname }}  TAGS: [web]
    Upgrade  TAGS: [web, upgrade, slow]
    debug  TAGS: [web, always]
  tags: always, slow, upgrade, web

PLAY 2 [Databases]
  hosts (1):
    db1
  tasks:
    debug
  tags: none
`,
    errors: '',
  });
});

test('--list-hosts says of which plays the hosts are not known', async (t) => {
  const adding =
    '- hosts: web\n  tasks:\n    - group_by: {key: "os_{{ facts.os_family }}"}\n- hosts: os_Debian:web1\n  tasks: []\n- hosts: db\n  tasks: []\n';
  const { output } = await homerun('run playbooks/site.yaml --list-hosts', { ...files, 'playbooks/site.yaml': adding });
  t.is(
    output.slice(output.indexOf('PLAY 2')),
    `PLAY 2 [os_Debian:web1]
  hosts (now 1):
    web1
    (only the run tells: add_host or group_by stands before this play)

PLAY 3 [db]
  hosts (1):
    db1
`,
  );
});

test('--list-tasks heeds --tags, --skip-tags and --limit', async (t) => {
  const { output } = await homerun('check playbooks/site.yaml --list-tasks --list-hosts -t upgrade --skip-tags web -l web2');
  t.is(output, 'PLAY 1 [Web servers]  TAGS: [web]\n  hosts (1):\n    web2\n  tasks:\n\nPLAY 2 [Databases]\n  hosts (0):\n  tasks:\n');
});
