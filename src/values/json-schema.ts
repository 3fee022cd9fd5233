/** A schema for editors, draft 07 of JSON Schema: what every editor's YAML support takes. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** What the schemas of the language and of modules have in common; `shared` says what each name stands for. */
export const template: JsonSchema = { $ref: '#/definitions/template' };
export const flag: JsonSchema = { $ref: '#/definitions/flag' };
export const condition: JsonSchema = { $ref: '#/definitions/condition' };

/** Text in which a value is put in only when the playbook is run. */
const holdsTemplate = '\\{\\{';

export const shared: { readonly [name: string]: JsonSchema } = {
  template: { type: 'string', pattern: holdsTemplate },
  flag: {
    anyOf: [
      { type: 'boolean' },
      { enum: [0, 1], doNotSuggest: true },
      { type: 'string', pattern: `^([Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[YyNn01])$|${holdsTemplate}` },
    ],
  },
  condition: { anyOf: [{ type: ['boolean', 'string'] }, { type: 'array', items: { type: ['boolean', 'string'] } }] },
};

/** `schema` of a value for which a template may be written as well. */
export function orTemplate(schema: JsonSchema): JsonSchema {
  const { type, pattern, description, default: value, anyOf, ...rest } = schema;
  const about = { ...(description !== undefined && { description }), ...(value !== undefined && { default: value }) };
  const isBare = Object.keys(rest).length === 0;
  if (isBare && anyOf === undefined && (type === undefined || takesText(type))) {
    return pattern === undefined ? schema : { ...schema, pattern: `(?:${String(pattern)})|${holdsTemplate}` };
  }
  if (isBare && type === undefined && Array.isArray(anyOf)) {
    const branches = anyOf as readonly JsonSchema[];
    return branches.some(takesAnyText) ? schema : { ...about, anyOf: [...branches, template] };
  }
  return { ...about, anyOf: [{ ...schema, description: undefined, default: undefined }, template].map(defined) };
}

/** A name that may not be written, with what to do instead: told where it is pointed at. */
export function refused(reason: string): JsonSchema {
  return { not: {}, description: reason, errorMessage: reason, doNotSuggest: true };
}

function takesText(type: unknown): boolean {
  return type === 'string' || (Array.isArray(type) && type.includes('string'));
}

function takesAnyText(schema: JsonSchema): boolean {
  const constraints = Object.keys(schema).filter((key) => key !== 'description' && key !== 'type');
  return constraints.length === 0 && (schema['type'] === undefined || takesText(schema['type']));
}

function defined(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
