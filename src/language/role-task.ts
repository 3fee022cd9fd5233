import { inheritFrom } from './inherit.ts';
import { child, describeNode, type Entry, type MappingNode, type Node, plainOf } from './node.ts';
import type { Inherited, Item } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { type RoleFrom, readRole } from './role.ts';
import { roleName } from './role-list.ts';
import { asBoolean } from './value.ts';
import { isWord, refuseAbsent, refuseStrange, refuseWord } from './words.ts';

/** What `import_role` and `include_role` say of a role, but for its name. */
export interface RoleWords {
  readonly from: RoleFrom;
  readonly isPublic: boolean;
  /** Done once, whatever the role itself says. */
  readonly isOnce: boolean;
}

const parts = ['tasks', 'handlers', 'vars', 'defaults'] as const;
const roleWords = ['name', 'role', 'allow_duplicates', 'public', ...parts.map((part) => `${part}_from`)];

/** `import_role`: the role's tasks in the place of the import. */
export function importRole(mapping: MappingNode, entry: Entry, outer: Inherited, reader: PlaybookReader): readonly Item[] {
  const { problems } = reader;
  for (const other of mapping.entries) {
    if (other.key === entry.key || isWord(other.key, 'import') || refuseAbsent(other, problems)) continue;
    if (other.key === 'loop')
      problems.error('an import cannot be looped over: it is read before the run', other.keyNode.source, 'Write include_role.');
    else refuseWord(other.key, other.keyNode.source, 'import', problems);
  }
  const given = roleParams(entry, reader);
  if (!given) return [];
  refuseStrange(given.entries, roleWords, 'import_role', problems);
  const named = child(given, 'name') ?? child(given, 'role');
  const name = roleName(named, given, reader);
  if (name === undefined || !named) return [];
  const words = roleWordsOf(given, true, reader);
  const inherited = inheritFrom(outer, mapping, reader);
  return readRole(
    {
      name,
      source: named.source,
      inherited,
      vars: [],
      ofImport: inherited.vars.slice(outer.vars.length),
      params: [],
      sameBy: sameRoleTask(mapping),
      ...words,
    },
    reader,
  );
}

/** The parameters of `import_role` and `include_role`; undefined when they are no mapping (the problem is then noted). */
export function roleParams({ key, value }: Entry, { problems }: PlaybookReader): MappingNode | undefined {
  if (value.kind === 'mapping') return value;
  problems.lose();
  problems.error(`${key} wants its parameters as a mapping, got ${describeNode(value)}`, value.source, `Write ${key}: {name: ROLE}.`);
  return undefined;
}

/** What makes two role tasks of one role the same: the variables. */
export function sameRoleTask(mapping: MappingNode): string {
  return `task ${plainOf(child(mapping, 'vars'))}`;
}

/** Reads all but the name. @param isPublic what holds where `public` is not given. */
export function roleWordsOf(given: MappingNode, isPublic: boolean, reader: PlaybookReader): RoleWords {
  const from = parts.flatMap((part) => {
    const node = child(given, `${part}_from`);
    const name = node && fileName(node, `${part}_from`, reader);
    return name === undefined ? [] : [[part, name]];
  });
  return {
    from: Object.fromEntries(from) as RoleFrom,
    isPublic: flag(given, 'public', reader) ?? isPublic,
    isOnce: flag(given, 'allow_duplicates', reader) === false,
  };
}

/** The words that both take. */
export const wordsOfRoleTask: readonly string[] = roleWords;

function fileName(node: Node, what: string, { problems }: PlaybookReader): string | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string' && !node.value.includes('{{')) return node.value;
  problems.lose();
  problems.error(
    `${what} wants the name of a file, got ${describeNode(node)}`,
    node.source,
    'It is read before the run, so the name holds no variables: write one task for each file, each with its when.',
  );
  return undefined;
}

function flag(given: MappingNode, name: string, { problems }: PlaybookReader): boolean | undefined {
  const node = child(given, name);
  const value = node?.kind === 'scalar' ? asBoolean(node.value) : undefined;
  if (node && value === undefined) problems.error(`${name} wants true or false, got ${describeNode(node)}`, node.source);
  return value;
}
