import test from 'ava';
import fc from 'fast-check';
import type { Loaded } from '../../src/language/load.ts';
import { magicLayer } from '../../src/language/magic.ts';
import type { Task } from '../../src/language/play.ts';
import { layersOf, scopeOf, valueLayer } from '../../src/language/variables.ts';
import { InputError } from '../../src/values/errors.ts';
import { revealed, Secret } from '../../src/values/secret.ts';
import type { Value } from '../../src/values/vars.ts';
import { loadProject, type ProjectFiles, type ProjectOptions, saidOf } from './project.ts';

const hosts = 'all: {children: {web: {hosts: {h1: {who: one}, h2: {who: two}}}}}\n';

/** The scope of the first task of the first play on a host, as the engine makes it. */
function scopeOn({ planned, inventory, extraVars }: Loaded, name: string, registered: Readonly<Record<string, Value>> = {}) {
  const [first] = planned;
  const host = inventory.hosts.get(name);
  const [task] = first?.play.tasks ?? [];
  if (!first || !host) throw new Error('nothing is loaded');
  const scope = (other: typeof host): ReturnType<typeof scopeOf> => {
    const magic = magicLayer({
      inventory,
      host: other,
      playHosts: first.hosts,
      play: first.play,
      scopeOfHost: (wanted) => {
        const found = inventory.hosts.get(wanted);
        return found && scope(found);
      },
    });
    return scopeOf(
      layersOf({
        playDefaults: first.play.layers.defaults,
        host: other.layers,
        play: first.play.layers.vars,
        task: task?.kind === 'task' ? task.vars : [],
        registered: [valueLayer('registered', registered)],
        extraVars,
        magic,
      }),
    );
  };
  return scope(host);
}

function firstTask({ planned }: Loaded): Task {
  const task = planned[0]?.play.tasks[0];
  if (task?.kind !== 'task') throw new Error('the first item is no task');
  return task;
}

test('plays are loaded with their hosts, which a limit narrows', async (t) => {
  const files = { 'inventory/hosts.yaml': hosts, 'site.yaml': '- hosts: web\n- hosts: h2\n' };
  await loadProject(files, {}, ({ planned }) =>
    t.deepEqual(
      planned.map((one) => one.hosts),
      [['h1', 'h2'], ['h2']],
    ),
  );
  await loadProject(files, { limit: 'h1' }, ({ planned }) =>
    t.deepEqual(
      planned.map((one) => one.hosts),
      [['h1'], []],
    ),
  );
});

test('parameters are rendered for each host, with what other hosts know', async (t) => {
  const files = {
    'inventory/hosts.yaml': hosts,
    'site.yaml':
      '- hosts: web\n  tasks:\n    - debug: {msg: "{{ who }} {{ hostvars.h2.who }} {{ lookup (lookup hostvars inventory_hostname) \'who\' }} {{ join play_hosts }} {{ playbook_dir }}"}\n',
  };
  await loadProject(files, {}, (loaded, folder) => {
    t.deepEqual(firstTask(loaded).params.evaluate(scopeOn(loaded, 'h1')), { msg: `one two one h1,h2 ${folder}` });
  });
});

test('a condition may read the variables of another host without evaluating all of them', async (t) => {
  const files = {
    'inventory/hosts.yaml': 'all: {children: {web: {hosts: {h1: {a: 1}, h2: {b: "{{ nope }}", c: 2}}}}}\n',
    'site.yaml': '- hosts: web\n  tasks:\n    - debug: {msg: x}\n      when: hostvars.h2.c == 2 && hostvars["h1"].a == 1 && size(groups.web) == 2\n',
  };
  await loadProject(files, {}, (loaded) => t.true(firstTask(loaded).when[0]?.evaluate(scopeOn(loaded, 'h1'))));
});

test('a task whose condition is known to fail is not looked at further', async (t) => {
  const site =
    '- hosts: all\n  vars: {mail: false}\n  tasks:\n    - template: {src: missing.hbs, dest: "{{ mail_host }}"}\n      when: mail\n    - debug: {msg: "{{ item }}"}\n      loop: "{{ mail_names }}"\n      when: mail\n';
  t.is(await saidOf({ 'site.yaml': site }, {}), '');
});

test('only hosts of a play are checked for it', async (t) => {
  const files = {
    'inventory/hosts.yaml': hosts,
    'inventory/host_vars/h2.yaml': 'only: 1\n',
    'site.yaml': '- hosts: h2\n  tasks:\n    - debug: {msg: "{{ only }}"}\n',
  };
  t.is(await saidOf(files, {}), '');
});

test('what earlier tasks and plays register or set is known to exist, later ones are not', async (t) => {
  const site = `
- hosts: all
  tasks:
    - command: ls
      register: r
    - block: [{command: ls, register: inner}]
      rescue: [{debug: {msg: "{{ inner.rc }}"}}]
    - set_fact: {fact: "{{ r.stdout }}"}
    - debug: {msg: "{{ r.stdout }} {{ inner.rc }} {{ fact }} {{ facts.distribution }}"}
      when: r.rc == 0 && inner.rc == 0 && facts.architecture == "x86_64"
- hosts: all
  tasks:
    - debug: {msg: "{{ r.stdout }} {{ fact }} {{ later }}"}
    - command: ls
      register: later
`;
  t.is(
    await saidOf({ 'site.yaml': site }, {}),
    `site.yaml:13:50: undefined variable "later"
  Define it in group_vars, host_vars or the play's vars, or give it with -e later=….`,
  );
});

test('local files are looked for beside the task, in the subfolder of their kind first, then in the project', async (t) => {
  const everywhere = [
    'playbooks/tasks/templates/a.hbs',
    'playbooks/tasks/a.hbs',
    'playbooks/templates/a.hbs',
    'playbooks/a.hbs',
    'templates/a.hbs',
    'a.hbs',
  ];
  const base = {
    'playbooks/site.yaml': '- hosts: all\n  tasks:\n    - import_tasks: tasks/t.yaml\n',
    'playbooks/tasks/t.yaml': '- template: {src: a.hbs, dest: /a}\n',
  };
  for (let index = 0; index < everywhere.length; index += 1) {
    const files = { ...base, ...Object.fromEntries(everywhere.slice(index).map((path) => [path, path])) };
    await loadProject(files, { playbooks: ['playbooks/site.yaml'] }, (loaded) => {
      const { path, content } = loaded.readLocal('template', 'a.hbs', firstTask(loaded), scopeOn(loaded, 'h1'));
      t.deepEqual([path, content], [everywhere[index], everywhere[index]]);
    });
  }
});

test('the bytes of a file are given as they are, braces and all', async (t) => {
  const files = { 'files/logo': '{{ not a template }}\u0000', 'site.yaml': '- hosts: all\n  tasks:\n    - copy: {src: logo, dest: /a}\n' };
  await loadProject(files, {}, (loaded) => {
    const { path, content } = loaded.readLocal('file', 'logo', firstTask(loaded), scopeOn(loaded, 'h1'));
    t.is(path, 'files/logo');
    t.deepEqual(content, Buffer.from('{{ not a template }}\u0000'));
  });
});

test('a script is named with words for it behind, of which the first is its path', async (t) => {
  const files = { 'files/my script': 'echo', 'site.yaml': '- hosts: all\n  tasks:\n    - copy: {content: x, dest: /a}\n' };
  await loadProject(files, {}, (loaded) => {
    const read = (text: string) => loaded.readLocal('script', text, firstTask(loaded), scopeOn(loaded, 'h1'));
    t.deepEqual(read(`'my script' "a  b" it\\'s '$(id)'`), {
      path: 'files/my script',
      content: Buffer.from('echo'),
      words: ['a  b', "it's", '$(id)'],
    });
    t.deepEqual(read('"my script"').words, []);
    t.throws(() => read("'my script"), { instanceOf: InputError, message: /site\.yaml:3:7: the command has a ' that is not closed/ });
    t.throws(() => read('my script'), { instanceOf: InputError, message: /there is no script my\n/ });
    t.throws(() => read(' '), { instanceOf: InputError, message: /expected the path of a script/ });
  });
});

test('a template file may include others, indented as their place is, and is secret when a secret goes into it', async (t) => {
  const files = {
    'templates/nginx/site.hbs': 'server {\n  {{> common port=80}}\n  {{#if tls}}\n  {{> common port=443}}\n  {{/if}}\n}\n',
    'templates/nginx/common.hbs': 'listen {{port}};\n\nname {{who}};\n',
    'templates/plain.hbs': 'no {{who}}\n',
    'templates/secret.hbs': '{{> inner}}',
    'templates/inner.hbs': 'password {{ password }}\n',
    'inventory/hosts.yaml': hosts,
    'site.yaml': '- hosts: web\n  vars: {tls: true, password: "{{ secret \'pw\' }}"}\n  tasks:\n    - template: {src: nginx/site.hbs, dest: /a}\n',
  };
  await loadProject(files, { secrets: { pw: 'hunter2' } }, (loaded) => {
    const read = (path: string) => loaded.readLocal('template', path, firstTask(loaded), scopeOn(loaded, 'h1')).content;
    t.is(read('nginx/site.hbs'), 'server {\n  listen 80;\n\n  name one;\n  listen 443;\n\n  name one;\n}\n');
    t.is(read('plain.hbs'), 'no one\n');
    const secret = read('secret.hbs');
    t.true(secret instanceof Secret);
    t.is(secret instanceof Secret ? secret.reveal() : '', 'password hunter2\n');
  });
});

test('a file that goes missing after loading is an error with the place of the task', async (t) => {
  const files = { 'templates/a.hbs': '', 'site.yaml': '- hosts: all\n  tasks:\n    - template: {src: a.hbs, dest: /a}\n' };
  await loadProject(files, {}, (loaded) => {
    const error = t.throws(() => loaded.readLocal('template', 'b.hbs', firstTask(loaded), scopeOn(loaded, 'h1')), { instanceOf: InputError });
    t.is(error?.problems[0]?.source?.line, 3);
  });
});

const specs = `
argument_specs:
  main:
    prefix: m_
    options:
      m_name: {type: str, required: true}
      m_url: {default: "https://{{ m_name }}/"}
      m_port: {type: int, default: 8008}
      m_open: {type: bool, default: false}
      m_version: {type: str, default: "1"}
      m_size: {type: size, default: 50M}
      m_password: {type: str, secret: true}
      m_keys: {type: list, elements: str, secret: true, default: []}
      m_mail: {type: dict, options: {host: {type: str}, port: {type: int}, pass: {type: str, secret: true}}}
      m_unset: {type: str}
`;

async function declared(vars: string, names: readonly string[], options: ProjectOptions = {}): Promise<readonly unknown[]> {
  const files: ProjectFiles = {
    'specs.yaml': specs,
    'inventory/hosts.yaml': 'all: {children: {web: {hosts: {h1: }}}}\n',
    'inventory/host_vars/h1.yaml': `m_name: n\n${vars}`,
    'site.yaml': '- hosts: web\n  argument_specs: specs.yaml\n',
  };
  return loadProject(files, options, (loaded) => {
    const scope = scopeOn(loaded, 'h1');
    return names.map((name) => scope.get(name));
  });
}

test('declared variables have their defaults, which may be templates, below everything else', async (t) => {
  t.deepEqual(await declared('m_size: 1G\n', ['m_url', 'm_port', 'm_open', 'm_size', 'm_unset']), ['https://n/', 8008, false, '1G', undefined]);
});

test('values are brought into the declared type: text of a number, version numbers as written, yes and no', async (t) => {
  t.deepEqual(await declared('m_port: "9000"\nm_version: 1.10\nm_open: yes\nm_size: 1048576\n', ['m_port', 'm_version', 'm_open', 'm_size']), [
    9000,
    '1.10',
    true,
    1048576,
  ]);
  t.deepEqual(await declared('', ['m_port', 'm_version', 'm_open'], { extraVars: ['m_port=1 m_version=1.10 m_open=true'] }), [1, '1.10', true]);
  t.deepEqual(await declared('base: 9000\nm_port: "{{ base }}"\nm_version: "{{ base }}"\n', ['m_port', 'm_version']), [9000, '9000']);
});

test('a variable that is declared secret is one, wherever it is set, to its depth', async (t) => {
  const values = await declared('m_password: p\nm_keys: [a, b]\nm_mail: {host: h, port: "25", pass: q}\n', [
    'm_password',
    'm_keys',
    'm_mail',
    'm_url',
  ]);
  const [password, keys, mail, url] = values;
  t.true(password instanceof Secret);
  t.deepEqual(JSON.stringify([password, keys, mail, url]), '["***",["***","***"],{"host":"h","port":25,"pass":"***"},"https://n/"]');
  t.is(password instanceof Secret ? revealed(password) : '', 'p');
  t.deepEqual((await declared('', ['m_password'], { extraVars: ['m_password=x'] })).map(String), ['***']);
});

test('a declared variable whose value is nothing is as if it were not set', async (t) => {
  const files = {
    'specs.yaml': specs,
    'inventory/hosts.yaml': 'all: {children: {web: {hosts: {h1: {m_name: }}}}}\n',
    'site.yaml': '- hosts: web\n  argument_specs: specs.yaml\n',
  };
  t.regex(await saidOf(files, {}), /the host "h1" has no m_name/);
});

test('no text, however broken, ends in anything but a playbook or problems', async (t) => {
  const site =
    '- hosts: all\n  name: P\n  vars: {a: 1, b: "{{ a }}"}\n  tasks:\n    - name: T\n      template: {src: a.hbs, dest: "/{{ b }}"}\n      when: [a == 1, b in ["1"]]\n      loop: [1, 2]\n      notify: H\n    - block:\n        - command: ls\n      rescue: []\n  handlers:\n    - name: H\n      debug: {msg: x}\n';
  const pieces = fc.constantFrom(
    '',
    ' ',
    '\n',
    '"',
    "'",
    '{',
    '}',
    '{{',
    '[',
    ']',
    ': ',
    '- ',
    '#',
    '&a ',
    '*a',
    'null',
    '1',
    '|',
    '\t',
    'block',
    'hosts',
    'item',
    '!unsafe ',
    '<<: ',
  );
  const cut = fc.tuple(fc.nat({ max: site.length }), fc.nat({ max: 12 }), pieces);
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 3 }), async (cuts) => {
        const text = cuts.reduce((whole, [at, length, piece]) => whole.slice(0, at) + piece + whole.slice(at + length), site);
        // Whatever is not an InputError comes out of this.
        await saidOf({ 'site.yaml': text, 'templates/a.hbs': '{{ a }}' }, {});
      }),
      { numRuns: 400 },
    ),
  );
});
