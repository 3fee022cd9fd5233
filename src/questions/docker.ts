import type * as z from 'zod';
import { quote } from '../values/command.ts';
import { outputLines } from './parts.ts';
import type { QuestionKind } from './question.ts';

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

/** One kind of Docker's objects: what `docker inspect` is asked about it, and how its answer is read. */
export interface Inspection<Params, Seen, Found> {
  readonly object: 'container' | 'image' | 'network' | 'volume';
  /** The name of the kind of question. Default: `object`. */
  readonly kind?: string;
  /** What `docker inspect` finds the object by; it holds no blank, quote or backslash. */
  readonly nameOf: (params: Params) => string;
  /**
   * A Go template that prints for an object that is one of `names` (each given once) a line: its name, a blank, JSON without a line break.
   * Fields go by their names in Go: `.ID`, not `.Id`.
   */
  readonly format: (names: readonly string[]) => string;
  /** What stands before the name in the line. Default: nothing. */
  readonly prefix?: string;
  /** The form of that JSON. */
  readonly seen: z.ZodType<Seen>;
  readonly read: (seen: Seen) => Found;
}

/** The kind of question that asks about many objects of Docker's in one process. */
export function inspecting<Params, Seen, Found>(inspection: Inspection<Params, Seen, Found>): QuestionKind<Params, DockerAnswer<Found>> {
  const { object, kind = object, nameOf, format, prefix = '', seen, read } = inspection;
  return {
    kind,
    reads: (params) => [`${object}:${nameOf(params)}`],
    script: (params) => {
      const names = [...new Set(params.map(nameOf))];
      return script(object, format(names), names);
    },
    split(output, params) {
      const lines = outputLines(output);
      const state = lines.find((line) => stateOf(line));
      if (state !== undefined) return params.map(() => `${state}\n`);
      return params.map((each) => {
        const own = lines.find((line) => firstWord(line) === prefix + nameOf(each));
        return own === undefined ? '' : `${own}\n`;
      });
    },
    parse(part) {
      const [line] = outputLines(part);
      if (line === undefined) return { docker: 'running' };
      return stateOf(line) ?? { docker: 'running', found: readOrSay(line, (json) => read(seen.parse(JSON.parse(json)))) };
    },
  };
}

/** sh that prints a line for each object that is there. Other lines as `linesOfDocker` has them. */
function script(object: string, format: string, names: readonly string[]): string {
  return linesOfDocker(`docker ${object} inspect --format ${quote(format)} -- ${names.map(quote).join(' ')} 2>/dev/null`);
}

/** sh that prints the lines of `inspect`. Other lines: `absent` without Docker, `unusable REASON` when its engine does not answer. */
export function linesOfDocker(inspect: string): string {
  return `if ! command -v docker >/dev/null 2>&1; then echo absent
else
  {
    ${inspect} ||
      reason=$(docker version --format '{{.Server.Version}}' 2>&1) || printf 'unusable %s\\n' "$(printf %s "$reason" | tr '\\n' ' ')"
  } | sed '/^$/d'
fi`;
}

/** Reads the JSON of a line. @throws Error with a sentence when it is not understood. */
export function readOrSay<Found>(line: string, read: (json: string) => Found): Found {
  try {
    return read(line.slice(line.indexOf(' ') + 1));
  } catch {
    throw new Error(`Docker on the host describes ${firstWord(line)} in a form that is not understood`);
  }
}

/** What a line says of Docker itself; undefined for one of an object. */
export function stateOf(line: string): Exclude<DockerState, { docker: 'running' }> | undefined {
  if (line === 'absent') return { docker: 'absent' };
  return line.startsWith('unusable ') ? { docker: 'unusable', reason: line.slice('unusable '.length).trim() } : undefined;
}

function firstWord(line: string): string {
  return line.slice(0, line.indexOf(' '));
}

/** A Go template's condition that `field` is one of `values`. None of them may hold a quote or a backslash. */
export function isOneOf(field: string, values: readonly string[]): string {
  return `eq ${field} ${values.map((value) => `"${value}"`).join(' ')}`;
}
