import type { Source } from '../values/errors.ts';
import type { Conditions } from './condition.ts';
import type { Files } from './files.ts';
import { describeNode, type ListNode, type MappingNode, type Node } from './node.ts';
import type { Problems } from './problems.ts';
import type { RunProgram } from './programs.ts';
import type { Templates } from './template.ts';
import { parseYaml } from './yaml.ts';

/** What everything that reads a user's files works with. */
export interface Reader {
  readonly files: Files;
  readonly templates: Templates;
  readonly conditions: Conditions;
  readonly problems: Problems;
  /** For inventories that are programs. */
  readonly runProgram: RunProgram;
}

/** The content of a YAML file; undefined when it is empty, or wrong (the problems are then noted). `asked` is the place that names it. */
export function readYaml({ files, problems }: Pick<Reader, 'files' | 'problems'>, path: string, asked?: Source): Node | undefined {
  const text = problems.collect(() => files.text(path, asked));
  if (text === undefined) {
    problems.lose();
    return undefined;
  }
  if (text.startsWith('$ANSIBLE_VAULT;')) {
    problems.lose();
    problems.error(
      'this file is encrypted by Ansible Vault, which is not read',
      { file: files.shown(path), line: 1, column: 1 },
      'Decrypt it with ansible-vault, and put each value into the secrets file: homerun secret set NAME.',
    );
    return undefined;
  }
  const { node, problems: found } = parseYaml(text, files.shown(path));
  for (const problem of found) problems.add(problem);
  if (found.length > 0) problems.lose();
  return node;
}

/** `node` if it is a mapping; otherwise a problem is noted. Nothing at all (`vars:`) is an empty mapping. */
export function mappingOf(node: Node, what: string, problems: Problems, hint?: string): MappingNode | undefined {
  if (node.kind === 'mapping') return node;
  if (node.kind === 'scalar' && node.value === null) return { kind: 'mapping', entries: [], source: node.source };
  problems.error(`${what} wants a mapping (key: value), got ${describeNode(node)}`, node.source, hint);
  return undefined;
}

/** `node` if it is a list; otherwise a problem is noted. Nothing at all (`tasks:`) is an empty list. */
export function listOf(node: Node, what: string, problems: Problems, hint?: string): ListNode | undefined {
  if (node.kind === 'list') return node;
  if (node.kind === 'scalar' && node.value === null) return { kind: 'list', items: [], source: node.source };
  const dashed = node.kind === 'mapping' ? node.entries.find(({ key }) => key.startsWith('-')) : undefined;
  problems.error(
    `${what} wants a list (each item after "- "), got ${describeNode(node)}`,
    node.source,
    dashed ? `Write a space after the dash: - ${dashed.key.slice(1)}: …` : hint,
  );
  return undefined;
}
