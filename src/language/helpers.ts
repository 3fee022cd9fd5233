import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { isMapping, type Value } from '../values/vars.ts';
import { compare, equal, HelperError, isTruthy, list, mapping, number, text } from './coerce.ts';
import { stringifyYaml } from './yaml.ts';

/** What a helper may be called with; Secrets are already text when they get here (the result is then a Secret again). */
export interface Helper {
  /** How it is written in a template: `join LIST [SEPARATOR]`. */
  readonly usage: string;
  /** One sentence with a full stop. */
  readonly summary: string;
  /** The least and the most arguments. */
  readonly arity: readonly [least: number, most: number];
  /** Pure. @throws HelperError. */
  readonly run: (args: readonly Value[]) => Value;
  /** Not in CEL, which has an operator or a function of its own for it. */
  readonly templateOnly?: true;
}

const most = Number.POSITIVE_INFINITY;

/** One table for templates and conditions: the same names in both, where both make sense. */
export const helpers: ReadonlyMap<string, Helper> = new Map<string, Helper>([
  [
    'join',
    {
      usage: 'join LIST [SEPARATOR]',
      summary: 'The items as one text, separated by SEPARATOR (default a comma).',
      arity: [1, 2],
      run: ([items, separator]) =>
        list(items)
          .map(text)
          .join(separator === undefined ? ',' : text(separator)),
    },
  ],
  [
    'split',
    {
      usage: 'split TEXT [SEPARATOR]',
      summary: 'The parts of a text between SEPARATOR (default white space) as a list.',
      arity: [1, 2],
      run: ([value, separator]) => (separator === undefined ? text(value).split(/\s+/).filter(Boolean) : text(value).split(text(separator))),
    },
  ],
  [
    'json',
    {
      usage: 'json VALUE [SPACES]',
      summary: 'The value as JSON, on one line or indented by SPACES.',
      arity: [1, 2],
      run: ([value, spaces]) => JSON.stringify(value, null, spaces === undefined ? 0 : number(spaces)),
    },
  ],
  [
    'yaml',
    {
      usage: 'yaml VALUE [SPACES]',
      summary: 'The value as YAML in block style, without a newline at the end.',
      arity: [1, 2],
      run: ([value, spaces]) => stringifyYaml(value ?? null, spaces === undefined ? 2 : number(spaces)).trimEnd(),
    },
  ],
  [
    'indent',
    {
      usage: 'indent TEXT SPACES',
      summary: 'Each line but the first moved to the right by SPACES.',
      arity: [2, 2],
      run: ([value, spaces]) => text(value).replaceAll('\n', `\n${' '.repeat(number(spaces))}`),
    },
  ],
  ['lower', { usage: 'lower TEXT', summary: 'The text in small letters.', arity: [1, 1], run: ([value]) => text(value).toLowerCase() }],
  ['upper', { usage: 'upper TEXT', summary: 'The text in capital letters.', arity: [1, 1], run: ([value]) => text(value).toUpperCase() }],
  ['trim', { usage: 'trim TEXT', summary: 'The text without white space at both ends.', arity: [1, 1], run: ([value]) => text(value).trim() }],
  [
    'replace',
    {
      usage: 'replace TEXT OLD NEW',
      summary: 'The text with every OLD replaced by NEW; no pattern.',
      arity: [3, 3],
      run: ([value, old, replacement]) => text(value).split(text(old)).join(text(replacement)),
    },
  ],
  [
    'quote',
    {
      usage: 'quote TEXT',
      summary: 'The text as one word for a POSIX shell.',
      arity: [1, 1],
      run: ([value]) => `'${text(value).replaceAll("'", "'\\''")}'`,
    },
  ],
  [
    'b64encode',
    { usage: 'b64encode TEXT', summary: 'The text in Base64.', arity: [1, 1], run: ([value]) => Buffer.from(text(value)).toString('base64') },
  ],
  [
    'b64decode',
    {
      usage: 'b64decode TEXT',
      summary: 'The text that Base64 stands for, as UTF-8.',
      arity: [1, 1],
      run: ([value]) => Buffer.from(text(value), 'base64').toString('utf8'),
    },
  ],
  [
    'sha256',
    {
      usage: 'sha256 TEXT',
      summary: 'The SHA-256 of the text in hexadecimal digits.',
      arity: [1, 1],
      run: ([value]) => createHash('sha256').update(text(value)).digest('hex'),
    },
  ],
  ['basename', { usage: 'basename PATH', summary: 'The last part of a path.', arity: [1, 1], run: ([value]) => posix.basename(text(value)) }],
  ['dirname', { usage: 'dirname PATH', summary: 'The folder that a path is in.', arity: [1, 1], run: ([value]) => posix.dirname(text(value)) }],
  [
    'length',
    { usage: 'length VALUE', summary: 'How many items, entries or characters the value has.', arity: [1, 1], run: ([value]) => length(value) },
  ],
  [
    'concat',
    {
      usage: 'concat VALUE…',
      summary: 'All values as one text; lists as one list.',
      arity: [1, most],
      run: (args) => (args.every(Array.isArray) ? args.flat() : args.map(text).join('')),
      templateOnly: true,
    },
  ],
  ['first', { usage: 'first LIST', summary: 'The first item.', arity: [1, 1], run: ([items]) => item(list(items), 0) }],
  ['last', { usage: 'last LIST', summary: 'The last item.', arity: [1, 1], run: ([items]) => item(list(items), -1) }],
  [
    'sort',
    {
      usage: 'sort LIST',
      summary: 'The items in order: numbers by size, text by code point.',
      arity: [1, 1],
      run: ([items]) => [...list(items)].sort(compare),
    },
  ],
  ['unique', { usage: 'unique LIST', summary: 'The items without those that came before.', arity: [1, 1], run: ([items]) => unique(list(items)) }],
  ['keys', { usage: 'keys MAPPING', summary: 'The keys as a list.', arity: [1, 1], run: ([value]) => Object.keys(mapping(value)) }],
  ['values', { usage: 'values MAPPING', summary: 'The values as a list.', arity: [1, 1], run: ([value]) => Object.values(mapping(value)) }],
  [
    'merge',
    {
      usage: 'merge MAPPING…',
      summary: 'One mapping of all entries; later ones win.',
      arity: [1, most],
      run: (args) => Object.fromEntries(args.flatMap((value) => Object.entries(mapping(value)))),
      templateOnly: true,
    },
  ],
  [
    'int',
    {
      usage: 'int VALUE',
      summary: 'The whole number that a text stands for.',
      arity: [1, 1],
      run: ([value]) => Math.trunc(number(value)),
      templateOnly: true,
    },
  ],
  ['string', { usage: 'string VALUE', summary: 'The value as text.', arity: [1, 1], run: ([value]) => text(value), templateOnly: true }],
  ['add', { usage: 'add NUMBER NUMBER', summary: 'The sum.', arity: [2, 2], run: ([a, b]) => number(a) + number(b), templateOnly: true }],
  [
    'subtract',
    { usage: 'subtract NUMBER NUMBER', summary: 'The difference.', arity: [2, 2], run: ([a, b]) => number(a) - number(b), templateOnly: true },
  ],
  [
    'multiply',
    { usage: 'multiply NUMBER NUMBER', summary: 'The product.', arity: [2, 2], run: ([a, b]) => number(a) * number(b), templateOnly: true },
  ],
  [
    'divide',
    {
      usage: 'divide NUMBER NUMBER',
      summary: 'The quotient, rounded down to a whole number.',
      arity: [2, 2],
      run: ([a, b]) => divided(number(a), number(b)),
      templateOnly: true,
    },
  ],
  ['eq', { usage: 'eq A B', summary: 'Whether both are equal.', arity: [2, 2], run: ([a, b]) => equal(a, b), templateOnly: true }],
  ['ne', { usage: 'ne A B', summary: 'Whether they differ.', arity: [2, 2], run: ([a, b]) => !equal(a, b), templateOnly: true }],
  ['lt', { usage: 'lt A B', summary: 'Whether A is less than B.', arity: [2, 2], run: ([a, b]) => compare(a, b) < 0, templateOnly: true }],
  ['gt', { usage: 'gt A B', summary: 'Whether A is greater than B.', arity: [2, 2], run: ([a, b]) => compare(a, b) > 0, templateOnly: true }],
  ['le', { usage: 'le A B', summary: 'Whether A is not greater than B.', arity: [2, 2], run: ([a, b]) => compare(a, b) <= 0, templateOnly: true }],
  ['ge', { usage: 'ge A B', summary: 'Whether A is not less than B.', arity: [2, 2], run: ([a, b]) => compare(a, b) >= 0, templateOnly: true }],
  [
    'not',
    {
      usage: 'not VALUE',
      summary: 'Whether the value counts as false: false, null, 0, no text, an empty list.',
      arity: [1, 1],
      run: ([value]) => !isTruthy(value),
      templateOnly: true,
    },
  ],
  [
    'contains',
    {
      usage: 'contains LIST VALUE',
      summary: 'Whether a list has the value, a mapping the key, a text the part.',
      arity: [2, 2],
      run: ([within, value]) => contains(within, value),
      templateOnly: true,
    },
  ],
  [
    'starts_with',
    {
      usage: 'starts_with TEXT START',
      summary: 'Whether a text begins with START.',
      arity: [2, 2],
      run: ([value, start]) => text(value).startsWith(text(start)),
      templateOnly: true,
    },
  ],
  [
    'ends_with',
    {
      usage: 'ends_with TEXT END',
      summary: 'Whether a text ends with END.',
      arity: [2, 2],
      run: ([value, end]) => text(value).endsWith(text(end)),
      templateOnly: true,
    },
  ],
]);

function item(items: readonly Value[], index: number): Value {
  const found = items.at(index);
  if (found === undefined) throw new HelperError('the list is empty');
  return found;
}

function divided(dividend: number, divisor: number): number {
  if (divisor === 0) throw new HelperError('division by zero');
  return Math.floor(dividend / divisor);
}

function length(value: Value | undefined): number {
  if (Array.isArray(value)) return value.length;
  return isMapping(value) ? Object.keys(value).length : Array.from(text(value)).length;
}

function contains(within: Value | undefined, value: Value | undefined): boolean {
  if (Array.isArray(within)) return within.some((other) => equal(other, value));
  return isMapping(within) ? Object.hasOwn(within, text(value)) : text(within).includes(text(value));
}

function unique(items: readonly Value[]): readonly Value[] {
  return items.filter((value, index) => items.findIndex((other) => equal(other, value)) === index);
}
