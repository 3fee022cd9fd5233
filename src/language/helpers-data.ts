import type { Value } from '../values/vars.ts';
import { asBoolean, compare, equal, HelperError, isTruthy, number, text } from './coerce.ts';
import { describe } from './describe.ts';
import type { Helpers } from './helper.ts';
import { plainValue } from './node.ts';
import { parseYaml, stringifyYaml } from './yaml.ts';

/** Helpers for JSON and YAML, kinds of values, numbers and comparisons. */
export const dataHelpers: Helpers = {
  json: {
    usage: 'json VALUE [SPACES]',
    summary: 'The value as JSON, on one line or indented by SPACES.',
    example: ['json limits', '{"cpu":2,"memory":512}'],
    arity: [1, 2],
    run: ([value, spaces]) => JSON.stringify(value, null, spaces === undefined ? 0 : number(spaces)),
  },
  yaml: {
    usage: 'yaml VALUE [SPACES]',
    summary: 'The value as YAML in block style, without a newline at the end.',
    example: ['yaml limits', 'cpu: 2\nmemory: 512'],
    arity: [1, 2],
    run: ([value, spaces]) => stringifyYaml(value ?? null, spaces === undefined ? 2 : number(spaces)).trimEnd(),
  },
  from_json: {
    usage: 'from_json TEXT',
    summary: 'The value that a text in JSON stands for, such as what a command printed.',
    example: ['from_json "[1, 2]"', [1, 2]],
    arity: [1, 1],
    run: ([value]) => fromJson(text(value)),
    bounded: true,
  },
  from_yaml: {
    usage: 'from_yaml TEXT',
    summary: 'The value that a text in YAML 1.2 stands for.',
    example: ['from_yaml "[a, 2]"', ['a', 2]],
    arity: [1, 1],
    run: ([value]) => fromYaml(text(value)),
    bounded: true,
  },
  int: {
    usage: 'int VALUE',
    summary: 'The whole number that a text stands for.',
    example: ['int "42"', 42],
    arity: [1, 1],
    run: ([value]) => Math.trunc(number(value)),
    inConditions: 'int(value)',
  },
  double: {
    usage: 'double VALUE',
    summary: 'The number that a text stands for, with what is behind its point.',
    example: ['double "1.5"', 1.5],
    arity: [1, 1],
    run: ([value]) => number(value),
    inConditions: 'double(value)',
  },
  bool: {
    usage: 'bool VALUE',
    summary: 'True or false for yes, on, true, 1 and no, off, false, 0.',
    example: ['bool "yes"', true],
    arity: [1, 1],
    run: ([value]) => boolean(value),
    inConditions: 'value in ["yes", "on", "true"]',
  },
  string: {
    usage: 'string VALUE',
    summary: 'The value as text.',
    example: ['string port', '8008'],
    arity: [1, 1],
    run: ([value]) => text(value),
    inConditions: 'string(value)',
  },
  add: {
    usage: 'add NUMBER NUMBER',
    summary: 'The sum.',
    example: ['add port 1', 8009],
    arity: [2, 2],
    run: ([a, b]) => number(a) + number(b),
    inConditions: 'a + b',
  },
  subtract: {
    usage: 'subtract NUMBER NUMBER',
    summary: 'The difference.',
    example: ['subtract port 8', 8000],
    arity: [2, 2],
    run: ([a, b]) => number(a) - number(b),
    inConditions: 'a - b',
  },
  multiply: {
    usage: 'multiply NUMBER NUMBER',
    summary: 'The product.',
    example: ['multiply 2 3', 6],
    arity: [2, 2],
    run: ([a, b]) => number(a) * number(b),
    inConditions: 'a * b',
  },
  divide: {
    usage: 'divide NUMBER NUMBER',
    summary: 'The quotient, rounded down to a whole number.',
    example: ['divide 7 2', 3],
    arity: [2, 2],
    run: ([a, b]) => divided(number(a), number(b)),
    inConditions: 'a / b',
  },
  eq: {
    usage: 'eq A B',
    summary: 'Whether both are equal.',
    example: ['eq name "web1"', true],
    arity: [2, 2],
    run: ([a, b]) => equal(a, b),
    inConditions: 'a == b',
  },
  ne: {
    usage: 'ne A B',
    summary: 'Whether they differ.',
    example: ['ne port 8008', false],
    arity: [2, 2],
    run: ([a, b]) => !equal(a, b),
    inConditions: 'a != b',
  },
  lt: {
    usage: 'lt A B',
    summary: 'Whether A is less than B.',
    example: ['lt 2 10', true],
    arity: [2, 2],
    run: ([a, b]) => compare(a, b) < 0,
    inConditions: 'a < b',
  },
  gt: {
    usage: 'gt A B',
    summary: 'Whether A is greater than B.',
    example: ['gt "b" "a"', true],
    arity: [2, 2],
    run: ([a, b]) => compare(a, b) > 0,
    inConditions: 'a > b',
  },
  le: {
    usage: 'le A B',
    summary: 'Whether A is not greater than B.',
    example: ['le 2 2', true],
    arity: [2, 2],
    run: ([a, b]) => compare(a, b) <= 0,
    inConditions: 'a <= b',
  },
  ge: {
    usage: 'ge A B',
    summary: 'Whether A is not less than B.',
    example: ['ge 1 2', false],
    arity: [2, 2],
    run: ([a, b]) => compare(a, b) >= 0,
    inConditions: 'a >= b',
  },
  not: {
    usage: 'not VALUE',
    summary: 'Whether the value counts as false: false, null, 0, no text, an empty list.',
    example: ['not (eq port 1)', true],
    arity: [1, 1],
    run: ([value]) => !isTruthy(value),
    inConditions: '!value',
  },
};

function divided(dividend: number, divisor: number): number {
  if (divisor === 0) throw new HelperError('division by zero');
  return Math.floor(dividend / divisor);
}

function boolean(value: Value | undefined): boolean {
  const result = asBoolean(value ?? null);
  if (result === undefined) throw new HelperError(`expected true or false, got ${describe(value)}`);
  return result;
}

/** What the parser says is not shown: it quotes the text, which may be secret. */
function fromJson(value: string): Value {
  try {
    return JSON.parse(value) as Value;
  } catch (error) {
    if (error instanceof SyntaxError) throw new HelperError(`the text is no JSON${value.trim() === '' ? ': it is empty' : ''}`);
    throw error;
  }
}

function fromYaml(value: string): Value {
  const { node, problems } = parseYaml(value, 'text');
  const [problem] = problems;
  if (problem) throw new HelperError(`the text is no YAML: line ${problem.source?.line ?? 1}, ${problem.message.replaceAll(/"[^"]*"/g, '"…"')}`);
  return node ? plainValue(node) : null;
}
