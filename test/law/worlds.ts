import fc from 'fast-check';
import type { Effect } from './host.ts';
import { folders, one, paths } from './tasks.ts';

type PerHost = Readonly<Record<'h1' | 'h2' | 'h3', Readonly<Record<string, string>>>>;

/** The hosts as they are, and what happens to them: first a run, then the drift, then another run. */
export interface World {
  readonly start: PerHost;
  readonly effects: readonly Effect[];
  /** Set between the runs; empty: removed. */
  readonly drift: PerHost;
  /** Whether the first and the second run are in check mode. */
  readonly check: readonly [boolean, boolean];
}

/** What a host may have, and as what; the first is twice as likely. */
const things: Readonly<Record<string, readonly string[]>> = {
  'package:p': ['present', ''],
  'package:q': ['present', ''],
  'unit:p': ['started', 'stopped'],
  'unit:p.enabled': ['yes', ''],
  'user:alice': ['present', 'present', ''],
  'user:bob': ['', 'present'],
  'image:i': ['here', ''],
  'container:c': ['i', 'j', ''],
  ...Object.fromEntries(
    paths.map((at) => [
      `file:${at}`,
      folders.includes(at) ? ['folder', 'folder', 'folder', '', 'x', '->/b', '->/a'] : ['x', 'y', '', 'garbage', 'broken', '->/b/x'],
    ]),
  ),
};
const thing = one(...Object.keys(things)).chain((name) => fc.tuple(fc.constant(name), one(...(things[name] ?? []))));
const state = fc
  .record(Object.fromEntries(Object.entries(things).map(([name, [first = '', ...others]]) => [name, one(first, first, ...others)])))
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')));
/** Removing a user is no effect: a shell that is open stays open, whoever opened it early. */
const effect = fc.record({
  when: one('package:p', 'package:q', 'unit:p', 'container:c', 'file:/a/x', 'file:/b/x'),
  to: thing.filter(([name]) => !name.startsWith('user:')),
});

const drift = fc.array(thing, { maxLength: 2 }).map((all): Readonly<Record<string, string>> => Object.fromEntries(all));

export const worlds: fc.Arbitrary<World> = fc.record({
  start: fc.record({ h1: state, h2: state, h3: state }),
  effects: fc.array(effect, { maxLength: 2 }).map((all) => all.map(({ when, to: [name, value] }): Effect => ({ when, name, value }))),
  drift: fc.record({ h1: drift, h2: drift, h3: drift }),
  check: one<readonly [boolean, boolean]>([false, false], [false, false], [true, false], [false, true]),
});
