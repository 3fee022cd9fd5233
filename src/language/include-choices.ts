import { readItems } from './block.ts';
import { readerWithin, taskFilePlaces } from './import-tasks.ts';
import { couldBe, filesNamed } from './include-names.ts';
import { checkVariableName, layerOf } from './layer.ts';
import { child, type MappingNode, type Node, type ScalarNode } from './node.ts';
import type { Choice, Include, Inherited } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf, readYaml } from './reader.ts';
import { readRole } from './role.ts';
import { allRoles } from './role-find.ts';
import { roleWordsOf, sameRoleTask } from './role-task.ts';
import { isTemplate } from './template.ts';
import { compileValue } from './value.ts';
import type { Layer } from './variables.ts';

/** What an include asks for. */
export interface Asking {
  readonly module: Include['module'];
  /** The name as written. */
  readonly named: ScalarNode;
  /** The names that it may come to, as far as that can be told: with templates, which stand for anything. */
  readonly names: readonly string[];
  readonly given: MappingNode;
  /** The task that is the include. */
  readonly task: MappingNode;
  /** For what is included. */
  readonly inherited: Inherited;
}

/** What an include may come to, and which of it a name means. */
export interface Choices {
  readonly all: readonly Choice[];
  readonly find: (name: string) => Choice | undefined;
}

/** Reads all that an include may come to; undefined when there is nothing (the problem is then noted). */
export function choicesOf(asking: Asking, reader: PlaybookReader): Choices | undefined {
  if (asking.module === 'include_role') return roleChoices(asking, reader);
  const isTasks = asking.module === 'include_tasks';
  const places = isTasks ? taskFilePlaces(reader) : varsFilePlaces(reader);
  const found = asking.names.map((name) => ({ name, paths: pathsOf(name, asking, places, reader) }));
  if (found.some(({ paths }) => !paths)) return undefined;
  const choices = new Map<string, Choice>();
  for (const { name, paths } of found) {
    for (const path of paths ?? []) {
      if (choices.has(path)) continue;
      const node = readYaml(reader, path);
      // What merely has a name that fits may be something else: the inventory, a playbook.
      if (isTemplate(name) && !(isTasks ? looksLikeTasks(node) : node?.kind === 'mapping')) continue;
      choices.set(path, isTasks ? tasksChoice(path, node, asking, reader) : varsChoice(path, node, asking, reader));
    }
  }
  return {
    all: [...choices.values()],
    find: (name) => {
      const path = places(name).find((candidate) => choices.has(candidate));
      return path === undefined ? undefined : choices.get(path);
    },
  };
}

/** The files that a name may mean, but for those that are being read: those would include themselves. Undefined when there is none. */
function pathsOf(
  name: string,
  { named }: Asking,
  places: (name: string) => readonly string[],
  reader: PlaybookReader,
): readonly string[] | undefined {
  const { files, problems, importing } = reader;
  const text = name
    .replace(/^\{\{\s*role_path\s*\}\}/, (written) => reader.roleFolder ?? written)
    .replace(/^\{\{\s*playbook_dir\s*\}\}/, (written) => reader.folders.at(-1) ?? written);
  const paths = filesNamed(text, places, files);
  const isOpen = isTemplate(text);
  const circle = isOpen ? undefined : paths.find((path) => importing.includes(path));
  if (circle !== undefined) {
    problems.error(
      `files include each other in a circle: ${[...importing.slice(importing.indexOf(circle)), circle].map(files.shown).join(' → ')}`,
      named.source,
      'Loop over the tasks instead: what is included is read before the run.',
    );
    return undefined;
  }
  if (paths.length > 0) return paths.filter((path) => !importing.includes(path));
  problems.lose();
  const looked = `Looked for: ${places(text).map(files.shown).join(', ')}.`;
  problems.error(`there is no file ${text}`, named.source, isOpen ? `Its templates may stand for any part of a name. ${looked}` : looked);
  return undefined;
}

function looksLikeTasks(node: Node | undefined): boolean {
  return (
    node?.kind === 'list' &&
    node.items.every((item) => item.kind === 'mapping' && !child(item, 'hosts') && !item.entries.some(({ key }) => key.endsWith('import_playbook')))
  );
}

function tasksChoice(path: string, node: Node | undefined, { inherited }: Asking, reader: PlaybookReader): Choice {
  const items = node ? readItems(node, 'a file of tasks', inherited, readerWithin(path, reader)) : [];
  return { shown: reader.files.shown(path), items };
}

/** The variables of a file: each of its own, or all as one of the name that `name` gives. */
function varsChoice(path: string, node: Node | undefined, { given }: Asking, reader: PlaybookReader): Choice {
  const { problems, templates, files } = reader;
  const shown = files.shown(path);
  const mapping = node && mappingOf(node, 'a file of variables', problems, 'Write one "name: value" a line.');
  const name = child(given, 'name');
  if (!mapping) return { shown, items: [], vars: { name: shown, bindings: new Map() } };
  if (!name) return { shown, items: [], vars: layerOf(shown, mapping, reader) };
  const text = name.kind === 'scalar' ? name.text : '';
  const isName = checkVariableName(text, name.source, problems);
  const vars: Layer = {
    name: shown,
    bindings: new Map(isName ? [[text, { expression: compileValue(mapping, templates, problems), source: name.source }]] : []),
  };
  return { shown, items: [], vars };
}

function varsFilePlaces({ files, folders }: PlaybookReader): (name: string) => readonly string[] {
  return (name) => [...new Set(folders.flatMap((folder) => [files.resolve(`vars/${name}`, folder), files.resolve(name, folder)]))];
}

function roleChoices({ named, names, given, task, inherited }: Asking, reader: PlaybookReader): Choices | undefined {
  const { problems, files } = reader;
  const words = roleWordsOf(given, false, reader);
  const there = allRoles(reader);
  const choices = new Map<string, Choice>();
  for (const text of names) {
    const fitting = isTemplate(text) ? [...there].filter(([name, folder]) => couldBe(text, name) && !reader.importing.includes(folder)) : [[text]];
    if (fitting.length === 0) {
      problems.lose();
      const all = [...there.values()].map(files.shown).join(', ');
      problems.error(`there is no role ${text}`, named.source, `Its templates may stand for any part of a name. There are: ${all || 'none'}.`);
    }
    for (const [name = ''] of fitting) {
      const call = { name, source: named.source, inherited, vars: [], params: [], sameBy: sameRoleTask(task), ...words };
      if (!choices.has(name)) choices.set(name, { shown: name, items: readRole(call, reader) });
    }
  }
  return { all: [...choices.values()], find: (name) => choices.get(name) };
}
