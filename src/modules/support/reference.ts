import * as z from 'zod';
import type { Example, Module } from '../module.ts';
import { conditionParams, localParams, variableParams } from '../params.ts';

/** A parameter as a reader sees it. */
export interface ParamReference {
  /** Of an entry of a parameter with its parameter before it: `wait_healthy.url`. */
  readonly name: string;
  /** `text`, `one of present, absent`, `list of text`, … */
  readonly type: string;
  readonly isRequired: boolean;
  /** As JSON; absent when there is none. */
  readonly default?: string;
  /** With full stops. */
  readonly description: string;
}

/** A module's page of the reference, as data. Everything comes from the module itself. */
export interface ModuleReference {
  readonly name: string;
  readonly summary: string;
  readonly params: readonly ParamReference[];
  /** The module takes any parameters, by the user's own names (`set_fact`). */
  readonly takesAny: boolean;
  readonly freeForm?: string;
  /** Ansible's parameters that are left out: why, or what to write instead. */
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
  readonly examples: readonly Example[];
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Describes a module. */
export function referenceOf(name: string, module: Module): ModuleReference {
  const shape = module.params instanceof z.ZodObject ? Object.entries<z.ZodType>(module.params.shape) : [];
  const local = localParams(module.params);
  const conditions = new Set(conditionParams(module.params));
  const variables = new Set(variableParams(module.params));
  const aliases = Object.entries(module.aliases ?? {});
  const othersOf = (param: string) => aliases.flatMap(([other, own]) => (own === param ? [`Also called \`${other}\`.`] : []));
  const typeOf = (param: string, field: z.ZodType) => {
    const kind = local.get(param);
    if (kind) return `path of a ${kind === 'tree' ? 'file or folder' : kind} on this machine`;
    if (variables.has(param)) return 'name of a variable';
    return conditions.has(param) ? 'list of conditions' : typeText(jsonSchemaOf(field));
  };
  return {
    name,
    summary: module.summary,
    params: shape.flatMap(([param, field]) => [
      {
        name: param,
        type: typeOf(param, field),
        // Asked of the schema itself: what prepares a value hides from JSON Schema whether there must be one.
        isRequired: !field.safeParse(undefined).success,
        ...(field instanceof z.ZodDefault && { default: JSON.stringify(field.def.defaultValue) }),
        description: [field.description ?? '', ...othersOf(param)].join(' '),
      },
      ...(local.has(param) || conditions.has(param) ? [] : entriesOf(param, field)),
    ]),
    takesAny: !(module.params instanceof z.ZodObject),
    ...(module.freeForm !== undefined && { freeForm: module.freeForm }),
    absent: Object.entries(module.absent ?? {}).map(([param, reason]) => ({ name: param, reason })),
    examples: module.examples,
  };
}

/** The entries of a parameter that is a mapping of known keys, or a list of such. */
function entriesOf(param: string, field: z.ZodType): readonly ParamReference[] {
  const found = mappingIn(field);
  if (!found) return [];
  const { inside, isItem } = found;
  return Object.entries<z.ZodType>(inside.shape).map(([key, entry]) => ({
    name: `${param}${isItem ? '[]' : ''}.${key}`,
    type: typeText(jsonSchemaOf(entry)),
    isRequired: !entry.safeParse(undefined).success,
    ...(entry instanceof z.ZodDefault && { default: JSON.stringify(entry.def.defaultValue) }),
    description: entry.description ?? '',
  }));
}

interface MappingWithin {
  readonly inside: z.ZodObject;
  readonly isItem: boolean;
}

/** The mapping of known keys that a schema is about, below what makes it optional, prepares it, or lists it. */
function mappingIn(schema: z.core.$ZodType, isItem = false): MappingWithin | undefined {
  if (schema instanceof z.ZodObject) return { inside: schema, isItem };
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return mappingIn(schema.def.innerType, isItem);
  if (schema instanceof z.ZodPipe) return mappingIn(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in, isItem);
  if (schema instanceof z.ZodArray) return mappingIn(schema.def.element, true);
  if (!(schema instanceof z.ZodUnion)) return undefined;
  return schema.def.options.map((option) => mappingIn(option, isItem)).find((found) => found !== undefined);
}

function jsonSchemaOf(field: z.ZodType): JsonSchema {
  return z.toJSONSchema(field, { io: 'input', unrepresentable: 'any', reused: 'inline' });
}

const words: { readonly [type: string]: string } = {
  string: 'text',
  boolean: 'true or false',
  integer: 'whole number',
  object: 'mapping',
  null: 'nothing',
};

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return `one of ${schema.enum.map(String).join(', ')}`;
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return alternatives(several);
  if (schema.type === 'array')
    return `list of ${typeof schema.items === 'object' && !Array.isArray(schema.items) ? typeText(schema.items) : 'values'}`;
  if (typeof schema.type !== 'string') return 'value';
  return words[schema.type] ?? schema.type;
}

/** Text is also taken as a number or a boolean: that is not worth a word. */
function alternatives(schemas: readonly (JsonSchema | boolean)[]): string {
  const types = new Set(schemas.map((schema) => (typeof schema === 'object' ? typeText(schema) : 'value')));
  if (types.has('text')) for (const implied of ['number', 'true or false', 'value']) types.delete(implied);
  return [...types].join(' or ');
}
