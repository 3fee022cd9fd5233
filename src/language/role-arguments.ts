import { join } from 'node:path';
import type { Source } from '../values/errors.ts';
import { type ArgumentSpecs, specsOf } from './argument-specs.ts';
import { conform, type OptionSpec } from './argument-types.ts';
import type { Walk } from './check.ts';
import { holds, known } from './check-task.ts';
import type { Condition } from './expression.ts';
import { child, type MappingNode } from './node.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf, readYaml } from './reader.ts';
import type { Layer, Surroundings } from './variables.ts';

/** What a role declares of its parameters, at one mention of it. */
export interface RoleArguments {
  readonly role: string;
  /** The mention. */
  readonly source: Source;
  readonly specs: ArgumentSpecs;
  readonly when: readonly Condition[];
  readonly vars: readonly Layer[];
  readonly around: Surroundings;
}

/**
 * What `meta/argument_specs.yaml`, or `argument_specs` of `meta/main.yaml`, says of an entry point of a role; undefined where it says nothing.
 * @param entry `main`, or what `tasks_from` names.
 */
export function readRoleSpecs(folder: string, meta: MappingNode | undefined, entry: string, reader: PlaybookReader): ArgumentSpecs | undefined {
  const { files, problems } = reader;
  const path = ['yaml', 'yml'].map((end) => join(folder, 'meta', `argument_specs.${end}`)).find((one) => files.kind(one) === 'file');
  const node = path === undefined ? undefined : readYaml(reader, path);
  const top = node ? mappingOf(node, 'a file of argument specs', problems) : meta;
  const entries = top && child(top, 'argument_specs');
  const mapping = entries && mappingOf(entries, 'argument_specs', problems);
  const own = mapping && child(mapping, entry.replace(/\.ya?ml$/, ''));
  const specs = own && mappingOf(own, 'argument specs', problems);
  return specs && child(specs, 'options') ? specsOf(specs, files.shown(path ?? join(folder, 'meta')), reader) : undefined;
}

/** Checks what a role is given on a host, as far as it is known before the run. */
export function checkRoleArguments({ role, source, specs, when, vars, around }: RoleArguments, walk: Walk): void {
  const found = walk.problems.of(walk.checked.host.name);
  const scope = walk.scope({ vars, around }, walk.frame);
  if (!holds({ when }, scope, found)) return;
  for (const [name, spec] of specs.options) {
    const { state, value } = known({ evaluate: (at) => at.get(name) }, scope, found);
    if (state !== 'known') continue;
    if (value !== undefined && value !== null) {
      const result = conform(value, asInAnsible(spec), name);
      if ('problems' in result)
        for (const { message, hint } of result.problems)
          found.error(`the role "${role}": ${message}`, source, hint ?? `It is declared in ${specs.file}.`);
    } else if (spec.required) {
      const what = spec.description === undefined ? '' : ` ${spec.description}`;
      found.error(`the role "${role}" wants a value of "${name}"`, source, `It is declared in ${specs.file}.${what}`);
    }
  }
}

/** In a role's specs a path may be relative. */
function asInAnsible(spec: OptionSpec): OptionSpec {
  return spec.type === 'path' ? { ...spec, type: 'str' } : spec;
}
