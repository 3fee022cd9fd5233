import { InputError } from '../values/errors.ts';
import type { Files } from './files.ts';
import { Growth } from './growth.ts';
import type { GrowingInventory, Inventory } from './inventory.ts';
import { madeIn } from './made.ts';
import { groupsLayer } from './magic.ts';
import { type Matched, matchParts, matchPattern, splitPattern } from './pattern.ts';
import type { Play } from './play.ts';
import { Problems } from './problems.ts';
import { type Layer, scopeOf } from './variables.ts';

/** A play with the hosts that it is for, after `--limit`; none when its pattern matches nothing. */
export interface LoadedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
  /** The same without `--limit`; absent where that is the same. */
  readonly unlimited?: readonly string[];
  /** What its tasks and those of plays before it may add to the inventory; absent where that is nothing. */
  readonly growth?: Growth;
  /**
   * The last play before it, by its index, whose tasks may add hosts to it or make it have others (`add_host`, `group_by`): until that one is done
   * `hosts` is what the files of the inventory say. Absent where they are the play's hosts.
   */
  readonly settledAfter?: number;
}

/** What `--limit` says. */
export interface Limit {
  readonly text: string;
  /** The parts of the pattern, those of `@FILE` among them. */
  readonly parts: readonly string[];
}

/** Reads `--limit`. @throws InputError for a file that cannot be read. */
export function limitOf(text: string, files: Files): Limit {
  return { text, parts: splitPattern(text).flatMap((part) => (part.startsWith('@') ? linesOf(part.slice(1), files) : [part])) };
}

/** The hosts of each play. What matches nothing is a warning, as in Ansible, unless tasks before may add that. */
export function planHosts(
  plays: readonly Play[],
  inventory: GrowingInventory,
  extraVars: Layer,
  limit: Limit | undefined,
  problems: Problems,
): readonly LoadedPlay[] {
  const made = plays.map(madeIn);
  const growths = made.map((_, index) => new Growth(made.slice(0, index + 1).flat(), inventory));
  checkLimit(limit, inventory, growths.at(-1));
  inventory.warnOfStrays((kind, name) => growths.at(-1)?.[kind === 'host' ? 'mayHaveHost' : 'mayHaveGroup'](name) ?? false);
  const planned = plays.map((play, index): LoadedPlay => {
    const adding = made.slice(0, index).flatMap((some, at) => (some.length > 0 ? at : []));
    const growth = made.slice(0, index + 1).some((some) => some.length > 0) && growths[index];
    const own = { play, ...(growth && { growth }) };
    const last = adding.at(-1);
    // What reads a group that there is none of yet is told when the play begins.
    const pattern = (last === undefined ? problems : new Problems()).collectKnown(() => patternOf(play, inventory, extraVars));
    if (pattern === undefined) return { ...own, hosts: [], ...(last !== undefined && { settledAfter: last }) };
    const found = matchPattern(pattern, inventory, play.hosts.source);
    const before = last === undefined ? undefined : growths[last];
    warnOfNone({ ...found, pattern }, play, inventory, before, problems);
    const isMade = play.hosts.variables.has('groups');
    const settledAfter = adding.findLast((at) => isMade || new Growth(made[at] ?? [], inventory).mayChange(pattern));
    const { hosts } = found;
    return {
      ...own,
      hosts: limitTo(hosts, limit, inventory),
      ...(limit && { unlimited: hosts }),
      ...(settledAfter !== undefined && { settledAfter }),
    };
  });
  noteUntouched(planned, inventory, limit, problems);
  return planned;
}

/** The hosts of a play in the inventory as it has become, after `--limit`, and whether its pattern matches none. @throws InputError where its pattern cannot be told. */
export function hostsOfPlay(
  play: Play,
  now: Inventory,
  extraVars: Layer,
  limit: Limit | undefined,
): { readonly hosts: readonly string[]; readonly isEmpty: boolean } {
  const { hosts } = matchPattern(patternOf(play, now, extraVars), now, play.hosts.source);
  return { hosts: limitTo(hosts, limit, now), isEmpty: hosts.length === 0 };
}

/** The pattern of a play. It may read `-e`, the play's variables and `groups`. @throws InputError */
function patternOf(play: Play, inventory: Inventory, extraVars: Layer): string {
  return play.hosts.evaluate(scopeOf([...play.layers.defaults, ...play.layers.vars, extraVars, groupsLayer(inventory)]));
}

function warnOfNone(
  { hosts, strays, pattern }: Matched & { readonly pattern: string },
  play: Play,
  inventory: Inventory,
  growth: Growth | undefined,
  problems: Problems,
): void {
  for (const { part, hint } of strays)
    if (!growth?.mayChangePart(part))
      problems.warning(
        `no host or group is called "${part}"`,
        play.hosts.source,
        hint ?? `Groups: ${['all', ...inventory.groups.keys()].join(', ')}.`,
      );
  if (hosts.length === 0 && strays.length === 0 && !growth?.mayChange(pattern))
    problems.warning(`the play "${play.name}" has no hosts: "${pattern}" matches none`, play.hosts.source);
}

/** As in Ansible, hosts that the run adds are limited too. */
function limitTo(hosts: readonly string[], limit: Limit | undefined, inventory: Inventory): readonly string[] {
  if (limit === undefined) return hosts;
  const limited = new Set(matchParts(limit.parts, inventory).hosts);
  return hosts.filter((name) => limited.has(name));
}

function checkLimit(limit: Limit | undefined, inventory: Inventory, growth: Growth | undefined): void {
  if (limit === undefined) return;
  const { hosts, strays } = matchParts(limit.parts, inventory);
  const stray = strays.find(({ part }) => !growth?.mayChangePart(part));
  if (stray)
    throw InputError.of(
      `--limit: no host or group is called "${stray.part}"`,
      undefined,
      stray.hint ?? `Hosts: ${[...inventory.hosts.keys()].slice(0, 20).join(', ')}.`,
    );
  if (hosts.length === 0)
    throw InputError.of(`--limit ${limit.text} matches no host`, undefined, `Hosts: ${[...inventory.hosts.keys()].slice(0, 20).join(', ')}.`);
}

/** The lines of a file of patterns, one a line. @throws InputError */
function linesOf(path: string, files: Files): readonly string[] {
  const lines = files
    .text(files.resolve(path), { file: '--limit', line: 1, column: 1 })
    .split(/\r?\n/)
    .map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** A host that is in no group, where there are groups, and that no play takes was forgotten. */
function noteUntouched(planned: readonly LoadedPlay[], inventory: Inventory, limit: Limit | undefined, problems: Problems): void {
  if (limit !== undefined || planned.length === 0 || inventory.groups.size === 0) return;
  if (planned.some(({ settledAfter }) => settledAfter !== undefined)) return;
  const taken = new Set(planned.flatMap(({ hosts }) => hosts));
  // Plays for this machine alone forget nobody.
  if ([...taken].every((name) => name === inventory.thisMachine?.name) && taken.size > 0) return;
  for (const { name, groups, layers, source } of inventory.hosts.values()) {
    // This machine is listed to run single tasks on it.
    const isLocal = name === 'localhost' || layers.some(({ bindings }) => bindings.has('ansible_connection'));
    if (groups.length > 0 || taken.has(name) || isLocal) continue;
    const wanted = planned
      .map(({ play }) => play.name)
      .slice(0, 3)
      .join(', ');
    problems.error(
      `the host "${name}" is in no group, and no play takes it`,
      source,
      `Put it below "hosts:" of a group that the plays (${wanted}) are for.`,
    );
  }
}
