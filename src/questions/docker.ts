import { quote } from '../values/command.ts';
import { outputLines } from './parts.ts';

/** Whether Docker's engine can be asked on a host, as the user that asks. */
export type DockerState =
  /** No `docker` command: Docker is not installed. */
  | { readonly docker: 'absent' }
  /** The command is there, but the engine does not answer: it is stopped, or this user may not use it. */
  | { readonly docker: 'unusable'; readonly reason: string }
  | { readonly docker: 'running' };

/** What a question about one of Docker's objects is answered. `found` is absent when the engine knows no such object. */
export type DockerAnswer<Found> = Exclude<DockerState, { docker: 'running' }> | { readonly docker: 'running'; readonly found?: Found };

/**
 * The name of a container, network or volume: letters, digits, `_`, `.` and `-`, at least two characters.
 * Source: the engine's restricted name pattern ("only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed").
 */
export const objectName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Gives back `name`. @throws TypeError when Docker would not allow it. */
export function checkObjectName(name: string): string {
  if (!objectName.test(name)) throw new TypeError(`Docker does not allow the name ${JSON.stringify(name)}`);
  return name;
}

/**
 * sh that inspects all of `names` in one process and prints a line for each that is there; `format` is a Go template whose output starts
 * with the name and holds no line break (fields by their names in Go: `.ID`, not `.Id`). Other lines: `absent` without Docker, `unusable REASON` when its engine does not answer.
 */
export function inspectScript(kind: 'container' | 'image' | 'network' | 'volume', format: string, names: readonly string[]): string {
  const unique = [...new Set(names)].map(quote).join(' ');
  return `if ! command -v docker >/dev/null 2>&1; then echo absent
else
  {
    docker ${kind} inspect --format ${quote(format)} -- ${unique} 2>/dev/null ||
      reason=$(docker version --format '{{.Server.Version}}' 2>&1) || printf 'unusable %s\\n' "$(printf %s "$reason" | tr '\\n' ' ')"
  } | sed '/^$/d'
fi`;
}

/** What `inspectScript` printed, cut into what it prints for each of `names` alone. `nameOf` reads the name that a line starts with. */
export function splitInspected(output: string, names: readonly string[], nameOf: (line: string) => string = firstWord): readonly string[] {
  const lines = outputLines(output);
  const state = lines.find((line) => stateOf(line));
  if (state !== undefined) return names.map(() => `${state}\n`);
  return names.map((name) => {
    const own = lines.find((line) => nameOf(line) === name);
    return own === undefined ? '' : `${own}\n`;
  });
}

/** The answer in one part; `read` is given the line of an object that is there. */
export function parseInspected<Found>(part: string, read: (line: string) => Found): DockerAnswer<Found> {
  const [line] = outputLines(part);
  if (line === undefined) return { docker: 'running' };
  return stateOf(line) ?? { docker: 'running', found: readOrSay(line, read) };
}

function readOrSay<Found>(line: string, read: (line: string) => Found): Found {
  try {
    return read(line);
  } catch {
    throw new Error(`Docker on the host describes ${firstWord(line)} in a form that is not understood`);
  }
}

function stateOf(line: string): Exclude<DockerState, { docker: 'running' }> | undefined {
  if (line === 'absent') return { docker: 'absent' };
  return line.startsWith('unusable ') ? { docker: 'unusable', reason: line.slice('unusable '.length).trim() } : undefined;
}

function firstWord(line: string): string {
  return line.slice(0, line.indexOf(' '));
}

/** A Go template's condition that `field` is one of `values`. None of them may hold a quote or a backslash. */
export function isOneOf(field: string, values: readonly string[]): string {
  return `eq ${field} ${[...new Set(values)].map((value) => `"${value}"`).join(' ')}`;
}
