import { Secret } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';
import { describe, describeShown } from './describe.ts';
import { didYouMean } from './nearest.ts';
import { asBoolean } from './value.ts';

/** Types of a declared variable: Ansible's, and two that Matrix needs. */
export const specTypes = ['str', 'int', 'bool', 'float', 'list', 'dict', 'path', 'raw', 'size', 'duration'] as const;
export type SpecType = (typeof specTypes)[number];

/** What `on_machine` says of a variable. */
export const onMachineRules = ['unique', 'shared'] as const;

/** What a variable, or an entry of one, may be. */
export interface OptionSpec {
  readonly type: SpecType;
  /** Of the items of a list. */
  readonly elements?: SpecType;
  /** Of a mapping, or of the mappings that a list holds. */
  readonly options?: ReadonlyMap<string, OptionSpec>;
  readonly choices?: readonly Value[];
  readonly required: boolean;
  readonly hasDefault: boolean;
  readonly description?: string;
  /** The row of the guide that it covers. */
  readonly guide?: string;
  /** Its text is never shown. */
  readonly secret: boolean;
  /**
   * What hosts that are one machine may have: `unique` values that differ (of lists no item in common; `false` and
   * what is empty are no value), `shared` the same one. Where one of them has none they do not meet.
   */
  readonly onMachine?: (typeof onMachineRules)[number];
  /** The whole text must match it. */
  readonly pattern?: RegExp;
  /** The entry in which the mappings of a list must differ. */
  readonly unique?: string;
}

/** One thing wrong with a value: where inside it, and what. */
export interface Mismatch {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly hint?: string;
}

const expectations: Readonly<Record<SpecType, string>> = {
  str: 'text',
  int: 'a whole number',
  bool: 'true or false',
  float: 'a number',
  list: 'a list',
  dict: 'a mapping',
  path: 'an absolute path',
  raw: 'any value',
  size: 'a size such as 50M, 1G or 1048576',
  duration: 'a duration such as 30s, 15m, 1h or 7d',
};

/**
 * The value in its declared form (a number as text becomes text, text of a number a number, a secret a Secret), or what is wrong with it.
 * @param name how messages call it. @param written the text of a plain scalar as written: `1.10` for a text is not 1.1.
 */
export function conform(
  value: Value,
  spec: OptionSpec,
  name: string,
  written?: string,
): { readonly value: Value } | { readonly problems: readonly Mismatch[] } {
  const problems: Mismatch[] = [];
  const result = checked(value, spec, name, written, [], (problem) => problems.push(problem));
  return problems.length > 0 ? { problems } : { value: result };
}

type Note = (problem: Mismatch) => void;

function checked(value: Value, spec: OptionSpec, name: string, written: string | undefined, path: readonly PropertyKey[], note: Note): Value {
  const wrong = (expected: string, hint?: string): Value => {
    note({ path, message: `${name} wants ${expected}, got ${shown(value, spec.secret)}`, ...(hint !== undefined && { hint }) });
    return value;
  };
  const typed = scalarOf(value, spec.type, written);
  if (typed === undefined) return wrong(expectations[spec.type], hintFor(value, spec));
  if (spec.choices && !spec.choices.includes(typed))
    return wrong(
      `one of ${spec.choices.map(String).join(', ')}`,
      typeof typed === 'string' ? didYouMean(typed, spec.choices.map(String)) : undefined,
    );
  const text = typed instanceof Secret ? typed.reveal() : typed;
  if (spec.pattern && (typeof text === 'string' || typeof text === 'number') && !spec.pattern.test(String(text)))
    return wrong(`text of the form ${spec.pattern.source.replace(/^\^\(\?:(.*)\)\$$/, '$1')}`, spec.description);
  if (Array.isArray(typed)) {
    const items = typed.map((item: Value, index) => checked(item, itemSpec(spec), `${name}[${index}]`, undefined, [...path, index], note));
    if (spec.unique !== undefined) noteRepeated(items, spec.unique, spec.description, name, path, note);
    return items;
  }
  if (spec.options && isMapping(typed)) return entries(typed, spec.options, name, path, note);
  return spec.secret && typeof typed === 'string' ? new Secret(typed) : typed;
}

function itemSpec(spec: OptionSpec): OptionSpec {
  const { options, secret, pattern, description } = spec;
  const type = spec.elements ?? (options ? 'dict' : 'raw');
  return {
    type,
    required: false,
    hasDefault: false,
    secret,
    ...(options && { options }),
    ...(pattern && { pattern }),
    ...(pattern && description && { description }),
  };
}

/** Notes each mapping of a list whose entry `key` an earlier one has, too. */
function noteRepeated(
  items: readonly Value[],
  key: string,
  description: string | undefined,
  name: string,
  path: readonly PropertyKey[],
  note: Note,
): void {
  const values = items.map((item) => (isMapping(item) ? item[key] : undefined));
  for (const [index, value] of values.entries()) {
    const first = values.indexOf(value);
    if (value === undefined || first === index) continue;
    note({
      path: [...path, index, key],
      message: `${name}[${index}] wants a ${key} of its own, got ${describeShown(value)}, which is that of ${name}[${first}]`,
      ...(description !== undefined && { hint: description }),
    });
  }
}

function entries(
  value: { readonly [key: string]: Value },
  options: ReadonlyMap<string, OptionSpec>,
  name: string,
  path: readonly PropertyKey[],
  note: Note,
): Value {
  for (const key of Object.keys(value)) {
    if (!options.has(key))
      note({
        path: [...path, key],
        message: `${name} has no entry "${key}"`,
        hint: didYouMean(key, options.keys()) ?? `It has: ${[...options.keys()].join(', ')}.`,
      });
  }
  const pairs: [string, Value][] = [];
  for (const [key, spec] of options) {
    const given = value[key];
    if (given === undefined || given === null) {
      if (spec.required)
        note({ path, message: `${name} lacks the entry "${key}"`, ...(spec.description !== undefined && { hint: spec.description }) });
    } else pairs.push([key, checked(given, spec, `${name}.${key}`, undefined, [...path, key], note)]);
  }
  return Object.fromEntries(pairs);
}

/** The value in the form of its type; undefined when it is not of it. */
function scalarOf(value: Value, type: SpecType, written: string | undefined): Value | undefined {
  switch (type) {
    case 'raw':
      return value;
    case 'list':
      return Array.isArray(value) ? value : undefined;
    case 'dict':
      return isMapping(value) ? value : undefined;
    case 'bool':
      return value instanceof Secret ? asBoolean(value.reveal()) : asBoolean(value);
    case 'int':
    case 'float':
      return numberOf(value, type === 'int');
    case 'str':
      return textOf(value, written);
    case 'path':
      return ifText(value, written, (text) => text.startsWith('/') && !text.split('/').includes('..'));
    case 'size':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
        ? value
        : ifText(value, written, (text) => /^\d+[KMGT]?$/.test(text));
    case 'duration':
      break;
  }
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return isCount ? value : ifText(value, written, (text) => /^\d+(ms|[smhdwy])?$/.test(text));
}

function numberOf(value: Value, isWhole: boolean): number | undefined {
  const text = value instanceof Secret ? value.reveal() : value;
  const number = typeof text === 'string' && /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  return typeof number === 'number' && (!isWhole || Number.isSafeInteger(number)) ? number : undefined;
}

function textOf(value: Value, written: string | undefined): string | Secret | undefined {
  if (typeof value === 'string' || value instanceof Secret) return value;
  return typeof value === 'number' ? (written ?? String(value)) : undefined;
}

function ifText(value: Value, written: string | undefined, test: (text: string) => boolean): string | Secret | undefined {
  const text = textOf(value, written);
  if (text === undefined) return undefined;
  return test(text instanceof Secret ? text.reveal() : text) ? text : undefined;
}

function shown(value: Value, isSecret: boolean): string {
  return isSecret ? describe(value) : describeShown(value);
}

function hintFor(value: Value, { type, description }: OptionSpec): string | undefined {
  if (type === 'size' && typeof value === 'string' && /^\d+\s*[kmgt]i?b?$/i.test(value))
    return `Write ${/^\d+/.exec(value)?.[0]}${/[kmgt]/i.exec(value)?.[0].toUpperCase()}.`;
  if (type === 'str' && typeof value === 'boolean') return `Put quotes around it: "${value}".`;
  if (type === 'list' && typeof value === 'string') return `Write [${value}], or one item a line after "- ".`;
  return description;
}
