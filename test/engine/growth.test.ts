import test from 'ava';
import { runProject } from './local-run.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, play, task } from './world.ts';

const inventory = `all:
  vars: {ansible_connection: local}
  children:
    eu: {children: {web: {hosts: {one: {colour: red}, two: {}}}}}
    db: {hosts: {three: {}}}
`;
const files = {
  'hosts.yaml': inventory,
  'group_vars/os_x.yaml': 'tool: hammer',
  'group_vars/created.yaml': 'tool: saw',
  'group_vars/above.yaml': 'high: true',
  'host_vars/new1.yaml': 'mine: own',
};

function runSite(plays: string, options: Parameters<typeof runProject>[3] = {}) {
  return runProject({ ...files, 'site.yaml': plays }, 'hosts.yaml', 'site.yaml', options);
}

/** A play without facts. */
const on = (hosts: string, ...tasks: string[]) =>
  `- hosts: ${hosts}\n  gather_facts: false\n  tasks:\n${tasks.map((one) => `    - ${one}\n`).join('')}`;

/** `host status message`. */
const told = ({ tasks }: Awaited<ReturnType<typeof runProject>>) =>
  tasks.map(({ host, status, message }) => [host, status, ...(message === undefined ? [] : [message])].join(' '));

const sorted = (lines: readonly string[]) => [...lines].sort();

test('group_by puts each host that runs it into a group, with its variables, for later tasks and plays', async (t) => {
  const ran = await runSite(
    on(
      'web',
      `group_by: {key: "os_{{ 'x' }}", parents: [above]}\n      when: inventory_hostname == "one"`,
      'debug: {msg: "{{ join group_names }} {{ default tool \'none\' }}"}',
    ) + on('os_x', 'debug: {msg: "{{ tool }} {{ high }} {{ hostvars.one.tool }} {{ join groups.above }} {{ join play_hosts }}"}'),
  );
  t.is(ran.exitCode, 0);
  t.deepEqual(
    told(ran).filter((line) => line.startsWith('one')),
    ['one changed', 'one ok above,eu,os_x,web hammer', 'one ok hammer true hammer one one'],
  );
  t.deepEqual(
    told(ran).filter((line) => line.startsWith('two')),
    ['two skipped the condition is false', 'two ok eu,web none'],
  );
});

test('group_by is changed as in Ansible: by a host that joins, and by a group that comes below another', async (t) => {
  const ran = await runSite(
    on(
      'one',
      'group_by: {key: new}',
      'group_by: {key: new}',
      'group_by: {key: web}',
      'group_by: {key: web}',
      'group_by: {key: eu}',
      'group_by: {key: web, parents: [above]}',
      'group_by: {key: web, parents: [above]}',
    ),
  );
  t.deepEqual(
    ran.tasks.map(({ status }) => status),
    ['changed', 'ok', 'changed', 'ok', 'ok', 'changed', 'ok'],
  );
});

test('a group cannot come below itself', async (t) => {
  const ran = await runSite(on('one', 'group_by: {key: eu, parents: [web]}', 'debug: {}'));
  t.is(ran.exitCode, 2);
  t.is(told(ran)[0], 'one failed the group eu cannot be below web, which is below it');
});

test('add_host is done once; the host has its variables and those of its groups, is in later plays and the recap, and may be delegated to', async (t) => {
  const ran = await runSite(
    on(
      'web',
      'add_host: {name: "new1:2222", groups: "created,more", colour: green}\n      register: added',
      'debug: {msg: "{{ added.changed }} {{ hostvars.new1.colour }} {{ join groups.created }}"}',
      'command: "true"\n      changed_when: false\n      delegate_to: new1',
    ) + on('created', 'debug: {msg: "{{ tool }} {{ mine }} {{ colour }} {{ ansible_ssh_port }} {{ join group_names }} {{ join groups.all }}"}'),
  );
  t.is(ran.exitCode, 0);
  t.is(ran.tasks.filter(({ module }) => module === 'add_host').length, 1);
  t.deepEqual(told(ran).filter((line) => line.includes('ok') && /one|two/.test(line.split(' ')[0] ?? '')).length, 4);
  t.true(told(ran).includes('two ok true green new1'));
  t.is(told(ran).at(-1), 'new1 ok saw own green 2222 created,more three,new1,one,two');
  const last = ran.events.at(-1);
  t.deepEqual(last?.event === 'recap' && Object.keys(last.hosts), ['one', 'two', 'new1']);
});

test('add_host merges variables into those of a host that is there, and is ok the second time', async (t) => {
  const ran = await runSite(
    on(
      'one',
      'add_host: {name: one, colour: red}',
      'add_host: {name: one, colour: blue, size: {a: [1]}}',
      'add_host: {name: one, size: {a: [1]}}',
      'add_host: {name: one, size: {a: [2]}}',
      'debug: {msg: "{{ colour }} {{ json size }}"}',
      'add_host: {name: "{{ item }}", groups: [g]}\n      loop: [one, new1, new1]',
    ),
  );
  t.deepEqual(told(ran), ['one ok', 'one changed', 'one ok', 'one changed', 'one ok blue {"a":[2]}', 'one changed']);
  t.deepEqual(
    ran.tasks.at(-1)?.items?.map(({ status }) => status),
    ['changed', 'changed', 'ok'],
  );
});

test('an added host that cannot be reached is unreachable, and fails nobody else', async (t) => {
  const ran = await runSite(
    on('one', 'add_host: {name: new1, groups: created, ansible_connection: ssh, ssh_host: 127.0.0.1, ssh_port: 1}') +
      on('created:one', 'command: "true"\n      changed_when: false'),
  );
  t.is(ran.exitCode, 4);
  const last = ran.events.at(-1);
  t.like(last?.event === 'recap' && last.hosts, { new1: { unreachable: 1, ok: 0 }, one: { ok: 2, unreachable: 0 } });
});

test('connection variables that are wrong fail the task, and add nothing', async (t) => {
  const ran = await runSite(
    on(
      'one',
      'add_host: {name: new1, groups: created, ssh_port: "{{ \'many\' }}"}\n      ignore_errors: true',
      'debug: {msg: "{{ join groups.all }}"}',
    ) + on('created', 'debug: {}'),
  );
  t.regex(told(ran)[0] ?? '', /^one failed .*ssh_port.*whole number/);
  t.is(told(ran).at(-1), 'one ok three,one,two');
});

test('a name that a host gives is refused where it is none', async (t) => {
  const ran = await runSite(
    on(
      'one',
      'command: printf "../../\\\\033[2J"\n      register: said',
      'group_by: {key: "os_{{ said.stdout }}"}\n      ignore_errors: true',
      'add_host: {name: "{{ said.stdout }}"}',
    ),
  );
  t.is(ran.exitCode, 2);
  t.deepEqual(
    ran.tasks.map(({ status }) => status),
    ['changed', 'failed', 'failed'],
  );
  t.regex(ran.tasks[1]?.message ?? '', /one line without control characters/);
});

test('--limit holds for hosts that are added, and may name them', async (t) => {
  const site = on('web', 'add_host: {name: new1, groups: created}', 'add_host: {name: new2, groups: created}') + on('created', 'debug: {}');
  const hosts = async (limit: string) => [...new Set((await runSite(site, { limit })).tasks.map(({ host }) => host))];
  t.deepEqual(await hosts('one'), ['one']);
  t.deepEqual(await hosts('one:new2'), ['one', 'new2']);
  t.deepEqual(await hosts('one:created'), ['one', 'new1', 'new2']);
  await t.throwsAsync(hosts('one:nobody'), { message: /--limit: no host or group is called "nobody"/ });
});

test('check mode adds too, so that later plays are predicted', async (t) => {
  const ran = await runSite(
    on('web', 'group_by: {key: os_x}\n      changed_when: false', 'add_host: {name: new1, groups: created}\n      changed_when: false') +
      on(
        'os_x:created',
        'debug: {msg: "{{ tool }}"}',
        'copy: {dest: /nonexistent-folder-of-a-test/x, content: x}\n      when: inventory_hostname == "nobody"',
      ),
    { check: true },
  );
  t.is(ran.exitCode, 0);
  t.deepEqual(sorted(told(ran).filter((line) => /hammer|saw/.test(line))), ['new1 ok saw', 'one ok hammer', 'two ok hammer']);
});

test('serial cuts a play of added hosts, and a later play may take from them', async (t) => {
  const ran = await runSite(
    on('one', 'add_host: {name: "new{{ item }}", groups: created}\n      loop: [1, 2, 3]') +
      on('created', 'debug: {msg: "{{ join play_hosts }}"}').replace('gather_facts', 'serial: 1\n  gather_facts') +
      on('created:!new2', 'debug: {}'),
  );
  t.deepEqual(told(ran).slice(1, 4), ['new1 ok new1,new2,new3', 'new2 ok new1,new2,new3', 'new3 ok new1,new2,new3']);
  t.deepEqual(sorted(told(ran).slice(4)), ['new1 ok Hello world!', 'new3 ok Hello world!']);
});

test('a play that nothing was added to is passed over with a warning', async (t) => {
  const ran = await runSite(
    on('one', 'group_by: {key: "os_{{ colour }}"}') +
      on('os_blue', 'debug: {}') +
      on('os_red', 'debug: {}') +
      on('"{{ join groups.os_blue }}"', 'debug: {}'),
  );
  t.is(ran.exitCode, 0);
  t.deepEqual(told(ran), ['one changed', 'one ok Hello world!']);
  const warnings = ran.events.flatMap((event) => (event.event === 'warning' && event.message.includes('play') ? [event.message] : []));
  t.is(warnings.length, 2);
  t.is(warnings[0], 'the play "os_blue" has no hosts: none has been added to it');
  t.regex(warnings[1] ?? '', /^the play ".*" has no hosts: .*os_blue/);
});

test('localhost that is added stays this machine', async (t) => {
  const ran = await runSite(
    on('one', 'add_host: {name: localhost, groups: here, word: yes it is}') + on('here', 'command: echo "{{ word }}"\n      changed_when: false'),
  );
  t.is(ran.exitCode, 0);
  t.is(told(ran).at(-1), 'localhost ok');
});

test('a play that nothing adds to is asked about from the beginning, an open one once its hosts are known', async (t) => {
  const host = () => new SimulatedHost({ a: '1', b: '2' });
  const value = (name: string, to: string) => task('value', { name, value: to });
  const adding = [value('a', '1'), task('group_by', { key: 'g' }), task('add_host', { name: 'come', groups: 'g' })];
  const alone = host();
  await play({ alone }, adding, { next: { tasks: [value('b', '2')] } });
  t.is(alone.trips, 1);
  const [one, two, come] = [host(), host(), host()];
  const ran = await play({ one, two }, adding, {
    next: { hosts: expression(() => 'g:!two'), tasks: [value('b', '2'), value('a', '1')] },
    added: { come },
  });
  t.is(ran.exitCode, 0);
  t.deepEqual([one.trips, two.trips, come.trips], [2, 1, 1]);
});

test('hosts are in a group that the run has made in the order of the inventory, whichever was faster', async (t) => {
  const late = `command: sleep 0.2\n      when: inventory_hostname == "one"`;
  const ran = await runSite(
    on('web', late, `group_by: {key: "g-{{ inventory_hostname }}", parents: [new]}`) +
      on('new', 'debug: {msg: "{{ join play_hosts }} {{ join groups.new }}"}'),
  );
  t.deepEqual(told(ran).slice(-2), ['one ok one,two one,two', 'two ok one,two one,two']);
});
