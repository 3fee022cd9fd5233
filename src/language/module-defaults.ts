import { refuseModule, shortModuleName } from './module-call.ts';
import { child, type MappingNode } from './node.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf } from './reader.ts';

/**
 * The reader for what is in a play, block or task: with its `module_defaults`. As in Ansible what it says of a module takes the place of all that
 * those around it say of this module.
 */
export function moduleDefaultsOf(mapping: MappingNode, reader: PlaybookReader): PlaybookReader {
  const { problems, modules } = reader;
  const node = child(mapping, 'module_defaults');
  const given = node && mappingOf(node, 'module_defaults', problems, 'Write MODULE: {parameter: value}.');
  if (!given) return reader;
  const defaults = new Map(reader.moduleDefaults);
  for (const { key, keyNode, value } of given.entries) {
    const module = shortModuleName(key);
    const params = mappingOf(value, `the defaults of "${key}"`, problems, 'Write one "parameter: value" a line below it.');
    if (key.startsWith('group/'))
      problems.error('groups of modules are not supported', keyNode.source, 'Write the defaults of each module: MODULE: {parameter: value}.');
    else if (!modules.names.includes(module)) refuseModule(key, keyNode.source, reader);
    else if (params) defaults.set(module, params.entries);
  }
  return { ...reader, moduleDefaults: defaults };
}
