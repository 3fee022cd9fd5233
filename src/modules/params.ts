import { z } from 'zod';
import { Secret } from '../values/secret.ts';

/** A file of the user's own machine, read (and for a template: rendered) before the module sees it. */
export interface LocalFile {
  /** As given, for messages and diffs. */
  readonly path: string;
  /** The content: bytes of a file, text of a rendered template (a Secret when a secret went into it). */
  readonly content: string | Secret | Uint8Array;
  /** Of a script: the words behind its path. */
  readonly words?: readonly string[];
}

/** How a parameter's path is turned into a LocalFile before validation. */
export type LocalKind = 'file' | 'template' | 'script';

const isLocalFile = (value: unknown): value is LocalFile => typeof value === 'object' && value !== null && 'path' in value && 'content' in value;

/** A path on the user's machine (searched in the playbook's folder, its `files/`, then the project's), given to the module as a LocalFile of its bytes. */
export const localFile = () => z.custom<LocalFile>(isLocalFile, 'expected the path of a file').meta({ local: 'file' satisfies LocalKind });

/** A path of a Handlebars template (searched in the playbook's folder, its `templates/`, then the project's `templates/`), given to the module as a rendered LocalFile. */
export const templateFile = () => z.custom<LocalFile>(isLocalFile, 'expected the path of a template').meta({ local: 'template' satisfies LocalKind });

/** A path as `localFile` takes it, and behind it words for the script that is there, as in a command line; given to the module as a LocalFile with those words. */
export const scriptFile = () => z.custom<LocalFile>(isLocalFile, 'expected the path of a script').meta({ local: 'script' satisfies LocalKind });

/** The parameters of `schema` that are local files, by name. */
export function localParams(schema: z.ZodType): ReadonlyMap<string, LocalKind> {
  const found = new Map<string, LocalKind>();
  if (!(schema instanceof z.ZodObject)) return found;
  for (const [name, field] of Object.entries(schema.shape)) {
    const kind = localKind(field as z.ZodType);
    if (kind) found.set(name, kind);
  }
  return found;
}

/** A condition that has been evaluated: its text, for messages, and whether it holds. */
export interface EvaluatedCondition {
  readonly text: string;
  readonly holds: boolean;
}

/** Conditions in CEL, one or a list, given to the module with their outcome (`assert.that`). */
export const conditions = () => z.array(z.object({ text: z.string(), holds: z.boolean() })).meta({ conditions: true });

/** The parameters of `schema` that are conditions. */
export function conditionParams(schema: z.ZodType): readonly string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, field]) => ((field as z.ZodType).meta()?.['conditions'] ? [name] : []));
}

/** The name of a variable, given to the module as its value (`debug.var`). */
export const variable = () => z.unknown().meta({ variable: true });

/** The parameters of `schema` that name a variable. */
export function variableParams(schema: z.ZodType): readonly string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, field]) => (isVariable(field as z.ZodType) ? [name] : []));
}

function isVariable(field: z.ZodType): boolean {
  return field.meta()?.['variable'] === true || (field instanceof z.ZodOptional && isVariable(field.unwrap() as z.ZodType));
}

function localKind(field: z.ZodType): LocalKind | undefined {
  const kind = field.meta()?.['local'];
  if (kind === 'file' || kind === 'template' || kind === 'script') return kind;
  return field instanceof z.ZodOptional ? localKind(field.unwrap() as z.ZodType) : undefined;
}

const trueWords = ['yes', 'on', 'true', 'y', '1'];
const falseWords = ['no', 'off', 'false', 'n', '0'];

/** A boolean; `yes`, `no`, `on`, `off`, `true`, `false` as text are taken as Ansible takes them. */
export const bool = () =>
  z.preprocess((value) => {
    const word = typeof value === 'string' ? value.toLowerCase() : value;
    if (typeof word === 'string' && trueWords.includes(word)) return true;
    if (typeof word === 'string' && falseWords.includes(word)) return false;
    return value;
  }, z.boolean('expected true or false'));

/** Text that may be secret; a number or boolean is taken as its text. */
export const text = () => z.union([z.string(), z.instanceof(Secret), z.number().transform(String), z.boolean().transform(String)], 'expected text');

/** One line of text without control characters, not secret; a number is taken as its text. */
export const line = () =>
  z.preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z.string('expected text that is not secret').regex(/^[^\u0000-\u001f\u007f]*$/, 'expected one line without control characters'),
  );

/** Text for a program, not secret: anything but NUL, also line ends. A number is taken as its text. */
export const argument = () =>
  z.preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z.string('expected text that is not secret').refine((value) => !value.includes('\0'), 'expected text without NUL characters'),
  );

/** An absolute path on the host: no control characters, no `..`, a trailing slash is dropped. */
export const path = () =>
  line()
    .refine((value) => value.startsWith('/'), 'expected an absolute path, starting with /')
    .refine((value) => !value.split('/').includes('..'), 'expected a path without ..')
    .transform((value) => (value.length > 1 ? value.replace(/\/+$/, '').replaceAll(/\/{2,}/g, '/') : value));

/** A path on the host that may begin in a folder that the task names. */
export const relativePath = () => line().refine((value) => value !== '' && !value.split('/').includes('..'), 'expected a path without ..');

/** A file mode in octal with a leading zero, as text: `"0640"`. A YAML number is refused, as 640 would mean another mode than 0640. */
export const mode = () =>
  z
    .string('expected a mode as text with a leading zero, such as "0640"')
    .regex(/^0?[0-7]{3,4}$/, 'expected a mode in octal, such as "0640"')
    .transform((value) => value.padStart(4, '0').slice(-4));

/** A list; a single value is taken as a list of one, as Ansible takes it. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), z.array(item));

/** A list, or text with commas between, as Ansible takes it; blanks around an item are no part of it, and empty items are none. */
export const commaList = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => {
    const items: unknown = typeof value === 'string' ? value.split(',') : value;
    return Array.isArray(items) ? items.map((one: unknown) => (typeof one === 'string' ? one.trim() : one)).filter((one) => one !== '') : items;
  }, listOf(item));

/** For `refine`: two parameters of which at most one is given. */
export function notBoth<First extends string, Second extends string>(first: First, second: Second) {
  const isFine = (given: { readonly [name in First | Second]?: unknown }) => given[first] === undefined || given[second] === undefined;
  return [isFine, `expected ${first} or ${second}, not both`] as const;
}
