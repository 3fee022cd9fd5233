/** Parameters under the module's own names, and the way back to the names that were written. */
export interface OwnNames {
  readonly given: unknown;
  readonly unknown: ReadonlySet<string>;
  /** A path among the parameters as it was written. */
  readonly written: (path: readonly PropertyKey[]) => readonly PropertyKey[];
  /** Names that stand for a parameter that is also given under its own, or under another of its names. */
  readonly twice: readonly string[];
}

/** Gives parameters that are written under another name of theirs the module's own. @param aliases the module's own name, by the other. */
export function ownNames(aliases: { readonly [name: string]: string } | undefined, given: unknown, unknown: ReadonlySet<string>): OwnNames {
  const asWritten: OwnNames = { given, unknown, written: (path) => path, twice: [] };
  if (!aliases || typeof given !== 'object' || given === null) return asWritten;
  const entries = Object.entries(given);
  const used = entries.flatMap(([name]) => (Object.hasOwn(aliases, name) ? [name] : []));
  if (used.length === 0) return asWritten;
  const ownOf = (name: string): string => (used.includes(name) ? (aliases[name] ?? name) : name);
  const writtenOf = new Map(used.map((name) => [ownOf(name), name]));
  return {
    given: Object.fromEntries(entries.map(([name, value]) => [ownOf(name), value])),
    unknown: new Set([...unknown].map(ownOf)),
    written: ([first, ...rest]) => (first === undefined ? [] : [writtenOf.get(String(first)) ?? first, ...rest]),
    twice: used.filter((name) => entries.some(([other]) => other !== name && ownOf(other) === ownOf(name))),
  };
}
