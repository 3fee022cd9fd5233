import type { JsonSchema } from '../../src/values/json-schema.ts';

/** Words that say nothing of what is right. */
const annotations = new Set(['$schema', 'title', 'description', 'default', 'definitions', 'doNotSuggest', 'errorMessage']);

type Check = (value: unknown, wanted: unknown, schema: JsonSchema, root: JsonSchema) => readonly Place[];

/** Where a value is wrong: the keys on the way, with dots between them. */
type Place = string;

/**
 * Validates by draft 07 of JSON Schema, as far as our schemas use it: for these tests alone.
 * @returns the places that are wrong; an unknown key is a place itself.
 * @throws Error for a word of JSON Schema that is not known here.
 */
export function wrongPlaces(value: unknown, schema: JsonSchema, root: JsonSchema = schema): readonly Place[] {
  return Object.entries(schema).flatMap(([word, wanted]) => {
    if (annotations.has(word)) return [];
    const check = checks[word];
    if (!check) throw new Error(`the word ${word} is not known`);
    return check(value, wanted, schema, root);
  });
}

const here: readonly Place[] = [''];
const holds = (isRight: boolean): readonly Place[] => (isRight ? [] : here);
const isRight = (value: unknown, schema: unknown, root: JsonSchema) => wrongPlaces(value, schema as JsonSchema, root).length === 0;
const mapping = (value: unknown): { readonly [key: string]: unknown } | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: unknown }) : undefined;
const below = (key: string | number, value: unknown, schema: unknown, root: JsonSchema): readonly Place[] =>
  wrongPlaces(value, schema as JsonSchema, root).map((place) => (place === '' ? String(key) : `${key}.${place}`));
const matching = (key: string, patterns: unknown): readonly unknown[] =>
  Object.entries(patterns ?? {}).flatMap(([pattern, schema]) => (new RegExp(pattern, 'u').test(key) ? [schema as unknown] : []));

const kinds: { readonly [type: string]: (value: unknown) => boolean } = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: Array.isArray,
  object: (value) => mapping(value) !== undefined,
};

const checks: { readonly [word: string]: Check } = {
  $ref: (value, wanted, _schema, root) => {
    const name = String(wanted).replace('#/definitions/', '');
    const found = (root['definitions'] as { readonly [name: string]: JsonSchema })[name];
    if (!found) throw new Error(`${String(wanted)} leads nowhere`);
    return wrongPlaces(value, found, root);
  },
  type: (value, wanted) => holds([wanted].flat().some((type) => kinds[String(type)]?.(value))),
  enum: (value, wanted) => holds((wanted as readonly unknown[]).includes(value)),
  const: (value, wanted) => holds(value === wanted),
  pattern: (value, wanted) => holds(typeof value !== 'string' || new RegExp(String(wanted), 'u').test(value)),
  minLength: (value, wanted) => holds(typeof value !== 'string' || value.length >= Number(wanted)),
  maxLength: (value, wanted) => holds(typeof value !== 'string' || value.length <= Number(wanted)),
  minimum: (value, wanted) => holds(typeof value !== 'number' || value >= Number(wanted)),
  maximum: (value, wanted) => holds(typeof value !== 'number' || value <= Number(wanted)),
  exclusiveMinimum: (value, wanted) => holds(typeof value !== 'number' || value > Number(wanted)),
  minItems: (value, wanted) => holds(!Array.isArray(value) || value.length >= Number(wanted)),
  items: (value, wanted, _schema, root) => (Array.isArray(value) ? value.flatMap((item, index) => below(index, item, wanted, root)) : []),
  required: (value, wanted) => holds(!mapping(value) || (wanted as readonly string[]).every((key) => Object.hasOwn(value as object, key))),
  properties: (value, wanted, _schema, root) =>
    Object.entries(mapping(value) ?? {}).flatMap(([key, inner]) =>
      Object.hasOwn(wanted as object, key) ? below(key, inner, (wanted as JsonSchema)[key], root) : [],
    ),
  patternProperties: (value, wanted, _schema, root) =>
    Object.entries(mapping(value) ?? {}).flatMap(([key, inner]) => matching(key, wanted).flatMap((schema) => below(key, inner, schema, root))),
  additionalProperties: (value, wanted, { properties, patternProperties }, root) =>
    Object.entries(mapping(value) ?? {})
      .filter(([key]) => !Object.hasOwn(properties ?? {}, key) && matching(key, patternProperties).length === 0)
      .flatMap(([key, inner]) => (wanted === false ? [key] : below(key, inner, wanted, root))),
  propertyNames: (value, wanted, _schema, root) => Object.keys(mapping(value) ?? {}).filter((key) => !isRight(key, wanted, root)),
  not: (value, wanted, _schema, root) => holds(!isRight(value, wanted, root)),
  allOf: (value, wanted, _schema, root) => (wanted as readonly JsonSchema[]).flatMap((one) => wrongPlaces(value, one, root)),
  // Of several the one that comes nearest tells where it is wrong, as editors do it.
  anyOf: (value, wanted, _schema, root) =>
    (wanted as readonly JsonSchema[])
      .map((one) => wrongPlaces(value, one, root))
      .reduce((best, places) => (depth(places) > depth(best) ? places : best)),
  if: (value, wanted, schema, root) => {
    const next = schema[isRight(value, wanted, root) ? 'then' : 'else'];
    return next === undefined ? [] : wrongPlaces(value, next as JsonSchema, root);
  },
  // oxlint-disable-next-line unicorn/no-thenable -- A word of JSON Schema.
  then: () => [],
  else: () => [],
};

function depth(places: readonly Place[]): number {
  return places.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...places.map((place) => place.length));
}
