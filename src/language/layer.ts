import type { Source } from '../values/errors.ts';
import type { MappingNode, Node } from './node.ts';
import type { Problems } from './problems.ts';
import { mappingOf, type Reader, readYaml } from './reader.ts';
import { compileValue } from './value.ts';
import type { Binding, Layer } from './variables.ts';

/** Names that the language itself gives a value; nobody may set them. */
const magicNames: readonly string[] = [
  'inventory_hostname',
  'inventory_hostname_short',
  'group_names',
  'groups',
  'hostvars',
  'play_hosts',
  'ansible_play_hosts',
  'playbook_dir',
  'inventory_dir',
  'inventory_file',
  'role_name',
  'ansible_role_name',
  'role_path',
  'ansible_check_mode',
  'ansible_diff_mode',
  'ansible_play_name',
  'homerun_version',
  'facts',
  'omit',
  'vars',
];

/** What may be used as the name of a variable: what both templates and conditions can spell. */
const identifier = /^[A-Za-z_]\w*$/;

/** Checks the name of a variable. */
export function checkVariableName(name: string, source: Node['source'], problems: Problems): boolean {
  if (!identifier.test(name)) {
    problems.error(
      `"${name}" cannot be the name of a variable`,
      source,
      `Letters, digits and _ are allowed, the first being no digit: ${name.replaceAll(/\W+/g, '_').replace(/^(?=\d)/, '_') || '_'}.`,
    );
  } else if (magicNames.includes(name)) {
    problems.error(`the variable "${name}" is set by homerun itself`, source, 'Take another name.');
  } else return true;
  return false;
}

/** A layer of the variables in a mapping. */
export function layerOf(name: string, mapping: MappingNode, { templates, problems }: Pick<Reader, 'templates' | 'problems'>): Layer {
  const bindings = new Map<string, Binding>();
  for (const { key, keyNode, value } of mapping.entries) {
    if (checkVariableName(key, keyNode.source, problems))
      bindings.set(key, { expression: compileValue(value, templates, problems), source: keyNode.source });
  }
  return { name, bindings };
}

/** The variables of a YAML file; undefined when there are none or it is wrong. */
export function fileLayer(path: string, reader: Pick<Reader, 'files' | 'templates' | 'problems'>, asked?: Source): Layer | undefined {
  const node = readYaml(reader, path, asked);
  const mapping = node && mappingOf(node, 'a file of variables', reader.problems, 'Write one "name: value" a line.');
  return mapping && layerOf(reader.files.shown(path), mapping, reader);
}
