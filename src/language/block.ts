import { importEntry, openImport } from './import-tasks.ts';
import { includeEntry, readInclude } from './include.ts';
import { inheritFrom } from './inherit.ts';
import { moduleDefaultsOf } from './module-defaults.ts';
import { child, describeNode, type MappingNode, type Node, shortened } from './node.ts';
import type { Block, Inherited, Item, Meta } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { listOf, mappingOf } from './reader.ts';
import { importRole } from './role-task.ts';
import { readTask } from './task.ts';
import { isWord, refuseAbsent, refuseWord } from './words.ts';

/** What `meta` takes. */
export const metaActions = ['flush_handlers', 'end_play', 'end_host', 'noop'] as const;
/** Ansible's other actions, which nothing here needs. */
const absentActions = ['clear_facts', 'clear_host_errors', 'refresh_inventory', 'reset_connection', 'end_batch', 'end_role'];

/** Reads a list of tasks, blocks, imports and meta actions. `what` names it for messages. */
export function readItems(node: Node, what: string, outer: Inherited, reader: PlaybookReader): readonly Item[] {
  const list = listOf(node, what, reader.problems, 'Begin each task with "- name: …".');
  return (list?.items ?? []).flatMap((item) => readItem(item, outer, reader));
}

function readItem(node: Node, outer: Inherited, reader: PlaybookReader): readonly Item[] {
  const mapping = mappingOf(
    node,
    'a task',
    reader.problems,
    node.kind === 'scalar' ? `Write a colon after the module's name: ${shortened(node.text)}:` : 'Begin each task with "- name: …".',
  );
  if (!mapping) return [];
  if (child(mapping, 'block') || child(mapping, 'rescue') || child(mapping, 'always')) return readBlock(mapping, outer, reader);
  const imported = importEntry(mapping);
  if (imported) {
    const file = openImport(mapping, imported, outer, reader);
    return file ? readItems(file.node, 'a file of tasks', file.inherited, file.reader) : [];
  }
  const role = mapping.entries.find(({ key }) => /^(ansible\.\w+\.)?import_role$/.test(key));
  if (role) return importRole(mapping, role, outer, reader);
  const include = includeEntry(mapping);
  if (include) return readInclude(mapping, include, outer, reader);
  const meta = mapping.entries.find(({ key }) => /^(ansible\.\w+\.)?meta$/.test(key));
  if (meta) return readMeta(mapping, meta.key, meta.value, outer, reader);
  const task = readTask(mapping, 'task', outer, reader);
  return task ? [task] : [];
}

function readBlock(mapping: MappingNode, outer: Inherited, around: PlaybookReader): readonly Block[] {
  const reader = moduleDefaultsOf(mapping, around);
  const { problems } = reader;
  for (const entry of mapping.entries) {
    if (isWord(entry.key, 'block') || refuseAbsent(entry, problems)) continue;
    if (reader.modules.names.includes(entry.key))
      problems.error(
        `the module "${entry.key}" stands beside a block`,
        entry.keyNode.source,
        'Make it a task of the block: indent it and begin it with "- ".',
      );
    else refuseWord(entry.key, entry.keyNode.source, 'block', problems);
    problems.lose();
  }
  const inherited = inheritFrom(outer, mapping, reader);
  const part = (word: 'block' | 'rescue' | 'always') => {
    const node = child(mapping, word);
    return node ? readItems(node, word, inherited, reader) : [];
  };
  if (!child(mapping, 'block')) problems.error('rescue and always need a block', mapping.source, 'Write "block:" with the tasks above it.');
  const name = child(mapping, 'name');
  return [
    {
      kind: 'block',
      source: mapping.source,
      ...(name?.kind === 'scalar' && { name: name.text }),
      block: part('block'),
      rescue: part('rescue'),
      always: part('always'),
    },
  ];
}

function readMeta(mapping: MappingNode, key: string, value: Node, outer: Inherited, reader: PlaybookReader): readonly Meta[] {
  const { problems } = reader;
  for (const { key: word, keyNode } of mapping.entries) {
    if (word !== key && !['name', 'when', 'tags', 'vars'].includes(word)) refuseWord(word, keyNode.source, 'import', problems);
  }
  const text = value.kind === 'scalar' ? value.text : '';
  const action = metaActions.find((name) => name === text);
  if (!action) {
    const what = absentActions.includes(text) ? `meta: ${text} is not supported` : `meta wants an action, got ${describeNode(value)}`;
    problems.error(what, value.source, `Actions: ${metaActions.join(', ')}.`);
    return [];
  }
  const { when, tags, vars, around } = inheritFrom(outer, mapping, reader);
  return [{ kind: 'meta', source: mapping.source, action, when, tags, vars, ...(around && { around }) }];
}
