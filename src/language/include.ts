import { basename, dirname } from 'node:path';
import { InputError, type Source } from '../values/errors.ts';
import { readItems } from './block.ts';
import { taskFilePlaces } from './import-tasks.ts';
import { couldBe, filesNamed } from './include-names.ts';
import { inheritFrom } from './inherit.ts';
import { checkVariableName, fileLayer, layerOf } from './layer.ts';
import { shortModuleName } from './module-call.ts';
import { nearest } from './nearest.ts';
import { child, describeNode, type Entry, type MappingNode, type Node, type ScalarNode } from './node.ts';
import type { Choice, Include, Inherited } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf, readYaml } from './reader.ts';
import { readRole } from './role.ts';
import { allRoles } from './role-find.ts';
import { roleParams, roleWordsOf, wordsOfRoleTask } from './role-task.ts';
import { loopControlOf, loopOf, nameOf } from './task.ts';
import { isTemplate } from './template.ts';
import { compileValue, converted, toText } from './value.ts';
import { type Layer, nothingAround } from './variables.ts';
import { isBlockWord, isWord, refuseAbsent, refuseStrange, refuseWord } from './words.ts';

/** The entry of a task that makes it an include. */
export function includeEntry(mapping: MappingNode): Entry | undefined {
  return mapping.entries.find(({ key }) => /^(ansible\.\w+\.)?include_(tasks|role|vars)$/.test(key));
}

/** What an include may come to, and which of it a name means. */
interface Choices {
  readonly all: readonly Choice[];
  readonly find: (name: string) => Choice | undefined;
}

/** Reads an include with all that it may include; none where it is wrong (the problem is then noted). */
export function readInclude(mapping: MappingNode, entry: Entry, outer: Inherited, reader: PlaybookReader): readonly Include[] {
  const { problems, templates } = reader;
  const module = shortModuleName(entry.key) as Include['module'];
  for (const other of mapping.entries) {
    if (other.key === entry.key || isWord(other.key, 'include') || refuseAbsent(other, problems)) continue;
    if (isBlockWord(other.key) && module !== 'include_vars')
      problems.error(
        `"${other.key}" cannot stand beside ${module}: it would not reach what is included`,
        other.keyNode.source,
        `Write it below apply: ${module}: {…, apply: {${other.key}: …}}.`,
      );
    else refuseWord(other.key, other.keyNode.source, 'include', problems);
  }
  const given = givenOf(module, entry, mapping, reader);
  const named = given && (module === 'include_role' ? (child(given, 'name') ?? child(given, 'role')) : child(given, 'file'));
  const what = module === 'include_role' ? 'role' : 'file';
  if (!given) return [];
  if (named?.kind !== 'scalar' || typeof named.value !== 'string') {
    problems.lose();
    problems.error(`${module} wants the name of a ${what}, got ${named ? describeNode(named) : 'nothing'}`, named?.source ?? entry.value.source);
    return [];
  }
  const { when, tags, vars, around } = inheritFrom(outer, mapping, reader);
  const choices = choicesOf(module, named, given, withinInclude(mapping, given, outer, reader), reader);
  if (!choices) return [];
  const loop = loopOf(mapping, reader);
  return [
    {
      kind: 'include',
      id: reader.uniqueId(mapping.source),
      source: mapping.source,
      name: nameOf(child(mapping, 'name'), module, mapping, reader),
      module,
      wanted: converted(compileValue(named, templates, problems), toText(module)),
      choices: choices.all,
      choose: (name) => choices.find(name) ?? refuseChoice(what, name, choices.all, named.source),
      when,
      tags,
      vars,
      ...(around && { around }),
      ...(loop && { loop }),
      loopControl: loopControlOf(child(mapping, 'loop_control'), reader),
    },
  ];
}

function refuseChoice(what: string, name: string, all: readonly Choice[], source: Source): never {
  const shown = all.map((choice) => choice.shown);
  const near = nearest(
    name,
    all.map((choice) => (what === 'file' ? basename(choice.shown) : choice.shown)),
  );
  throw InputError.of(
    `there is no ${what} "${name}" to include`,
    source,
    `${near === undefined ? '' : `Did you mean "${near}"? `}What the name may stand for was read before the run: ${shown.join(', ') || 'nothing'}.`,
  );
}

/** The parameters of the call and those below `args`. */
function givenOf(module: Include['module'], entry: Entry, mapping: MappingNode, reader: PlaybookReader): MappingNode | undefined {
  const { problems } = reader;
  const { value, keyNode } = entry;
  const isText = module !== 'include_role' && value.kind === 'scalar' && value.value !== null;
  const params = isText
    ? undefined
    : module === 'include_role'
      ? roleParams(entry, reader)
      : mappingOf(value, module, problems, `Write ${module}: FILE.`);
  if (!isText && !params) return undefined;
  const args = child(mapping, 'args');
  const more = args && mappingOf(args, 'args', problems);
  const entries = [...(isText ? [{ key: 'file', keyNode, value }] : (params?.entries ?? [])), ...(more?.entries ?? [])];
  const known = { include_tasks: ['file', 'apply'], include_role: [...wordsOfRoleTask, 'apply'], include_vars: ['file', 'name'] };
  refuseStrange(entries, known[module], module, problems);
  return { kind: 'mapping', entries, source: value.source };
}

/** What the included tasks have from outside: what is around the include, its `vars` as parameters, and `apply`. */
function withinInclude(mapping: MappingNode, given: MappingNode, outer: Inherited, reader: PlaybookReader): Inherited {
  const { problems } = reader;
  const vars = child(mapping, 'vars');
  // What is wrong with them has been noted where the include's own words were read.
  const quiet = vars?.kind === 'mapping' && vars.entries.length > 0 ? vars : undefined;
  const params = quiet ? [layerOf(`vars of the include, ${quiet.source.file}:${quiet.source.line}`, quiet, reader)] : [];
  const around = outer.around ?? nothingAround;
  const inner: Inherited = { ...outer, ...(params.length > 0 && { around: { ...around, params: [...around.params, ...params] } }) };
  const apply = child(given, 'apply');
  const words = apply && mappingOf(apply, 'apply', problems);
  if (!words) return inner;
  for (const { key, keyNode } of words.entries) if (!isBlockWord(key)) refuseWord(key, keyNode.source, 'block', problems);
  return inheritFrom(inner, words, reader);
}

function choicesOf(
  module: Include['module'],
  named: ScalarNode,
  given: MappingNode,
  inherited: Inherited,
  reader: PlaybookReader,
): Choices | undefined {
  if (module === 'include_role') return roleChoices(named, given, inherited, reader);
  const places = module === 'include_tasks' ? taskFilePlaces(reader) : varsFilePlaces(reader);
  const prefix = child(given, 'name');
  return fileChoices(named, places, reader, (path) =>
    module === 'include_tasks' ? tasksChoice(path, inherited, reader) : varsChoice(path, prefix, named.source, reader),
  );
}

/** The choices among files. The names `role_path` and `playbook_dir` at the beginning are known already. */
function fileChoices(
  named: ScalarNode,
  places: (name: string) => readonly string[],
  reader: PlaybookReader,
  read: (path: string) => Choice,
): Choices | undefined {
  const { files, problems } = reader;
  const text = named.text
    .replace(/^\{\{\s*role_path\s*\}\}/, () => reader.roleFolder ?? '{{role_path}}')
    .replace(/^\{\{\s*playbook_dir\s*\}\}/, () => reader.folders.at(-1) ?? '{{playbook_dir}}');
  const paths = filesNamed(text, places, files);
  const isOpen = isTemplate(text);
  const circle = isOpen ? undefined : paths.find((path) => reader.importing.includes(path));
  if (circle !== undefined) {
    problems.error(
      `files include each other in a circle: ${[...reader.importing.slice(reader.importing.indexOf(circle)), circle].map(files.shown).join(' → ')}`,
      named.source,
      'Loop over the tasks instead; what is included is read before the run.',
    );
    return undefined;
  }
  if (paths.length === 0) {
    problems.lose();
    const looked = `Looked for: ${places(text).map(files.shown).join(', ')}.`;
    problems.error(`there is no file ${text}`, named.source, isOpen ? `Its templates may stand for any part of a name. ${looked}` : looked);
    return undefined;
  }
  const choices = new Map(paths.filter((path) => !reader.importing.includes(path)).map((path) => [path, read(path)]));
  return {
    all: [...choices.values()],
    find: (name) => {
      const path = places(name).find((candidate) => choices.has(candidate));
      return path === undefined ? undefined : choices.get(path);
    },
  };
}

function tasksChoice(path: string, inherited: Inherited, reader: PlaybookReader): Choice {
  const node = readYaml(reader, path);
  const folders = [...new Set([dirname(path), ...reader.folders])];
  const items = node ? readItems(node, 'a file of tasks', inherited, { ...reader, folders, importing: [...reader.importing, path] }) : [];
  return { shown: reader.files.shown(path), items };
}

function varsChoice(path: string, prefix: Node | undefined, asked: Source, reader: PlaybookReader): Choice {
  return { shown: reader.files.shown(path), items: [], vars: prefix ? namedLayer(path, prefix, asked, reader) : (fileLayer(path, reader) ?? noVars) };
}

const noVars: Layer = { name: 'no variables', bindings: new Map() };

/** All variables of the file as one, of the name that `name` gives. */
function namedLayer(path: string, prefix: Node, asked: Source, reader: PlaybookReader): Layer {
  const { problems, templates, files } = reader;
  if (prefix.kind !== 'scalar' || typeof prefix.value !== 'string' || !checkVariableName(prefix.text, prefix.source, problems)) return noVars;
  const node = readYaml(reader, path, asked);
  const mapping = node && mappingOf(node, 'a file of variables', problems);
  if (!mapping) return noVars;
  return {
    name: files.shown(path),
    bindings: new Map([[prefix.text, { expression: compileValue(mapping, templates, problems), source: prefix.source }]]),
  };
}

function varsFilePlaces({ files, folders }: PlaybookReader): (name: string) => readonly string[] {
  return (name) => [...new Set(folders.flatMap((folder) => [files.resolve(`vars/${name}`, folder), files.resolve(name, folder)]))];
}

function roleChoices(named: ScalarNode, given: MappingNode, inherited: Inherited, reader: PlaybookReader): Choices | undefined {
  const { problems, files } = reader;
  const { from, isPublic, isOnce } = roleWordsOf(given, false, reader);
  const read = (name: string): Choice => {
    const call = { name, source: named.source, inherited, vars: [], params: [], from, isPublic };
    return { shown: name, items: readRole({ ...call, ...(isOnce && { onceBy: '' }) }, reader) };
  };
  if (!isTemplate(named.text)) {
    const choice = read(named.text);
    return choice.items.length > 0 ? { all: [choice], find: () => choice } : undefined;
  }
  const names = [...allRoles(reader)].filter(([name, folder]) => couldBe(named.text, name) && !reader.importing.includes(folder));
  if (names.length === 0) {
    problems.lose();
    const all = [...allRoles(reader).values()].map(files.shown).join(', ');
    problems.error(`there is no role ${named.text}`, named.source, `Its templates may stand for any part of a name. There are: ${all || 'none'}.`);
    return undefined;
  }
  const choices = new Map(names.map(([name]) => [name, read(name)]));
  return { all: [...choices.values()], find: (name) => choices.get(name) };
}
