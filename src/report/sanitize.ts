/**
 * Characters that a terminal, a log viewer or a reader's eye obeys instead of showing: C0 but tab and newline, DEL, C1, line and paragraph
 * separators, marks and overrides of writing direction, tag characters, lone surrogates.
 */
const unsafe =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

/** What agents of continuous integration services obey wherever it stands in a line: Azure Pipelines, TeamCity's, and older ones of GitHub Actions. */
const command = /##(?=\[|vso\[|teamcity\[)/gi;

/**
 * Text of a host, safe to show: what would be obeyed is spelled out, C0 and DEL as `^[`, the rest as `\u{9b}`, and the marks of commands are parted
 * (`#|#[`). Tabs and newlines stay; a carriage return does not, as it lets a line hide another. Doing it twice changes nothing.
 */
export function sanitize(text: string): string {
  return text.replace(unsafe, visible).replace(command, '#|#');
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f ? `^${String.fromCharCode(code ^ 0x40)}` : `\\u{${code.toString(16)}}`;
}

/** The same in one line: newlines are spelled out too. For names. */
export function oneLine(text: string): string {
  return sanitize(text).replaceAll('\n', '^J');
}

/**
 * The lines of `text` for the screen, each after `prefix`, without empty ones at the end. A line that GitHub Actions would take for a command
 * (`::set-env …`, also after leading spaces) gets a bar in front.
 */
export function indented(text: string, prefix: string): string[] {
  const lines = sanitize(text).replace(/\n+$/, '').split('\n');
  return lines.map((line) => (line === '' ? prefix.trimEnd() : prefix + (/^\s*::/.test(line) ? `| ${line}` : line)));
}

/** Every text inside `value` sanitised; the rest as it is. For whole events, so that no field can be forgotten. */
export function sanitizeAll<T>(value: T): T {
  return deep(value) as T; // deep gives the same shape with other texts.
}

function deep(value: unknown): unknown {
  if (typeof value === 'string') return sanitize(value);
  if (Array.isArray(value)) return value.map(deep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [sanitize(key), deep(inner)]));
}
