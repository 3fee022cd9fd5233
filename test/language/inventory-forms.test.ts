import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { hostConnection } from '../../src/language/connection.ts';
import type { Loaded } from '../../src/language/load.ts';
import { createRunProgram } from '../../src/language/programs.ts';
import { layersOf, scopeOf } from '../../src/language/variables.ts';
import { formatSource } from '../../src/values/errors.ts';
import { inFolder, loadProject, type ProjectFiles, type ProjectOptions, saidOf } from './project.ts';

const site = { 'site.yaml': '- hosts: all\n' };

/** Each variable of a host: its value, and the place that it comes from. */
function variablesOf({ inventory }: Loaded, name: string): Readonly<Record<string, unknown>> {
  const layers = inventory.hosts.get(name)?.layers ?? [];
  const scope = scopeOf(layersOf({ host: layers }));
  const places = layers.flatMap(({ bindings }) => [...bindings].map(([key, { source }]) => [key, source ? formatSource(source) : ''] as const));
  return Object.fromEntries(places.map(([key, place]) => [key, [scope.get(key), place]]));
}

const forms: Readonly<Record<string, ProjectFiles>> = {
  YAML: { inventory: 'web:\n  hosts:\n    h1: {a: 1}\n  vars: {b: [x]}\neu: {children: {web: }}\n' },
  INI: { inventory: '[web]\nh1 a=1\n[web:vars]\nb=["x"]\n[eu:children]\nweb\n' },
  'a program': {
    inventory: `#!/bin/sh
echo '{"web": {"hosts": ["h1"], "vars": {"b": ["x"]}}, "eu": {"children": ["web"]}, "_meta": {"hostvars": {"h1": {"a": 1}}}}'
`,
  },
};

const places: Readonly<Record<string, readonly [a: string, b: string]>> = {
  YAML: ['inventory:3:10', 'inventory:4:10'],
  INI: ['inventory:2:4', 'inventory:4:1'],
  'a program': ['inventory --list:1:109', 'inventory --list:1:36'],
};

for (const [form, files] of Object.entries(forms)) {
  test(`${form} gives groups, hosts and variables, each with its place`, async (t) => {
    await loadProject({ ...site, ...files }, {}, (loaded) => {
      const { hosts, groups, order, top } = loaded.inventory;
      t.deepEqual(
        [...groups.values()],
        [
          { name: 'web', hosts: ['h1'], own: ['h1'], children: [] },
          { name: 'eu', hosts: ['h1'], own: [], children: ['web'] },
        ],
      );
      t.deepEqual([order, top, hosts.get('h1')?.groups], [['h1'], ['eu'], ['eu', 'web']]);
      const [a, b] = places[form] ?? [];
      t.deepEqual(variablesOf(loaded, 'h1'), { b: [['x'], b], a: [1, a] });
    });
  });
}

test('a list of hosts needs no file, and may have ports', async (t) => {
  await loadProject(site, { inventories: ['h1:2222,h2'] }, ({ inventory }) => {
    t.deepEqual(inventory.order, ['h1', 'h2']);
    const layers = inventory.hosts.get('h1')?.layers ?? [];
    t.is(hostConnection('h1', layers, scopeOf(layers)).port, 2222);
  });
});

test('all values of an INI inventory can be templates', async (t) => {
  const files = { inventory: 'h1 a=1 b="{{ a }}" c={{a}}\n[all:vars]\nd = {{ a }}-{{ b }}\n' };
  await loadProject({ ...site, ...files }, {}, (loaded) => {
    const { b, c, d } = variablesOf(loaded, 'h1');
    t.deepEqual(
      [b, c, d],
      [
        [1, 'inventory:1:8'],
        [1, 'inventory:1:20'],
        ['1-1', 'inventory:3:1'],
      ],
    );
  });
});

test('a program is given the environment, and runs in the working folder', async (t) => {
  await inFolder({ show: '#!/bin/sh\necho "$REGION $PWD $*"\n' }, (folder) => {
    const end = createRunProgram(folder, { REGION: 'eu' })(join(folder, 'show'), ['--host', 'h1; rm *']);
    t.true('output' in end);
    if ('output' in end) t.is(Buffer.from(end.output).toString(), `eu ${folder} --host h1; rm *\n`);
  });
});

test('a program that takes too long is ended', async (t) => {
  await inFolder({ slow: '#!/bin/sh\necho starting >&2\nsleep 60\n' }, (folder) => {
    const end = createRunProgram(folder, {}, 0.5)(join(folder, 'slow'), ['--list']);
    t.deepEqual(end, { failure: 'took longer than 0.5 s, and was ended', errors: 'starting\n' });
  });
});

test('a program that may not be executed is no text', async (t) => {
  await inFolder({ ...site, 'cloud.py': '#!/usr/bin/env python3\nimport json\n' }, async (folder) => {
    chmodSync(join(folder, 'cloud.py'), 0o644);
    t.is(
      await saidOf({}, { inventories: [join(folder, 'cloud.py')], playbooks: [join(folder, 'site.yaml')] }),
      `/FOLDER/cloud.py:1:1: this inventory is a program that may not be executed\n  If it shall be run: chmod +x /FOLDER/cloud.py`,
    );
  });
});

for (const [text, says] of [
  ['web: {hosts: {h1: }}\n', 'warning: '],
  ['echo "{}" || exit 1\n', ''],
] as const) {
  test(`a file that is executable without naming a program is read as data: ${text.trim()}`, async (t) => {
    await inFolder({ ...site, hosts: text }, async (folder) => {
      chmodSync(join(folder, 'hosts'), 0o755);
      const said = await saidOf({}, { inventories: [join(folder, 'hosts')], playbooks: [join(folder, 'site.yaml')] });
      t.true(said.includes(`/hosts:1:1: ${says}this file is executable, but its first line names no program to run it: it was read as data`), said);
      t.regex(said, /#!\/usr\/bin\/env python3\. If it is none: chmod -x \/\S+\/hosts/);
    });
  });
}

test('localhost is this machine where no file names it, with the variables of all, and only its name takes it', async (t) => {
  const files = {
    'inventory/hosts': '[web]\nh1\n[all:vars]\na=1\n[ungrouped:vars]\na=2\n',
    'inventory/group_vars/all.yml': 'b: all\n',
    'inventory/host_vars/localhost.yml': 'c: own\n',
  };
  const plays = '- hosts: localhost\n- hosts: all\n- hosts: "local*"\n- hosts: localhost:web\n';
  await loadProject({ 'site.yaml': plays, ...files }, {}, ({ planned, inventory, warnings }) => {
    t.deepEqual(
      planned.map(({ hosts }) => hosts),
      [['localhost'], ['h1'], [], ['localhost', 'h1']],
    );
    const layers = inventory.thisMachine?.layers ?? [];
    const scope = scopeOf(layers);
    t.deepEqual(
      ['a', 'b', 'c'].map((name) => scope.get(name)),
      [1, 'all', 'own'],
    );
    t.is(hostConnection('localhost', layers, scope).transport, 'local');
    t.is(warnings.length, 1);
  });
  await loadProject({ 'site.yaml': '- hosts: all:localhost\n', inventory: 'localhost\nh1\n' }, {}, ({ planned, inventory }) => {
    t.deepEqual([planned[0]?.hosts, inventory.thisMachine], [['localhost', 'h1'], undefined]);
  });
});

async function limited(files: ProjectFiles, options: ProjectOptions): Promise<readonly string[]> {
  return loadProject({ ...site, inventory: '[web]\nh[1:4]\n', ...files }, options, ({ planned }) => planned[0]?.hosts ?? []);
}

test('--limit takes patterns from a file, one a line', async (t) => {
  t.deepEqual(await limited({ 'site.retry': 'h1\n\n h3 \r\n' }, { limit: '@site.retry' }), ['h1', 'h3']);
  t.deepEqual(await limited({ list: 'web\n!h2\n' }, { limit: '@list,!h4' }), ['h1', 'h3']);
});
