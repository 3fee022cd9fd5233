import type { Value } from '../values/vars.ts';

/** What templates and conditions themselves know, as it does not need all its arguments, or looks beside the variables. */
export interface SpecialForm {
  /** How it is written in a template. */
  readonly usage: string;
  /** One sentence with a full stop. */
  readonly summary: string;
  /** The least and the most arguments. */
  readonly arity: readonly [least: number, most: number];
  /** As an example of a helper; absent where what it gives is not of the variables. */
  readonly example?: readonly [call: string, gives: Value];
  /** What CEL has instead. Without it it is a function of conditions too. */
  readonly inConditions?: string;
}

export const specialForms: ReadonlyMap<string, SpecialForm> = new Map<string, SpecialForm>([
  [
    'default',
    {
      usage: 'default VALUE INSTEAD',
      summary: 'The value, or INSTEAD where there is none: nothing has that name, or it is null.',
      arity: [2, 2],
      example: ['default nothing "x"', 'x'],
    },
  ],
  ['defined', { usage: 'defined NAME', summary: 'Whether there is such a value.', arity: [1, 1], example: ['defined limits.disk', false] }],
  [
    'if',
    {
      usage: 'if CONDITION VALUE [OTHERWISE]',
      summary: 'One of two values.',
      arity: [2, 3],
      example: ['if (eq port 8008) "yes" "no"', 'yes'],
      inConditions: 'condition ? value : otherwise',
    },
  ],
  [
    'and',
    {
      usage: 'and A B…',
      summary: 'The first value that counts as false, or the last.',
      arity: [1, Number.POSITIVE_INFINITY],
      example: ['and true (eq port 1)', false],
      inConditions: 'a && b',
    },
  ],
  [
    'or',
    {
      usage: 'or A B…',
      summary: 'The first value that counts as true, or the last.',
      arity: [1, Number.POSITIVE_INFINITY],
      example: ['or false name', 'web1'],
      inConditions: 'a || b',
    },
  ],
  [
    'lookup',
    {
      usage: 'lookup LIST_OR_MAPPING KEY',
      summary: 'The item or entry that a variable names. Values from outside have helpers of their own: `file`, `env`, `secret`.',
      arity: [2, 2],
      example: ['lookup limits "cpu"', 2],
      inConditions: 'mapping[key]',
    },
  ],
  [
    'file',
    {
      usage: 'file "PATH"',
      summary:
        'The text of a file of your machine without white space at its end; looked for as `src` of the module `copy`: in `files/` of the role and beside the playbook. It is read when the playbook is.',
      arity: [1, 1],
    },
  ],
  ['env', { usage: 'env "NAME"', summary: 'A variable of the environment or of `.env`; it counts as secret.', arity: [1, 1] }],
  ['secret', { usage: 'secret "NAME"', summary: 'A value of the secrets file.', arity: [1, 1] }],
]);
