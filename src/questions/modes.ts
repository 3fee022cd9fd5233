import { quote } from '../values/command.ts';
import { checkPath, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface ModesParams {
  readonly path: string;
}

/** Entries that are alike. */
export interface ModeCount {
  readonly isFolder: boolean;
  /** Four octal digits. */
  readonly mode: string;
  readonly count: number;
}

export interface ModesAnswer {
  readonly modes: readonly ModeCount[];
}

/** Which modes all entries of a folder have, and the folder itself; links have none. @throws TypeError */
export function modes(path: string): Question<ModesAnswer> {
  return question(modesKind, { path: checkPath(path) });
}

const preamble = `modes() {
  find "$1" -type d -exec stat -c 'd %a' {} + 2>/dev/null | sort | uniq -c
  find "$1" ! -type d ! -type l -exec stat -c 'f %a' {} + 2>/dev/null | sort | uniq -c
  echo .
}`;

export const modesKind: QuestionKind<ModesParams, ModesAnswer> = {
  kind: 'modes',
  reads: ({ path }) => [`file:${path}`],
  script: (params) => [preamble, ...params.map(({ path }) => `modes ${quote(path)}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse: (part, { path }) => ({
    modes: linesOf(part).map((line) => {
      const [, count, type, mode = ''] = /^ *(\d+) ([df]) ([0-7]{1,4})$/.exec(line) ?? [];
      if (count === undefined) throw new Error(`the host printed something about the modes in ${path} that is not understood`);
      return { isFolder: type === 'd', mode: mode.padStart(4, '0'), count: Number(count) };
    }),
  }),
  timeoutSeconds: () => 300,
};
