import { dirname } from 'node:path';
import type { Source } from '../values/errors.ts';
import { type ArgumentSpecs, readSpecs } from './argument-specs.ts';
import { batchSize } from './batch-size.ts';
import { readItems } from './block.ts';
import { checkHandlers, readHandlers } from './handlers.ts';
import { definedOf, inheritFrom, nothingInherited, textsOf } from './inherit.ts';
import { fileLayer, layerOf } from './layer.ts';
import type { ModuleCatalog } from './load.ts';
import { moduleDefaultsOf } from './module-defaults.ts';
import { child, describeNode, type Entry, type MappingNode, type Node } from './node.ts';
import type { Inherited, Item, Meta, Play } from './play.ts';
import { listOf, mappingOf, type Reader, readYaml } from './reader.ts';
import type { PlayRoles } from './role.ts';
import { readRoleList } from './role-list.ts';
import { isTemplate } from './template.ts';
import { asBoolean, compileValue, converted, toText } from './value.ts';
import type { Layer } from './variables.ts';
import { isWord, refuseAbsent, refuseWord } from './words.ts';

/** What the parts of a playbook are read with. */
export interface PlaybookReader extends Reader {
  readonly modules: ModuleCatalog;
  /** Folders in which a task looks for its local files, absolute, the nearest first. */
  readonly folders: readonly string[];
  /** An id for a task at `source` that no other has. */
  readonly uniqueId: (source: Source) => string;
  /** The folder of the role that is being read, absolute. */
  readonly roleFolder?: string;
  /** Files and folders of roles being read, outermost first, to see imports that go in a circle. */
  readonly importing: readonly string[];
  /** Files of argument specs that were read already, by their absolute path: every playbook of a site names the same. */
  readonly specs: Map<string, ArgumentSpecs | undefined>;
  /** Files of variables (`vars_files`) that were read already, by their absolute path. */
  readonly variables: Map<string, Layer | undefined>;
  /** What the play that is being read declares of its variables (`argument_specs`). */
  readonly declared?: ArgumentSpecs['options'];
  /** What the roles of the play that is being read give to it. */
  readonly roles: PlayRoles;
  /** `module_defaults` of the play and the blocks around, by module. */
  readonly moduleDefaults: ReadonlyMap<string, readonly Entry[]>;
}

/**
 * Reads a playbook and those that it imports.
 * @param path as given by the user, relative to the working folder.
 */
export function readPlaybook(path: string, reader: Reader & { readonly modules: ModuleCatalog }): readonly Play[] {
  const ids = new Map<string, number>();
  const uniqueId = ({ file, line, column }: Source): string => {
    const id = `${file}:${line}`;
    const count = ids.get(id) ?? 0;
    ids.set(id, count + 1);
    return count === 0 ? id : `${id}:${column}#${count}`;
  };
  const within = { folders: [], uniqueId, importing: [], specs: new Map(), variables: new Map(), roles: noRoles(), moduleDefaults: new Map() };
  return readFile(reader.files.resolve(path), nothingInherited, { ...reader, ...within }, undefined);
}

function noRoles(): PlayRoles {
  return { defaults: new Map(), vars: new Map(), handlers: new Map() };
}

function readFile(path: string, outer: Inherited, reader: PlaybookReader, asked: Source | undefined): readonly Play[] {
  const { files, problems } = reader;
  if (reader.importing.includes(path)) {
    problems.error(
      `playbooks import each other in a circle: ${[...reader.importing, path].map(files.shown).join(' → ')}`,
      asked,
      'Take one of the imports out.',
    );
    return [];
  }
  if (files.kind(path) !== 'file') {
    problems.lose();
    problems.error(
      files.kind(path) === 'folder' ? `${files.shown(path)} is a folder, not a playbook` : `there is no playbook ${files.shown(path)}`,
      asked,
      asked ? `It is looked for beside ${asked.file}.` : 'Name a file, such as playbooks/site.yaml.',
    );
    return [];
  }
  const before = problems.errors.length;
  const node = readYaml(reader, path);
  if (!node) {
    if (problems.errors.length === before && !problems.errors.some(({ source }) => source?.file === files.shown(path)))
      problems.error('the playbook is empty', { file: files.shown(path), line: 1, column: 1 }, 'Begin with "- hosts: all" and "tasks:" below it.');
    return [];
  }
  const list = listOf(node, 'a playbook', problems, 'Begin each play with "- hosts: …".');
  const within = { ...reader, folders: [dirname(path)], importing: [...reader.importing, path] };
  if (!list) problems.lose();
  return (list?.items ?? []).flatMap((item) => {
    const mapping = mappingOf(item, 'a play', problems, 'Begin each play with "- hosts: …".');
    if (!mapping) return [];
    return child(mapping, 'import_playbook') ? importPlaybook(mapping, outer, within) : readPlay(mapping, outer, within);
  });
}

/** `import_playbook`: its plays, each with the import's tags, variables and conditions. */
function importPlaybook(mapping: MappingNode, outer: Inherited, reader: PlaybookReader): readonly Play[] {
  const { problems, files } = reader;
  for (const { key, keyNode } of mapping.entries)
    if (key !== 'import_playbook' && !['name', 'when', 'tags', 'vars'].includes(key)) refuseWord(key, keyNode.source, 'import', problems);
  const node = child(mapping, 'import_playbook');
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') {
    problems.error(`import_playbook wants the name of a file, got ${node ? describeNode(node) : 'nothing'}`, node?.source ?? mapping.source);
    return [];
  }
  const path = files.resolve(node.value, reader.folders[0]);
  return readFile(path, inheritFrom(outer, mapping, reader), reader, node.source);
}

function readPlay(mapping: MappingNode, outer: Inherited, around: PlaybookReader): readonly Play[] {
  const specs = readSpecs(child(mapping, 'argument_specs'), around);
  const reader = moduleDefaultsOf(mapping, { ...around, roles: noRoles(), ...(specs && { declared: specs.options }) });
  const { problems, modules } = reader;
  let hasUnknown = false;
  for (const entry of mapping.entries) {
    if (isWord(entry.key, 'play') || refuseAbsent(entry, problems)) continue;
    hasUnknown = true;
    if (modules.names.includes(entry.key))
      problems.error(
        `the module "${entry.key}" stands in a play, not in a task`,
        entry.keyNode.source,
        'Write "tasks:" above it and begin the task with "- ".',
      );
    else refuseWord(entry.key, entry.keyNode.source, 'play', problems);
    problems.lose();
  }
  const hosts = child(mapping, 'hosts');
  if (!hosts) {
    if (!hasUnknown) problems.error('this play has no hosts', mapping.source, 'Write "hosts: all", or the name of a group.');
    problems.lose();
    return [];
  }
  const { vars: importVars, ...handedDown } = inheritFrom(outer, withoutVars(mapping), reader);
  // A play's own `vars` are a layer of the play; what tasks inherit is what blocks and imports around them say.
  const inherited: Inherited = { ...handedDown, vars: [] };
  const name = child(mapping, 'name');
  const tasks = sections(mapping, inherited, reader);
  const handlers = readHandlers(child(mapping, 'handlers'), inherited, reader);
  const { roles } = reader;
  const play: Play = {
    name: name?.kind === 'scalar' && name.value !== null ? name.text : hostsText(hosts),
    source: mapping.source,
    hosts: hostsOf(hosts, reader),
    layers: { defaults: [...roles.defaults.values()], vars: [...varsLayers(mapping, reader), ...importVars, ...roles.vars.values()] },
    tasks,
    handlers: [...roles.handlers.values(), handlers].flatMap((some, list) => some.map((handler) => ({ ...handler, list }))),
    serial: serialOf(child(mapping, 'serial'), reader),
    anyErrorsFatal: flagOf(child(mapping, 'any_errors_fatal'), 'any_errors_fatal', reader) ?? false,
    tags: inherited.tags,
    words: inherited,
    folder: reader.folders[0] ?? '',
    ...definedOf({
      maxFailPercentage: percentageOf(child(mapping, 'max_fail_percentage'), reader),
      gatherFacts: flagOf(child(mapping, 'gather_facts'), 'gather_facts', reader),
      forceHandlers: flagOf(child(mapping, 'force_handlers'), 'force_handlers', reader),
      specs,
    }),
  };
  checkHandlers(play, problems);
  return [play.specs ? { ...play, layers: { ...play.layers, defaults: [...play.layers.defaults, play.specs.defaults] } } : play];
}

function withoutVars(mapping: MappingNode): MappingNode {
  return { ...mapping, entries: mapping.entries.filter(({ key }) => key !== 'vars') };
}

/** After each section handlers are flushed, also after one that is empty, as in Ansible; after the last one the engine does it. */
function sections(mapping: MappingNode, inherited: Inherited, reader: PlaybookReader): readonly Item[] {
  const part = (word: string, read: typeof readItems) => {
    const node = child(mapping, word);
    return node ? read(node, word, inherited, reader) : [];
  };
  const flush: Meta = { kind: 'meta', source: mapping.source, action: 'flush_handlers', when: [], tags: ['always'], vars: [] };
  const before = part('pre_tasks', readItems);
  const middle = [...part('roles', readRoleList), ...part('tasks', readItems)];
  const after = part('post_tasks', readItems);
  const all = [...(before.length > 0 ? [...before, flush] : []), ...middle, flush, ...after];
  return all.length > 1 ? all : [];
}

function hostsText(node: Node): string {
  if (node.kind === 'scalar') return node.text;
  return node.kind === 'list' ? node.items.map((item) => (item.kind === 'scalar' ? item.text : '')).join(':') : '';
}

function hostsOf(node: Node, { templates, problems }: PlaybookReader): Play['hosts'] {
  const parts = textsOf(node, 'hosts', problems, 'Write all, or names of hosts and groups: hosts: [web, db].').map((part) =>
    converted(compileValue(part.node, templates, problems), hostsPart),
  );
  // What is wrong has been noted; whom the play is for cannot be said.
  if (parts.length === 0 && (node.kind !== 'list' || node.items.length > 0)) problems.lose();
  return {
    source: node.source,
    variables: new Set(parts.flatMap((part) => [...part.variables])),
    sourceAt: () => node.source,
    evaluate: (scope) => parts.map((part) => part.evaluate(scope)).join(':'),
  };
}

/** One pattern, or a list of them from a variable. */
function hostsPart(...[value, expression]: Parameters<ReturnType<typeof toText>>): string {
  const toPattern = toText('hosts');
  return Array.isArray(value) ? value.map((item) => toPattern(item, expression)).join(':') : toPattern(value, expression);
}

function varsLayers(mapping: MappingNode, reader: PlaybookReader): readonly Layer[] {
  const { files, problems } = reader;
  const vars = child(mapping, 'vars');
  const own = vars && mappingOf(vars, 'vars', problems, 'Write one "name: value" a line below it.');
  const varsFiles = child(mapping, 'vars_files');
  const named = (varsFiles ? textsOf(varsFiles, 'vars_files', problems) : []).flatMap(({ text, node }) => {
    const path = files.resolve(text, reader.folders[0]);
    if (reader.variables.has(path)) return reader.variables.get(path) ?? [];
    if (files.kind(path) === 'file') {
      const layer = fileLayer(path, reader);
      reader.variables.set(path, layer);
      return layer ?? [];
    }
    problems.lose();
    problems.error(
      `there is no file ${files.shown(path)}`,
      node.source,
      isTemplate(text) ? 'vars_files are read before the run, so their names hold no variables.' : 'vars_files are looked for beside the playbook.',
    );
    return [];
  });
  return [...(own ? [layerOf('play vars', own, reader)] : []), ...named];
}

function serialOf(node: Node | undefined, { problems }: PlaybookReader): Play['serial'] {
  if (!node) return [];
  return textsOf(node, 'serial', problems).flatMap(({ text, node: item }): Play['serial'][number][] => {
    const size = batchSize(text);
    if (size !== undefined) return [size];
    problems.error(
      `serial wants a number of hosts or a percentage, got "${text}"`,
      item.source,
      'Write serial: 1, serial: "25%" or a list of these.',
    );
    return [];
  });
}

function percentageOf(node: Node | undefined, { problems }: PlaybookReader): number | undefined {
  if (!node) return undefined;
  const value = node.kind === 'scalar' ? Number(node.text.replace(/%$/, '')) : Number.NaN;
  if (value >= 0 && value <= 100) return value;
  problems.error(`max_fail_percentage wants a number from 0 to 100, got ${describeNode(node)}`, node.source);
  return undefined;
}

function flagOf(node: Node | undefined, what: string, { problems }: PlaybookReader): boolean | undefined {
  if (!node) return undefined;
  const value = node.kind === 'scalar' ? asBoolean(node.value) : undefined;
  if (value === undefined) problems.error(`${what} wants true or false, got ${describeNode(node)}`, node.source);
  return value;
}
