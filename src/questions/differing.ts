import { quote } from '../values/command.ts';
import { checkPath, fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** What all entries below a folder shall have. */
export interface DifferingParams {
  readonly path: string;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Four octal digits; links have none of their own. */
  readonly mode?: string | undefined;
}

export interface DifferingAnswer {
  /** Entries (the folder itself too) that differ, 0–1000: it is not counted beyond. */
  readonly count: number;
  /** One of them. */
  readonly first?: string;
}

/** How many entries of a folder do not have this owner, group and mode. Links are not followed. @throws TypeError */
export function differing(params: DifferingParams): Question<DifferingAnswer> {
  return question(differingKind, { ...params, path: checkPath(params.path) });
}

const preamble = `differing() {
  folder=$1
  shift
  if [ -d "$folder" ] && ! find "$folder" -prune "$@" >/dev/null 2>&1; then echo unknown
  elif [ -d "$folder" ]; then
    find "$folder" "$@" -print0 2>/dev/null | tr '\\n\\0' '?\\n' | head -n 1000 | { IFS= read -r first && printf '%s\\n' "$(printf %s "$first" | base64 | tr -d '\\n')" && wc -l; }
  fi
  echo .
}`;

export const differingKind: QuestionKind<DifferingParams, DifferingAnswer> = {
  kind: 'differing',
  reads: ({ path }) => [`file:${path}`, 'user:*', 'group:*'],
  script: (params) => [preamble, ...params.map((one) => `differing ${quote(one.path)} ${tests(one)}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse(part, { path }) {
    const [first, more] = linesOf(part);
    if (first === undefined) return { count: 0 };
    if (first === 'unknown') return { count: 1, first: path };
    if (!/^ *\d+$/.test(more ?? '')) throw new Error(`the host printed something about what is in ${path} that is not understood`);
    return { count: Number(more) + 1, first: fromBase64(first) };
  },
  timeoutSeconds: () => 300,
};

// find(1) refuses the name of a user that is not there; then everything differs.
function tests({ owner, group, mode }: DifferingParams): string {
  const some = [owner && `! -user ${quote(owner)}`, group && `! -group ${quote(group)}`, mode && `'(' ! -type l ! -perm ${mode} ')'`];
  return `'(' ${some.filter((one) => one).join(' -o ')} ')'`;
}
