import * as z from 'zod';
import { defineModule, type Module } from '../../src/modules/module.ts';
import { loadModules } from '../../src/modules/registry.ts';
import { ask, type QuestionKind, question } from '../../src/questions/question.ts';
import { TaskError } from '../../src/values/errors.ts';
import type { Resource } from '../../src/values/resource.ts';

interface Thing {
  /** Its value; that of what it points at, if it is a link. Empty: it is not there. */
  readonly is: string;
  /** Its own value. */
  readonly own: string;
  readonly real: string;
  /** The links on the way to it. */
  readonly passed: readonly string[];
}

function linesByName(output: string): ReadonlyMap<string, string> {
  return new Map(
    output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), `${line}\n`]),
  );
}

function splitLines(output: string, names: readonly string[]): readonly string[] {
  const lines = linesByName(output);
  return names.map((name) => {
    const line = lines.get(name);
    if (line === undefined) throw new Error(`nothing is said of ${name}`);
    return line;
  });
}

const thingKind: QuestionKind<Resource, Thing> = {
  kind: 'thing',
  reads: (name) => [name],
  script: (names) => `look ${names.join(' ')}`,
  split: splitLines,
  parse(part, name) {
    const [own = '', is = '', names = ''] = part.slice(name.length + 1, -1).split(' ');
    if (is === 'garbage') throw new Error('it makes no sense');
    const [real = '', ...passed] = names.split(',');
    return { own, is, real, passed };
  },
  aliases: ({ real, passed }) => [real, ...passed] as Resource[],
};

const listKind: QuestionKind<Resource, Pick<Thing, 'real' | 'passed'> & { readonly found: string }> = {
  kind: 'list',
  reads: (name) => [name],
  script: (names) => `list ${names.join(' ')}`,
  split: splitLines,
  parse(part, name) {
    const [found = '', names = ''] = part.slice(name.length + 1, -1).split(' ');
    const [real = '', ...passed] = names.split(',');
    return { found, real, passed };
  },
  aliases: ({ real, passed }) => [real, ...passed] as Resource[],
};

/** What may change by itself, and is asked when its turn has come. */
const portKind: QuestionKind<Resource, Thing> = {
  ...thingKind,
  kind: 'port',
  script: (names) => `wait ${names.join(' ')}`,
  atTurn: true,
  volatile: true,
};

const thing = (name: Resource) => question(thingKind, name);
const fileAt = (path: string): Resource => `file:${path}`;
/** The folder above; a top one has none that may be missing. */
const above = (path: string) => path.slice(0, path.lastIndexOf('/')) || path;

function needFolder(path: string, { is }: Thing): void {
  if (above(path) !== path && is !== 'folder') throw new TaskError(`${above(path)} is no folder`);
}

/**
 * Modules over a `LawHost` that have the shapes of the real ones: what they ask, what follows from an answer, what they refuse, what they say that
 * they write. Those that need no host are the real ones.
 */
export async function lawModules(): Promise<ReadonlyMap<string, Module>> {
  const real = await loadModules();
  const kept = ['debug', 'assert', 'fail', 'set_fact', 'group_by'].flatMap((name) => {
    const module = real.get(name);
    return module ? [[name, module] as const] : [];
  });
  return new Map([...kept, ...Object.entries(modules)]);
}

const name = z.string();
const documented = { summary: 'Of the law.', examples: [] };

const modules: Readonly<Record<string, Module>> = {
  /** A file has a content. Follows links, needs its folder, refuses to replace a folder. */
  copy: defineModule({
    ...documented,
    params: z.strictObject({ dest: name, content: z.coerce.string() }),
    ask: ({ dest }) => ask({ folder: thing(fileAt(above(dest))), file: thing(fileAt(dest)) }),
    plan({ dest, content }, { folder, file }) {
      needFolder(dest, folder);
      if (file.is === 'folder') throw new TaskError(`${dest} is a folder`);
      if (file.is === content) return [];
      const diff = { label: dest, before: file.is, after: content };
      return [{ summary: `write ${dest}`, diff, commands: [{ script: `set ${file.real} ${content}` }], writes: [fileAt(dest)] }];
    },
    result: ({ dest }, { file }) => ({ dest, value: file.is }),
  }),
  /** A folder or a link is there, or nothing is. */
  file: defineModule({
    ...documented,
    params: z.strictObject({ path: name, state: z.enum(['directory', 'absent', 'link']), src: name.optional() }),
    // What a look after the change can depend on is asked before it: a name that becomes a link is what that leads to.
    ask: ({ path, state, src = '/a' }) =>
      ask({ folder: thing(fileAt(above(path))), file: thing(fileAt(path)), ...(state === 'link' && { target: thing(fileAt(src)) }) }),
    plan({ path, state, src = '/a' }, { folder, file }) {
      const wanted = { directory: 'folder', absent: '', link: `->${src}` }[state];
      if ((state === 'directory' ? file.is : file.own) === wanted) return [];
      if (state === 'absent') return [{ summary: `remove ${path}`, commands: [{ script: `drop ${fileAt(path)}` }], writes: [fileAt(path)] }];
      needFolder(path, folder);
      if (file.own !== '' && !(state === 'link' && file.own.startsWith('->'))) throw new TaskError(`something else is at ${path}`);
      return [{ summary: `make ${path}`, commands: [{ script: `set ${fileAt(path)} ${wanted}` }], writes: [fileAt(path)] }];
    },
  }),
  stat: defineModule({
    ...documented,
    params: z.strictObject({ path: name }),
    ask: ({ path }) => ask({ file: thing(fileAt(path)) }),
    plan: () => [],
    // What is no text must not become one: `folder` as the content of a file would be a folder here.
    result: (_, { file }) => ({
      exists: file.is !== '',
      value: file.is === 'folder' || file.is.startsWith('->') ? 'no-text' : file.is,
      real: file.real,
    }),
  }),
  find: defineModule({
    ...documented,
    params: z.strictObject({ path: name }),
    ask: ({ path }) => ask({ list: question(listKind, fileAt(path)) }),
    plan: () => [],
    result: (_, { list: { found } }) => ({ value: found, exists: found !== '' }),
  }),
  /** Its scripts may do anything. */
  package: defineModule({
    ...documented,
    params: z.strictObject({ name, state: z.enum(['present', 'absent']).default('present') }),
    ask: ({ name: one }) => ask({ package: thing(`package:${one}`) }),
    plan({ name: one, state }, { package: { is } }) {
      const wanted = state === 'present' ? 'present' : '';
      if (is === wanted) return [];
      return [{ summary: `make ${one} ${state}`, commands: [{ script: `run package:${one} ${wanted}` }], writes: ['*'] }];
    },
  }),
  /** Needs its package. Enabling writes the unit alone, starting anything. */
  systemd: defineModule({
    ...documented,
    params: z.strictObject({ name, state: z.enum(['started', 'stopped', 'restarted']).optional(), enabled: z.boolean().optional() }),
    ask: ({ name: one }) => ask({ package: thing(`package:${one}`), unit: thing(`unit:${one}`), enabled: thing(`unit:${one}.enabled`) }),
    plan({ name: one, state, enabled }, { package: { is }, unit, enabled: { is: isEnabled } }) {
      if (is !== 'present') throw new TaskError(`there is no unit ${one}`);
      const run = (to: string, opaque: boolean) => ({
        summary: `make ${one} ${to}`,
        commands: [{ script: `run unit:${one} ${to}` }],
        writes: ['*' as const],
        ...(opaque && { opaque: true as const }),
      });
      return [
        ...(enabled !== undefined && (isEnabled === 'yes') !== enabled
          ? [
              {
                summary: `enable ${one}`,
                commands: [{ script: `set unit:${one}.enabled ${enabled ? 'yes' : 'no'}` }],
                writes: [`unit:${one}.enabled` as const],
              },
            ]
          : []),
        ...(state === 'restarted' ? [run('started', true)] : state !== undefined && unit.is !== state ? [run(state, false)] : []),
      ];
    },
    result: (_, { unit }) => ({ value: unit.is }),
  }),
  user: defineModule({
    ...documented,
    params: z.strictObject({ name }),
    ask: ({ name: one }) => ask({ user: thing(`user:${one}`) }),
    plan: ({ name: one }, { user }) =>
      user.is === 'present'
        ? []
        : [
            {
              summary: `add ${one}`,
              commands: [{ script: `set user:${one} present\nset file:/home/${one} folder` }],
              writes: [`user:${one}`, `file:/home/${one}`],
            },
          ],
  }),
  /** Which image the container should have is asked first; pulling it is a stage of its own. */
  docker_container: defineModule({
    ...documented,
    params: z.strictObject({ name, image: name }),
    *ask({ name: one, image }) {
      const { image: has } = yield* ask({ image: thing(`image:${image}`) });
      if (has.is === '') return { isThere: false, container: undefined };
      const { container } = yield* ask({ container: thing(`container:${one}`) });
      return { isThere: true, container: container.is };
    },
    plan({ name: one, image }, { isThere, container }) {
      if (!isThere)
        return [{ summary: `pull ${image}`, commands: [{ script: `set image:${image} here` }], writes: [`image:${image}`], staged: true }];
      if (container === image) return [];
      return [{ summary: `start ${one}`, commands: [{ script: `run container:${one} ${image}` }], writes: ['*'] }];
    },
    result: (_, { container = '' }) => ({ value: container }),
  }),
  /** Effects that nobody declared. `creates` is looked at first. */
  command: defineModule({
    ...documented,
    params: z.strictObject({ put: name, to: z.coerce.string(), creates: name.optional(), fails: z.boolean().default(false) }),
    *ask({ creates }) {
      return creates !== undefined && (yield* ask({ file: thing(fileAt(creates)) })).file.is !== '';
    },
    plan({ put, to, fails }, isThere) {
      if (isThere) return [];
      const script = `run ${put} ${to}${fails ? '\nfail' : ''}`;
      return [{ summary: 'run', commands: [{ script }], writes: ['*'], opaque: true }];
    },
    result: ({ to }) => ({ value: to }),
  }),
  /** Refuses what is not there now. */
  wait_for: defineModule({
    ...documented,
    params: z.strictObject({ path: name }),
    ask: ({ path }) => ask({ file: question(portKind, fileAt(path)) }),
    plan({ path }, { file }) {
      if (file.is === '') throw new TaskError(`${path} did not come`);
      return [];
    },
    result: (_, { file }) => ({ value: file.is }),
  }),
};
