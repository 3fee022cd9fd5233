import type { Value } from '../values/vars.ts';

/** What a helper may be called with; Secrets are already text when they get here (the result is then a Secret again). */
export interface Helper {
  /** How it is written in a template: `join LIST [SEPARATOR]`. */
  readonly usage: string;
  /** One sentence with a full stop. */
  readonly summary: string;
  /** A call as it stands between the braces of a template, over `exampleVariables`, and what it gives. Tests run it, in a condition too. */
  readonly example: readonly [call: string, gives: Value];
  /** The least and the most arguments. */
  readonly arity: readonly [least: number, most: number];
  /** Pure. @throws HelperError. */
  readonly run: (args: readonly Value[]) => Value;
  /** What CEL has instead, as it is written there. Without it the helper is a function of conditions too. */
  readonly inConditions?: string;
  /** What it gives are values that it was given, as they are: a secret among them is a secret still, and makes no other value one. */
  readonly keeps?: true;
  /** Takes long over some text that a host may send: stopped after 2 seconds. */
  readonly bounded?: true;
}

/** Helpers by name. */
export type Helpers = { readonly [name: string]: Helper };

/** As many arguments as anybody likes. */
export const most = Number.POSITIVE_INFINITY;

/** What the examples of the reference read. */
export const exampleVariables: { readonly [name: string]: Value } = {
  name: 'web1',
  port: 8008,
  names: ['web1', 'db1'],
  sizes: [3, 10, 2],
  users: [
    { name: 'alice', admin: true, keys: ['k1', 'k2'] },
    { name: 'bob', admin: false, keys: [] },
  ],
  limits: { cpu: 2, memory: 512 },
  lines: 'one\ntwo',
};
