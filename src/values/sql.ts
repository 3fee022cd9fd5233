import { Secret } from './secret.ts';

/**
 * A literal of PostgreSQL's SQL for any text. With a backslash in it, it is the form with escapes, which means the same whatever the server's
 * `standard_conforming_strings` says. psql interpolates no variable and sees no command of its own within.
 * @throws TypeError for a NUL character, which PostgreSQL cannot hold, or a Secret.
 */
export function sqlText(text: string): string {
  const doubled = checked(text).replaceAll("'", "''");
  // The blank: E must not become part of a word before it.
  return text.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

/** A quoted identifier. @throws TypeError as `sqlText` does. */
export function sqlName(name: string): string {
  return `"${checked(name).replaceAll('"', '""')}"`;
}

function checked(text: string): string {
  if ((text as unknown) instanceof Secret) throw new TypeError('a secret must be revealed where the whole of the SQL is one');
  if (text.includes('\0')) throw new TypeError('PostgreSQL cannot hold a NUL character');
  return text;
}
