import test from 'ava';
import { loadProject, saidOf } from './project.ts';

const inventory = {
  'inventory/hosts.yaml': 'all: {children: {eu: {children: {web: {hosts: {h1: {}, h2: {}}}}}, db: {hosts: {h3: {}}}}, vars: {city: Ulm}}\n',
  'inventory/group_vars/os_x.yaml': 'tool: hammer\n',
};

/** A play of `hosts` with one line a task. */
const on = (hosts: string, ...tasks: string[]) =>
  `- hosts: ${JSON.stringify(hosts)}\n  tasks:\n${tasks.map((one) => `    - ${one}\n`).join('')}${tasks.length === 0 ? '    []\n' : ''}`;

const adds = {
  'group_by with a fact': 'group_by: {key: "os_{{ facts.a }}"}',
  'group_by with parents': 'group_by: {key: "os {{ facts.a }}", parents: [above]}',
  'group_by with any name': 'group_by: {key: "{{ facts.a }}"}',
  'group_by into a group of the inventory': 'group_by: {key: web}',
  'add_host with a group': 'add_host: {name: "new-{{ facts.a }}", group: "made,{{ facts.b }}-made"}',
  'add_host with a port': 'add_host: {host: "{{ facts.a }}.example.org:{{ facts.b }}"}',
  'group_by in a rescue': '{block: [{debug: {}}], rescue: [{group_by: {key: os_x}}]}',
};

/** The patterns that each may have changed, and those that it cannot have. */
const patterns: Readonly<Record<keyof typeof adds, { readonly open: readonly string[]; readonly known: readonly string[] }>> = {
  'group_by with a fact': {
    open: ['os_x', 'db:os_Debian', 'all:!os_x', 'os_*', '~os.*', 'ungrouped', '!os_x', "{{ join groups.os_x ',' }}"],
    known: ['web', 'all', 'h1', 'all:&db', 'above'],
  },
  'group_by with parents': { open: ['above', 'os-x'], known: ['os_x', 'os x', 'web'] },
  'group_by with any name': { open: ['web', 'eu', 'strange'], known: ['all', '*', 'all,*'] },
  'group_by into a group of the inventory': { open: ['web', 'eu', 'db:&eu'], known: ['db', 'all', 'h3'] },
  'add_host with a group': { open: ['made', 'x-made', 'all', 'new-1', 'all:!db', '!db', '*'], known: ['web', 'db', 'eu:db', 'h1'] },
  'add_host with a port': { open: ['x.example.org', 'all'], known: ['web'] },
  'group_by in a rescue': { open: ['os_x'], known: ['db'] },
};

for (const [what, { open, known }] of Object.entries(patterns)) {
  for (const [isOpen, list] of [[true, open] as const, [false, known] as const]) {
    for (const pattern of list)
      test(`${what}: the hosts of a later play for ${pattern} are ${isOpen ? 'not ' : ''}known before the run`, async (t) => {
        const site = on('web', adds[what as keyof typeof adds]) + on('db', 'debug: {}') + on(pattern, 'debug: {}');
        await loadProject({ ...inventory, 'site.yaml': site }, {}, ({ planned }) => {
          t.is(planned[0]?.settledAfter, undefined);
          t.is(planned[2]?.settledAfter, isOpen ? 0 : undefined);
        });
      });
  }
}

test('a play is open until the last play before it that may add to it is done', async (t) => {
  const site =
    on('web', adds['group_by with a fact']) +
    on('web', adds['add_host with a group']) +
    on('db', adds['group_by with a fact']) +
    on('made') +
    on('os_x');
  await loadProject({ ...inventory, 'site.yaml': site }, {}, ({ planned }) =>
    t.deepEqual(
      planned.map(({ settledAfter }) => settledAfter),
      [undefined, undefined, undefined, 1, 2],
    ),
  );
});

const said = (site: string) => saidOf({ ...inventory, 'site.yaml': site }, {});

test('before a play that adds, a group that there is none of is a warning as ever; after it only what it cannot have added', async (t) => {
  t.is(
    await said(on('os_x') + on('web', adds['group_by with a fact']) + on('os_y') + on('osy')),
    'site.yaml:1:10: warning: no host or group is called "os_x"\n  Groups: all, eu, web, db.\nsite.yaml:10:10: warning: no host or group is called "osy"\n  Groups: all, eu, web, db.',
  );
});

test('variables of a group that hosts may join are variables of theirs, also in the play itself', async (t) => {
  const reads = 'debug: {msg: "{{ tool }}"}';
  t.is(await said(on('web', adds['group_by with a fact'], reads) + on('os_x', reads) + on('db', reads)), '');
  t.regex(await said(on('web', 'group_by: {key: "db_{{ facts.a }}"}', reads)), /undefined variable "tool"/);
});

test('groups, hostvars and hosts of the play are known later', async (t) => {
  const reads = 'debug: {msg: "{{ groups.os_x }} {{ hostvars.new.x }} {{ group_names }} {{ play_hosts }}"}';
  t.is(await said(on('web', adds['group_by with a fact'], reads) + on('os_y', reads, 'debug: {msg: "{{ inventory_hostname }}"}')), '');
});

test('the tasks of a play whose hosts are not known are checked for names, modules and parameters', async (t) => {
  const site =
    on('web', 'add_host: {name: new, groups: made, colour: red}', 'set_fact: {seen: 1}') +
    on(
      'made',
      'debug: {msg: "{{ colour }} {{ city }} {{ tool }} {{ seen }} {{ omit }}"}',
      'debug: {mgs: x}',
      'debug: {msg: "{{ colur }}"}',
      'copy: {src: none, dest: /x}',
    );
  const found = await said(site);
  t.regex(found, /site\.yaml:8:\d+: debug has no parameter "mgs"/);
  t.regex(found, /site\.yaml:9:\d+: undefined variable "colur"/);
  t.regex(found, /site\.yaml:10:\d+: .*none/);
  t.is(found.split('\n').filter((line) => line.startsWith('site.yaml')).length, 3, found);
  t.notRegex(found, /a host that the run adds/);
});

test('delegate_to may name a host that may have been added, and no other', async (t) => {
  const to = (name: string) => on('web', adds['add_host with a group'], `{debug: {}, delegate_to: ${name}}`);
  t.notRegex(await said(to('new-1')), /delegate_to/);
  t.regex(await said(to('nev-1')), /delegate_to: there is no host "nev-1" in the inventory/);
});
