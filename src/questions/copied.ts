import { quote } from '../values/command.ts';
import { checkPath, fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface CopiedParams {
  /** A folder. */
  readonly from: string;
  readonly to: string;
}

export interface CopiedAnswer {
  /** How much of the one folder is not, or not so, in the other, 0–1000: it is not counted beyond. */
  readonly count: number;
  /** One of it, below the folder. */
  readonly first?: string;
}

/** Whether all that is in a folder of the host is in another as well: folders, content of files, targets of links. @throws TypeError */
export function copied(from: string, to: string): Question<CopiedAnswer> {
  return question(copiedKind, { from: checkPath(from), to: checkPath(to) });
}

const preamble = `copied() {
  (
    cd -- "$1" 2>/dev/null || exit
    find . -mindepth 1 -exec sh -c 'to=$1; shift
      for p do
        if [ -L "$p" ]; then [ -L "$to/$p" ] && [ "$(readlink -n -- "$p")" = "$(readlink -n -- "$to/$p")" ]
        elif [ -d "$p" ]; then [ -d "$to/$p" ]
        else [ -f "$to/$p" ] && cmp -s -- "$p" "$to/$p"
        fi || { printf %s "\${p#./}" | base64 | tr -d "\\n"; echo; }
      done' sh "$2" {} + | head -n 1000 | { IFS= read -r first && printf '%s\\n' "$first" && wc -l; }
  )
  echo .
}`;

export const copiedKind: QuestionKind<CopiedParams, CopiedAnswer> = {
  kind: 'copied',
  reads: ({ from, to }) => [`file:${from}`, `file:${to}`],
  script: (params) => [preamble, ...params.map(({ from, to }) => `copied ${quote(from)} ${quote(to)}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse(part, { from }) {
    const [first, more] = linesOf(part);
    if (first === undefined) return { count: 0 };
    if (!/^ *\d+$/.test(more ?? '')) throw new Error(`the host printed something about what is in ${from} that is not understood`);
    return { count: Number(more) + 1, first: fromBase64(first) };
  },
  timeoutSeconds: () => 300,
};
