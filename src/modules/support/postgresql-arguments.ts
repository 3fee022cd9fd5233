import { revealed, Secret, type Text } from '../../values/secret.ts';
import { sqlText } from '../../values/sql.ts';

/** What a place in a query can be filled with. */
export type SqlValue = Text | number | boolean | null | readonly SqlValue[];

/** The values of a query's places: by position (`%s`) or by name (`%(name)s`). */
export type SqlArguments = readonly SqlValue[] | { readonly [name: string]: SqlValue };

/**
 * Fills the places of `query` with literals, as psycopg does: `%s` in turn, or `%(name)s`; `%%` is a percent sign. A value is never SQL.
 * A Secret among what goes in makes the whole a Secret.
 * @throws Error with a sentence when places and values do not match.
 */
export function withArguments(query: Text, given: SqlArguments): Text {
  const isByPosition = isList(given);
  let isSecret = query instanceof Secret;
  let used = 0;
  const filled = revealed(query).replaceAll(/%(?:\((?<name>[^()]*)\)s|(?<other>[\s\S]?))/g, (place: string, ...more: unknown[]) => {
    const { name, other } = more.at(-1) as { readonly name?: string; readonly other?: string };
    if (other === '%') return '%';
    if (other !== undefined && other !== 's') throw new Error(`write %% for a percent sign: ${JSON.stringify(place)} is no place for a value`);
    if (isByPosition !== (name === undefined)) throw new Error(isByPosition ? `${place} needs named_args` : '%s needs positional_args');
    const value = isByPosition ? given[used] : Object.hasOwn(given, name ?? '') ? given[name ?? ''] : undefined;
    if (value === undefined) throw new Error(isByPosition ? `there are only ${given.length} positional_args` : `named_args has no ${name}`);
    used += 1;
    isSecret ||= holdsSecret(value);
    return literal(value);
  });
  if (isByPosition && used < given.length) throw new Error(`there are ${given.length} positional_args for ${used} places`);
  return isSecret ? new Secret(filled) : filled;
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (isList(value)) return value.length === 0 ? "'{}'" : `ARRAY[${value.map(literal).join(', ')}]`;
  if (typeof value === 'boolean') return String(value);
  // The blank: a minus must not join another to a comment.
  if (typeof value === 'number') return Number.isFinite(value) ? `${value < 0 ? ' ' : ''}${value}` : `'${value}'::float`;
  return sqlText(revealed(value));
}

function holdsSecret(value: SqlValue): boolean {
  return isList(value) ? value.some(holdsSecret) : value instanceof Secret;
}

function isList(value: SqlValue | SqlArguments): value is readonly SqlValue[] {
  return Array.isArray(value);
}

/** The first word of a statement in small letters, behind blanks, comments and brackets. */
export function firstWord(sql: string): string {
  let rest = sql;
  for (;;) {
    const next = rest.replace(/^[\s(;]+/, '').replace(/^--[^\n]*/, '');
    const end = next.startsWith('/*') ? next.indexOf('*/') : -1;
    const bare = end < 0 ? next : next.slice(end + 2);
    if (bare === rest) return /^[a-z]*/i.exec(rest)?.[0].toLowerCase() ?? '';
    rest = bare;
  }
}
