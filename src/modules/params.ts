import * as z from 'zod';
import { Secret } from '../values/secret.ts';
import type { LocalBytes } from '../values/stream.ts';
import { isSymbolic } from './support/mode.ts';

/** A file of the user's own machine, read (and for a template: rendered) before the module sees it. */
export interface LocalFile {
  /** As given, for messages and diffs. */
  readonly path: string;
  /** The content: bytes of a file, text of a rendered template (a Secret when a secret went into it). */
  readonly content: string | Secret | Uint8Array;
  /** Of a script: the words behind its path. */
  readonly words?: readonly string[];
}

/** A file or folder of the user's own machine; what is in files is read when it is needed. */
export interface LocalEntry {
  /** As given, for messages and diffs. */
  readonly path: string;
  readonly content: LocalFile['content'] | LocalBytes;
  /** Four octal digits. */
  readonly mode?: string;
  /** What is in it, where it is a folder; there is no content then. */
  readonly tree?: LocalTree;
}

/** A folder of the user's own machine with all that is in it. Paths begin below it. */
export interface LocalTree {
  /** Only what is in it is meant, not the folder itself: the path ends with a slash. */
  readonly isContent: boolean;
  /** Each behind the one that it is in. */
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly content: LocalEntry['content']; readonly mode: string }[];
}

/** How a parameter's path is turned into a LocalFile before validation. */
export type LocalKind = 'file' | 'template' | 'script' | 'tree';

const isLocalFile = (value: unknown): boolean => typeof value === 'object' && value !== null && 'path' in value && 'content' in value;

/** A path on the user's machine (searched in the playbook's folder, its `files/`, then the project's), given to the module as a LocalFile of its bytes. */
export const localFile = () => z.custom<LocalFile>(isLocalFile, 'expected the path of a file').meta({ local: 'file' satisfies LocalKind });

/** A path of a Handlebars template (searched in the playbook's folder, its `templates/`, then the project's `templates/`), given to the module as a rendered LocalFile. */
export const templateFile = () => z.custom<LocalFile>(isLocalFile, 'expected the path of a template').meta({ local: 'template' satisfies LocalKind });

/** A path as `localFile` takes it, and behind it words for the script that is there, as in a command line; given to the module as a LocalFile with those words. */
export const scriptFile = () => z.custom<LocalFile>(isLocalFile, 'expected the path of a script').meta({ local: 'script' satisfies LocalKind });

/** As `localFile`. @param options.unless as for `localTree`. */
export const localOrHostFile = ({ unless }: { readonly unless: string }) =>
  z.union([z.custom<LocalFile>(isLocalFile), line()], 'expected the path of a file').meta({ local: 'file' satisfies LocalKind, unless });

/**
 * As `localFile`, for a file or a folder, given as a LocalEntry; a folder is given with its tree.
 * @param options.unless the name of a parameter: where it is true, the path is one of the host, and given as text.
 */
export const localTree = ({ unless }: { readonly unless: string }) =>
  z.union([z.custom<LocalEntry>(isLocalFile), line()], 'expected the path of a file or folder').meta({ local: 'tree' satisfies LocalKind, unless });

/** The parameters of `schema` that are local files, by name. @param given parameters as they are written, by which some are paths of the host. */
export function localParams(schema: z.ZodType, given: { readonly [name: string]: unknown } = {}): ReadonlyMap<string, LocalKind> {
  // What is not known yet is no word for false.
  const isOnHost = (unless: string | undefined) =>
    unless !== undefined && Object.hasOwn(given, unless) && bool().safeParse(given[unless]).data !== false;
  const found = localIn(schema).filter(({ unless }) => !isOnHost(unless));
  return new Map(found.map(({ name, kind }) => [name, kind]));
}

type Local = { readonly name: string; readonly kind: LocalKind; readonly unless?: string };

const locals = new WeakMap<z.ZodType, readonly Local[]>();

/** The same, whatever is given. It is asked for every task on every host. */
function localIn(schema: z.ZodType): readonly Local[] {
  const known = locals.get(schema);
  if (known) return known;
  const fields = schema instanceof z.ZodObject ? Object.entries(schema.shape) : [];
  const found = fields.flatMap(([name, field]): readonly Local[] => {
    const { kind, unless } = localMeta(field as z.ZodType);
    return kind ? [{ name, kind, ...(unless !== undefined && { unless }) }] : [];
  });
  locals.set(schema, found);
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

function localMeta(field: z.ZodType): { readonly kind?: LocalKind; readonly unless?: string } {
  const { local: kind, unless } = field.meta() ?? {};
  const isKind = kind === 'file' || kind === 'template' || kind === 'script' || kind === 'tree';
  if (isKind) return { kind, ...(typeof unless === 'string' && { unless }) };
  return field instanceof z.ZodOptional ? localMeta(field.unwrap() as z.ZodType) : {};
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
    .string('expected a mode in octal as text with a leading zero, such as "0640"')
    .regex(/^0?[0-7]{3,4}$/, 'expected a mode in octal, such as "0640"')
    .transform((value) => value.padStart(4, '0').slice(-4));

/** A file mode in octal, or in symbols as chmod(1) takes them: `u=rwX,g=rX,o=`. */
export const modeOrSymbols = () =>
  z.union(
    // Without abort the union would say what this one does not: nothing of what was expected.
    [mode(), z.string().refine(isSymbolic, { abort: true })],
    'expected a mode in octal as text with a leading zero, such as "0640", or in symbols, such as u=rw,g=r,o=',
  );

/** A list; a single value is taken as a list of one, as Ansible takes it. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), z.array(item));

/** A list, or text with commas between, as Ansible takes it; blanks around an item are no part of it, and empty items are none. */
export const commaList = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => {
    if (value === undefined) return value;
    const items: readonly unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
    return items.map((one) => (typeof one === 'string' ? one.trim() : one)).filter((one) => one !== '');
  }, z.array(item));

/** For `refine`: two parameters of which at most one is given. */
export function notBoth<First extends string, Second extends string>(first: First, second: Second) {
  const isFine = (given: { readonly [name in First | Second]?: unknown }) => given[first] === undefined || given[second] === undefined;
  return [isFine, `expected ${first} or ${second}, not both`] as const;
}
