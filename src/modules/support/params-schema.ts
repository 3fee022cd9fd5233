import * as z from 'zod';
import { condition, flag, type JsonSchema, orTemplate, refused } from '../../values/json-schema.ts';
import type { Module } from '../module.ts';
import { referenceOf } from './reference.ts';

/** What an editor must know of a module. */
export interface ModuleSchema {
  readonly name: string;
  readonly summary: string;
  /** Of the mapping of parameters; what must be there is said by `needed`. */
  readonly params: JsonSchema;
  /** Parameters that must be there, each with its other names: below the module's name or below `args`. */
  readonly needed: readonly (readonly string[])[];
  readonly freeForm?: string;
}

/** Describes the parameters of a module for an editor, as a user may write them. */
export function schemaOf(name: string, module: Module): ModuleSchema {
  const made = z.toJSONSchema(module.params, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => asWritten(zodSchema, jsonSchema),
  });
  const { $schema: _, required: __, properties = {}, ...rest } = withTemplates(made) as JsonSchema & { properties?: object };
  const aliases = Object.entries(module.aliases ?? {});
  const own = new Map(Object.entries(properties) as [string, JsonSchema][]);
  const others = aliases.map(([other, param]) => [other, { ...own.get(param), doNotSuggest: true }] as const);
  const absent = own.size > 0 ? Object.entries(module.absent ?? {}).map(([param, reason]) => [param, refused(reason)] as const) : [];
  const needed = referenceOf(name, module).params.filter((param) => param.isRequired && own.has(param.name));
  return {
    name,
    summary: module.summary,
    params: { ...rest, ...(own.size > 0 && { properties: Object.fromEntries([...own, ...others, ...absent]) }) },
    needed: needed.map((param) => [param.name, ...aliases.flatMap(([other, owned]) => (owned === param.name ? [other] : []))]),
    ...(module.freeForm !== undefined && { freeForm: module.freeForm }),
  };
}

type Made = z.core.JSONSchema.BaseSchema;

/** What zod cannot tell: what is written where the module is given something else, and what a preparation lets through. */
function asWritten(schema: z.core.$ZodType, made: Made): void {
  if (made['local'] !== undefined) replace(made, { type: 'string' });
  if (made['conditions'] !== undefined) replace(made, condition);
  if (made['variable'] !== undefined) replace(made, { type: 'string' });
  if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;
  if (made.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum;
  // As text too: templates give it, and what bounds the number does not speak of text.
  if (schema instanceof z.ZodNumber && schema.def.coerce)
    Object.assign(made, { type: [made.type, 'string'], pattern: '^\\s*-?[0-9]+(\\.[0-9]+)?\\s*$' });
  if (schema instanceof z.ZodDefault) made.default = schema.def.defaultValue;
  // A Secret is nothing that anybody writes.
  if (schema instanceof z.ZodUnion && made.anyOf) made.anyOf = made.anyOf.filter((_, index) => canBeWritten(schema.options[index]));
  if (!(schema instanceof z.ZodPipe && schema.def.in instanceof z.ZodTransform)) return;
  if (made.type === 'boolean') replace(made, flag);
  else if (made.type === 'array') replace(made, { anyOf: [{ type: 'array', items: made.items }, ...asOne(schema, made.items as JsonSchema)] });
  else if (made.type === 'string') {
    const others = takenToo(schema);
    // The type of zod's JSON Schema knows one kind only.
    if (others.length > 0) Object.assign(made, { type: ['string', ...others] });
  }
}

function canBeWritten(option: z.core.$ZodType | undefined): boolean {
  return !(option instanceof z.ZodCustom) || ['text', 1, true, [], {}, null].some((value) => option.safeParse(value).success);
}

/** A list of one may be written as the one; text with commas or blanks is a list to some modules. */
function asOne(schema: z.ZodPipe, item: JsonSchema): readonly JsonSchema[] {
  const { type } = item;
  const isPlain = ['string', 'integer', 'number'].some((one) => type === one || (Array.isArray(type) && type.includes(one)));
  const words = Array.isArray(item['enum']) ? [item['enum'].join(',')] : ['a,b', 'a b', '200,201'];
  const isSplit = isPlain && words.some((text) => isSeveral(schema.safeParse(text).data));
  return [isSplit ? { type: 'string' } : item];
}

function isSeveral(value: unknown): boolean {
  return Array.isArray(value) && value.length > 1;
}

/** The other kinds that a preparation makes text of. */
function takenToo(schema: z.ZodPipe): readonly string[] {
  const takes = (values: readonly unknown[]) => values.some((value) => schema.safeParse(value).success);
  return [...(takes([0, 1, 22, 8080, 1.5]) ? ['number'] : []), ...(takes([true, false]) ? ['boolean'] : [])];
}

function replace(made: Made, by: JsonSchema): void {
  const { description, default: value } = made;
  for (const key of Object.keys(made)) delete made[key];
  Object.assign(made, '$ref' in by ? { anyOf: [by] } : by, description !== undefined && { description }, value !== undefined && { default: value });
}

/** The schema of a mapping of parameters, with a template allowed for every value in it. */
function withTemplates(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'properties') return [key, mapped(value as { readonly [name: string]: JsonSchema }, open)];
      if ((key === 'items' || key === 'additionalProperties') && typeof value === 'object') return [key, open(value as JsonSchema)];
      if (key === 'propertyNames') return [key, orTemplate(value as JsonSchema)];
      return key === 'anyOf' ? [key, (value as readonly JsonSchema[]).map(withTemplates)] : [key, value];
    }),
  );
}

function open(schema: JsonSchema): JsonSchema {
  const [first, ...others] = Array.isArray(schema['anyOf']) ? (schema['anyOf'] as readonly JsonSchema[]) : [];
  // These take templates themselves.
  if (first && others.length === 0 && '$ref' in first) return schema;
  return orTemplate(withTemplates(schema));
}

function mapped(schemas: { readonly [name: string]: JsonSchema }, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, change(schema)]));
}
