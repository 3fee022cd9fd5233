import { quote } from '../values/command.ts';
import { checkedBase64, checkPath, checkWord, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface ContentsParams {
  /** Absolute. */
  readonly folder: string;
  /** Paths below it, of regular files. */
  readonly names: readonly string[];
}

/** The content of each file; undefined where it is not UTF-8. Of none, when one could not be read. */
export type ContentsAnswer = readonly (string | undefined)[];

/**
 * What files of a folder hold, a few MiB in all: what is printed must be short enough to be read.
 * @throws TypeError for a folder that is not absolute, or control characters.
 */
export function contents({ folder, names }: ContentsParams): Question<ContentsAnswer> {
  return question(contentsKind, { folder: checkPath(folder), names: names.map((name) => checkWord(name, 'a path')) });
}

const preamble = `contents() {
  (
    cd -- "$1/" 2>/dev/null || exit
    shift
    printf '%s\\0' "$@" | xargs -0 stat -c %s -- 2>/dev/null
    echo =
    printf '%s\\0' "$@" | xargs -0 cat -- 2>/dev/null | base64
  )
  echo .
}`;

export const contentsKind: QuestionKind<ContentsParams, ContentsAnswer> = {
  kind: 'contents',
  reads: ({ folder }) => [`file:${folder}`],
  script: (params) => [preamble, ...params.map(({ folder, names }) => `contents ${quote(folder)} ${names.map(word).join(' ')}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse(part, { names }) {
    const lines = linesOf(part);
    const middle = lines.indexOf('=');
    const sizes = lines.slice(0, Math.max(0, middle)).map(Number);
    const bytes = Buffer.from(checkedBase64(lines.slice(middle + 1).join('')), 'base64');
    if (sizes.length !== names.length || sizes.reduce((sum, size) => sum + size, 0) !== bytes.length) return names.map(() => undefined);
    let at = 0;
    return sizes.map((size) => {
      at += size;
      return textOf(bytes.subarray(at - size, at));
    });
  },
  // It is for people to see. That the files are still the same is guarded by their digests, which are asked for elsewhere.
  volatile: true,
};

const word = (name: string): string => quote(name.startsWith('-') ? `./${name}` : name);

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
