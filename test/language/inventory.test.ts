import test from 'ava';
import { type HostConnection, hostConnection } from '../../src/language/connection.ts';
import { expandRange } from '../../src/language/inventory-names.ts';
import type { Loaded } from '../../src/language/load.ts';
import { magicLayer } from '../../src/language/magic.ts';
import { layersOf, scopeOf } from '../../src/language/variables.ts';
import { revealed } from '../../src/values/secret.ts';
import { loadProject, type ProjectFiles, type ProjectOptions } from './project.ts';

const site = { 'site.yaml': '- hosts: all\n' };

/** The values of `names` for a host, and where each comes from. */
function valuesOf({ inventory, extraVars }: Loaded, name: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  const host = inventory.hosts.get(name);
  if (!host) throw new Error(`no host ${name}`);
  const magic = magicLayer({ inventory, host, playHosts: [], scopeOfHost: () => undefined });
  const scope = scopeOf(layersOf({ host: host.layers, extraVars, magic }));
  return Object.fromEntries(names.map((one) => [one, scope.get(one)]));
}

async function values(
  files: ProjectFiles,
  host: string,
  names: readonly string[],
  options: ProjectOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  return loadProject({ ...site, ...files }, options, (loaded) => valuesOf(loaded, host, names));
}

const everywhere = {
  'inventory/hosts.yaml': `
all:
  vars: {v1: all-inline, v2: all-inline, v3: all-inline, v4: all-inline, v5: all-inline, v6: all-inline}
  children:
    parent:
      vars: {v2: parent-inline, v3: parent-inline, v4: parent-inline}
      children:
        child:
          hosts:
            h1: {v5: host-line, v6: host-line}
          vars: {v3: child-inline, v4: child-inline}
`,
  'inventory/group_vars/all.yaml': 'v4: all-file\nv5: all-file\n',
  'inventory/host_vars/h1.yaml': 'v6: host-file\n',
};

test('each source of variables wins over those below it', async (t) => {
  t.deepEqual(await values(everywhere, 'h1', ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']), {
    v1: 'all-inline',
    v2: 'parent-inline',
    v3: 'child-inline',
    v4: 'all-file',
    v5: 'host-line',
    v6: 'host-file',
  });
});

test('group_vars of a deeper group win, of equally deep ones the later name', async (t) => {
  const files = {
    'inventory/hosts.yaml': 'all: {children: {top: {children: {deep: {hosts: {h1: }}}}, b: {hosts: {h1: }}, a: {hosts: {h1: }}}}\n',
    'inventory/group_vars/deep.yml': 'x: deep\n',
    'inventory/group_vars/top.yaml': 'x: top\ny: top\n',
    'inventory/group_vars/b.yaml': 'x: b\ny: b\nz: b\n',
    'inventory/group_vars/a.yaml': 'x: a\ny: a\nz: a\n',
  };
  t.deepEqual(await values(files, 'h1', ['x', 'y', 'z']), { x: 'deep', y: 'top', z: 'b' });
});

test('a folder of files stands for a group or host, its files in the order of their names', async (t) => {
  const files = {
    'inventory/hosts.yaml': 'all: {hosts: {h1: }}\n',
    'inventory/group_vars/all/1-first.yaml': 'x: 1\ny: 1\n',
    'inventory/group_vars/all/2-second.yml': 'x: 2\n',
    'inventory/group_vars/all/notes.txt': 'x: [',
    'inventory/group_vars/all/deeper/3.yaml': 'z: 3\n',
    'inventory/host_vars/h1/a.yaml': 'y: host\n',
  };
  t.deepEqual(await values(files, 'h1', ['x', 'y', 'z']), { x: 2, y: 'host', z: 3 });
});

test('of several inventories the later adds hosts and groups, and its variables win', async (t) => {
  const files = {
    'one/hosts.yaml': 'all: {children: {web: {hosts: {h1: {x: 1}}}}}\n',
    'one/group_vars/web.yaml': 'y: one\nz: one\n',
    'two.yaml': 'all: {children: {web: {hosts: {h1: {x: 2}, h2: }}, db: {hosts: {h2: }}}}\n',
    'group_vars/web.yaml': 'y: two\n',
  };
  await loadProject({ ...site, ...files }, { inventories: ['one', 'two.yaml'] }, (loaded) => {
    t.deepEqual([...loaded.inventory.hosts.keys()], ['h1', 'h2']);
    t.deepEqual(loaded.inventory.groups.get('web')?.hosts, ['h1', 'h2']);
    t.deepEqual(loaded.inventory.hosts.get('h2')?.groups, ['db', 'web']);
    t.deepEqual(valuesOf(loaded, 'h1', ['x', 'y', 'z', 'group_names']), { x: 2, y: 'two', z: 'one', group_names: ['web'] });
  });
});

test('a folder is an inventory of all its YAML files', async (t) => {
  const files = {
    'inventory/01.yaml': 'all: {hosts: {h1: }}\n',
    'inventory/02.yml': 'all: {hosts: {h2: }}\n',
    'inventory/homerun.yaml': 'forks: 3\n',
    'inventory/.hidden.yaml': 'broken: [\n',
    'inventory/secrets.age.yaml': 'also: none\n',
    'inventory/README.md': 'text',
  };
  await loadProject({ ...site, ...files }, {}, ({ inventory }) => {
    t.deepEqual([...inventory.hosts.keys()], ['h1', 'h2']);
  });
});

test('a group may hold hosts of its own and of its children, each once, its own first', async (t) => {
  const hosts = 'all: {children: {top: {hosts: {h3: }, children: {a: {hosts: {h2: , h3: }}, b: {hosts: {h1: }}}}}}\n';
  await loadProject({ ...site, 'inventory/hosts.yaml': hosts }, {}, ({ inventory }) => {
    t.deepEqual(inventory.groups.get('top'), { name: 'top', hosts: ['h3', 'h2', 'h1'], own: ['h3'], children: ['a', 'b'] });
    t.deepEqual(inventory.hosts.get('h3')?.groups, ['a', 'top']);
  });
});

test('what the language itself knows of a host', async (t) => {
  const files = { 'inventory/hosts.yaml': 'all: {hosts: {lone.example.org: }, children: {web: {hosts: {h1: }}}}\n' };
  await loadProject({ ...site, ...files }, {}, (loaded, folder) => {
    t.deepEqual(valuesOf(loaded, 'lone.example.org', ['inventory_hostname', 'inventory_hostname_short', 'group_names', 'groups', 'inventory_dir']), {
      inventory_hostname: 'lone.example.org',
      inventory_hostname_short: 'lone',
      group_names: ['ungrouped'],
      groups: { all: ['lone.example.org', 'h1'], ungrouped: ['lone.example.org'], web: ['h1'] },
      inventory_dir: `${folder}/inventory`,
    });
  });
});

test('extra variables are text, YAML or a file, and later ones win', async (t) => {
  const files = { 'inventory/hosts.yaml': 'all: {hosts: {h1: {a: low}}}\n', 'more.yaml': 'd: [1]\ne: "{{ c }}!"\n' };
  const extraVars = ['a=1 b="two words" c=\'it is\'', '{"b": 2, "f": {"g": true}}', '@more.yaml', 'h=x=y i='];
  t.deepEqual(await values(files, 'h1', ['a', 'b', 'c', 'd', 'e', 'f', 'h', 'i'], { extraVars }), {
    a: '1',
    b: 2,
    c: 'it is',
    d: [1],
    e: 'it is!',
    f: { g: true },
    h: 'x=y',
    i: '',
  });
});

const ranges: readonly (readonly [string, readonly string[] | undefined])[] = [
  ['h', ['h']],
  ['h[1:3]', ['h1', 'h2', 'h3']],
  ['h[08:11].x', ['h08.x', 'h09.x', 'h10.x', 'h11.x']],
  ['h[1:10:4]', ['h1', 'h5', 'h9']],
  ['[a:c]', ['a', 'b', 'c']],
  ['r[1:2]h[1:2]', ['r1h1', 'r1h2', 'r2h1', 'r2h2']],
  ['h[3:1]', undefined],
  ['h[1:99999999]', undefined],
  ['h[1:2:0]', undefined],
  ['h[x]', undefined],
  ['h]', undefined],
];

for (const [range, names] of ranges) {
  test(`the name ${range} stands for ${names?.join(' ') ?? 'nothing'}`, (t) => {
    t.deepEqual(expandRange(range), names);
  });
}

async function connection(vars: string): Promise<HostConnection> {
  const files = { 'inventory/hosts.yaml': `all:\n  hosts:\n    h1: ${vars}\n`, key: '' };
  return loadProject({ ...site, ...files }, {}, ({ inventory }) => {
    const layers = inventory.hosts.get('h1')?.layers ?? [];
    return hostConnection('h1', layers, scopeOf(layers));
  });
}

test('a host without connection variables is reached by its name', async (t) => {
  t.deepEqual(await connection('{}'), {
    name: 'h1',
    transport: 'ssh',
    host: 'h1',
    become: { byDefault: false, user: 'root' },
  });
});

test('host keys are pinned by one fingerprint or several, under either name, and hosts on the way one by one', async (t) => {
  const [a, b] = ['a', 'b'].map((letter) => `SHA256:${letter.repeat(43)}`);
  t.deepEqual((await connection(`{ssh_host_key: "${a}"}`)).hostKeys, [a]);
  t.deepEqual((await connection(`{host_key: ["${a}", "${b}"]}`)).hostKeys, [a, b]);
  const on = await connection(`{ssh_proxy_jump: "u@x:22,y", ssh_proxy_jump_host_key: ["${a}", "${b}"], ssh_host_key_alias: Web1.example.com}`);
  t.deepEqual([on.proxyJumpHostKeys, on.hostKeyAlias, on.hostKeys], [[a, b], 'Web1.example.com', undefined]);
});

for (const names of [
  ['ssh_host', 'ssh_port', 'ssh_user', 'ssh_identity_file', 'become', 'become_user', 'become_method', 'become_password', 'ssh_password'],
  [
    'ansible_host',
    'ansible_port',
    'ansible_user',
    'ansible_ssh_private_key_file',
    'ansible_become',
    'ansible_become_user',
    'ansible_become_method',
    'ansible_become_password',
    'ansible_password',
  ],
]) {
  test(`connection variables are read: ${names.join(' ')}`, async (t) => {
    const [host, port, user, key, become, becomeUser, becomeMethod, becomePassword, password] = names;
    const settings = await connection(
      `{${host}: 192.0.2.1, ${port}: "2222", ${user}: admin, ${key}: ~/key, ${become}: yes, ${becomeUser}: app, ${becomeMethod}: ansible.builtin.su, ${becomePassword}: bp, ${password}: 123}`,
    );
    t.like(settings, { host: '192.0.2.1', port: 2222, user: 'admin', identityFile: '~/key', become: { byDefault: true, user: 'app', method: 'su' } });
    t.deepEqual(
      [settings.become.password, settings.password].map((text) => text && revealed(text)),
      ['bp', '123'],
    );
    t.is(String(settings.password), '***');
  });
}

test('further connection variables', async (t) => {
  const settings = await connection(
    '{ssh_proxy_jump: "me@jump:2200", ssh_known_hosts_file: [a, b], ssh_timeout: 5, name: n, ssh_host: "{{ name }}.example"}',
  );
  t.like(settings, { proxyJump: 'me@jump:2200', knownHostsFiles: ['a', 'b'], connectTimeoutSeconds: 5, host: 'n.example' });
  t.is((await connection('{ansible_connection: local}')).transport, 'local');
});

test('of two names for one setting the one of higher precedence counts', async (t) => {
  const files = { 'inventory/hosts.yaml': 'all: {hosts: {h1: {ansible_host: low}}}\n', 'inventory/host_vars/h1.yaml': 'ssh_host: high\n' };
  await loadProject({ ...site, ...files }, {}, ({ inventory }) => {
    const layers = inventory.hosts.get('h1')?.layers ?? [];
    t.is(hostConnection('h1', layers, scopeOf(layers)).host, 'high');
  });
});
