import { inheritFrom } from './inherit.ts';
import { checkVariableName, layerOf } from './layer.ts';
import { nearest } from './nearest.ts';
import { child, describeNode, type Entry, type MappingNode, type Node, plainOf } from './node.ts';
import type { Inherited, Item } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { listOf, mappingOf } from './reader.ts';
import { type RoleCall, readRole } from './role.ts';
import { isWord, isWordAnywhere, refuseAbsent, refuseWord } from './words.ts';

/** Reads the roles that a play or a role's `dependencies` list: each a name, or a mapping with `role`, words and parameters. */
export function readRoleList(node: Node, what: string, outer: Inherited, reader: PlaybookReader): readonly Item[] {
  const list = listOf(node, what, reader.problems, 'Write one role a line, each after "- ".');
  return (list?.items ?? []).flatMap((item) => {
    const call = callOf(item, outer, reader);
    return call ? readRole(call, reader) : [];
  });
}

function callOf(node: Node, outer: Inherited, reader: PlaybookReader): RoleCall | undefined {
  const mapping: MappingNode | undefined =
    node.kind === 'scalar' && node.value !== null
      ? { kind: 'mapping', entries: [], source: node.source }
      : mappingOf(node, 'a role', reader.problems);
  if (!mapping) return undefined;
  const named = node.kind === 'scalar' ? node : (child(mapping, 'role') ?? child(mapping, 'name'));
  const name = roleName(named, mapping, reader);
  const words = mapping.entries.filter(({ key }) => isWord(key, 'role') && key !== 'vars');
  const others = mapping.entries.filter(({ key }) => !isWord(key, 'role'));
  const params = others.filter((entry) => isParameter(entry, reader));
  if (name === undefined) return undefined;
  const vars = child(mapping, 'vars');
  const varsMapping = vars && mappingOf(vars, 'vars', reader.problems);
  const ofRole = (what: string, given: MappingNode) => (given.entries.length > 0 ? [layerOf(`${what}, role ${name}`, given, reader)] : []);
  const identity = ['when', 'tags', 'vars', ...params.map(({ key }) => key)].map((key) => [key, plainOf(child(mapping, key))]);
  return {
    name,
    source: named?.source ?? node.source,
    inherited: inheritFrom(outer, { ...mapping, entries: words.filter(({ key }) => key !== 'role' && key !== 'name') }, reader),
    vars: varsMapping ? ofRole('vars', varsMapping) : [],
    params: ofRole('parameters', { ...mapping, entries: params }),
    from: {},
    sameBy: JSON.stringify(identity),
    isPublic: true,
  };
}

/** A role's name as written; undefined when there is none (the problem is then noted). */
export function roleName(node: Node | undefined, mapping: MappingNode, { problems }: PlaybookReader): string | undefined {
  if (node?.kind === 'scalar' && typeof node.value === 'string' && !node.value.includes('{{')) return node.value;
  problems.lose();
  const hint = node?.kind === 'scalar' && typeof node.value === 'string' ? 'It is read before the run, so the name holds no variables.' : undefined;
  problems.error(`a role wants a name, got ${node ? describeNode(node) : 'nothing'}`, node?.source ?? mapping.source, hint ?? 'Write role: NAME.');
  return undefined;
}

/** Whether a key that is no word is a parameter of the role, and not a word misspelt or out of place. */
function isParameter(entry: Entry, { problems }: PlaybookReader): boolean {
  const { key, keyNode } = entry;
  if (refuseAbsent(entry, problems)) return false;
  const near = nearest(key, ['role', 'when', 'tags', 'vars', 'become', 'become_user', 'become_method', 'environment', 'delegate_to']);
  if (isWordAnywhere(key) || near !== undefined) {
    if (near === undefined) refuseWord(key, keyNode.source, 'role', problems);
    else
      problems.error(`"${key}" is no word of a role of the play`, keyNode.source, `Did you mean "${near}"? A variable of this name goes below vars.`);
    return false;
  }
  return checkVariableName(key, keyNode.source, problems);
}
