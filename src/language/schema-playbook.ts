import { flag, type JsonSchema, refused, shared } from '../values/json-schema.ts';
import { metaActions } from './block.ts';
import { wordSchema } from './schema-words.ts';
import { absentWords, isBlockWord, type Place, wordsAt } from './words.ts';

/** What the schema of playbooks must know of a module. */
export interface DescribedModule {
  readonly name: string;
  readonly summary: string;
  /** Of the mapping of parameters. */
  readonly params: JsonSchema;
  /** Parameters that must be there, each with its other names. */
  readonly needed: readonly (readonly string[])[];
  /** The parameter that text behind the module's name is. */
  readonly freeForm?: string;
}

/** Ansible's longer names of a module: `ansible.builtin.copy`. */
const collection = '(ansible|community)\\.\\w+\\.';

/**
 * The schema of playbooks, or of files of tasks, for editors. It says less than `homerun lint`: what a task lacks altogether, and rules about
 * several parameters, are not in it. What it refuses, `lint` refuses too, but for a parameter that must be there and comes from `module_defaults` further out.
 */
export function playbookSchema(modules: readonly DescribedModule[], of: 'playbook' | 'tasks'): JsonSchema {
  const definitions = {
    ...shared,
    ...Object.fromEntries(modules.map((module) => [definitionOf(module), module.params])),
    play: { ...mappingOf('play'), required: ['hosts'] },
    playbookImport: mappingOf(['name', 'when', 'tags', 'vars'], {
      import_playbook: { type: 'string', description: 'Another playbook; its plays stand here.' },
    }),
    block: { ...mappingOf('block'), required: ['block'] },
    import: mappingOf('import', {}, { [`^(${collection})?import_tasks$`]: importedTasks }),
    roleImport: mappingOf(
      'import',
      {},
      { [`^(${collection})?import_role$`]: roleCall('The tasks of a role, read before the run; they stand here.') },
    ),
    include: mappingOf('include', {}, includes()),
    role: { anyOf: [{ type: 'string' }, { ...mappingOf('role'), additionalProperties: {}, ...roleName }] },
    moduleDefaults: defaultsOf(modules),
    meta: mappingOf(
      ['name', 'when', 'tags', 'vars'],
      {},
      { [`^(${collection})?meta$`]: { enum: metaActions, description: 'Something for the run itself.' } },
    ),
    call: callOf('task', modules),
    handlerCall: callOf('handler', modules),
    task: choice(
      [['block', 'rescue', 'always'], 'block'],
      [['import_tasks', 'ansible.builtin.import_tasks'], 'import'],
      [['import_role', 'ansible.builtin.import_role'], 'roleImport'],
      [['tasks', 'role', 'vars'].flatMap((what) => [`include_${what}`, `ansible.builtin.include_${what}`]), 'include'],
      [['meta', 'ansible.builtin.meta'], 'meta'],
      'call',
    ),
    handler: choice([['import_tasks', 'ansible.builtin.import_tasks'], 'import'], 'handlerCall'),
    playOrImport: choice([['import_playbook'], 'playbookImport'], 'play'),
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: of === 'playbook' ? 'Playbook of homerun' : 'Tasks of homerun',
    type: 'array',
    items: { $ref: `#/definitions/${of === 'playbook' ? 'playOrImport' : 'task'}` },
    definitions,
  };
}

const importedTasks: JsonSchema = {
  description: 'A file of tasks, read before the run; they stand here.',
  anyOf: [{ type: 'string' }, { type: 'object', properties: { file: { type: 'string' } }, required: ['file'] }],
};

const roleName: JsonSchema = { anyOf: [{ required: ['role'] }, { required: ['name'] }] };

/** What stands behind `import_role` and `include_role`. */
function roleCall(description: string, more: JsonSchema = {}): JsonSchema {
  const text = { type: 'string' };
  const files = ['tasks_from', 'handlers_from', 'vars_from', 'defaults_from'].map((word) => [word, text]);
  const flags = ['allow_duplicates', 'public'].map((word) => [word, flag]);
  return {
    description,
    type: 'object',
    properties: { name: text, role: text, ...Object.fromEntries([...files, ...flags]), ...more },
    additionalProperties: false,
    ...roleName,
  };
}

function includes(): JsonSchema {
  const apply = mappingOf(wordsAt('block').filter(isBlockWord));
  const file = (description: string, more: JsonSchema) => ({
    description,
    anyOf: [{ type: ['string', 'null'] }, { type: 'object', properties: { file: { type: 'string' }, ...more }, additionalProperties: false }],
  });
  return {
    [`^(${collection})?include_tasks$`]: file('A file of tasks, chosen when its turn comes.', { apply }),
    [`^(${collection})?include_vars$`]: file('A file of variables, chosen when its turn comes.', { name: { type: 'string' } }),
    [`^(${collection})?include_role$`]: roleCall('A role, chosen when its turn comes.', { apply }),
  };
}

/** What `module_defaults` holds: parameters by the names of modules. */
function defaultsOf(modules: readonly DescribedModule[]): JsonSchema {
  const params = (module: DescribedModule) => ({
    description: module.summary,
    anyOf: [{ $ref: `#/definitions/${definitionOf(module)}` }, { type: 'null' }],
  });
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries(modules.map((module) => [module.name, params(module)])),
    patternProperties: Object.fromEntries(modules.map((module) => [`^${collection}${module.name}$`, params(module)])),
    additionalProperties: false,
  };
}

/** A mapping of the words of a place; those that Ansible has besides are told what to write instead. */
function mappingOf(place: Place | readonly string[], more: JsonSchema = {}, patterns?: JsonSchema): JsonSchema {
  const words = typeof place === 'string' ? wordsAt(place) : place;
  const absent = Object.entries(absentWords()).map(([word, instead]) => [word, refused(instead)]);
  return {
    type: 'object',
    properties: { ...Object.fromEntries(absent), ...Object.fromEntries(words.map((word) => [word, wordSchema(word)])), ...more },
    ...(patterns && { patternProperties: patterns }),
    additionalProperties: false,
  };
}

/** A task that calls a module. What its parameters must hold is asked for where there is no `args` that may hold it. */
function callOf(place: 'task' | 'handler', modules: readonly DescribedModule[]): JsonSchema {
  const behind = modules.map((module) => [module.name, behindName(module)] as const);
  const needed = modules.flatMap(({ name, needed: params }) => (params.length > 0 ? [[name, { allOf: params.map(oneOf) }] as const] : []));
  return {
    ...mappingOf(place, Object.fromEntries(behind), Object.fromEntries(behind.map(([name, schema]) => [`^${collection}${name}$`, schema]))),
    if: { not: { anyOf: [{ required: ['args'] }, { required: ['module_defaults'] }] } },
    // oxlint-disable-next-line unicorn/no-thenable -- A word of JSON Schema.
    then: { properties: Object.fromEntries(needed) },
  };
}

function oneOf(names: readonly string[]): JsonSchema {
  return names.length === 1 ? { required: names } : { anyOf: names.map((name) => ({ required: [name] })) };
}

function behindName(module: DescribedModule): JsonSchema {
  const params = { $ref: `#/definitions/${definitionOf(module)}` };
  const others = [...(module.freeForm === undefined ? [] : ['string', 'number']), 'null'];
  return { description: module.summary, anyOf: [params, { type: others }] };
}

function definitionOf({ name }: DescribedModule): string {
  return `module_${name}`;
}

/** What a mapping is, by the keys of which it has one; the last is what it is otherwise. */
function choice(...cases: readonly (readonly [keys: readonly string[], definition: string] | string)[]): JsonSchema {
  const [first, ...others] = cases;
  if (typeof first === 'string' || first === undefined) return { $ref: `#/definitions/${first}` };
  const [keys, definition] = first;
  return {
    if: { type: 'object', anyOf: keys.map((key) => ({ required: [key] })) },
    // oxlint-disable-next-line unicorn/no-thenable -- A word of JSON Schema.
    then: { $ref: `#/definitions/${definition}` },
    else: choice(...others),
  };
}
