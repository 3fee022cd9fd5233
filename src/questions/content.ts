import { quote } from '../values/command.ts';
import { checkedBase64, checkPath, linesOf, splitParts } from './parts.ts';
import { type Place, placeAliases, placeFunction, placeOf } from './place.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** Bytes that are read at most: 1 MiB. Enough for any configuration file, and small enough for an answer. */
export const contentCap = 1_048_576;

export interface ContentParams {
  readonly path: string;
}

/** What a file holds; a link is followed. */
export interface ContentAnswer extends Place {
  readonly exists: boolean;
  /** It is there but cannot be read: not a regular file, or this user may not. */
  readonly problem?: 'not a regular file' | 'permission denied';
  /** The content, when it is UTF-8. */
  readonly text?: string;
  /** The content in base64, when it is not UTF-8. */
  readonly base64?: string;
  /** The file is longer than `contentCap`: only its beginning was read. */
  readonly truncated: boolean;
}

/** The content of one file. @param path absolute. @throws TypeError for a path that is not absolute or holds a control character. */
export function content(path: string): Question<ContentAnswer> {
  return question(contentKind, { path: checkPath(path) });
}

export const contentKind: QuestionKind<ContentParams, ContentAnswer> = {
  kind: 'content',
  reads: ({ path }) => [`file:${path}`],
  script(params) {
    const paths = params.map(({ path }) => quote(path));
    return [preamble, ...(paths.length > 2 ? [`measure ${paths.join(' ')}`] : []), ...paths.map((path) => `content ${path}`)].join('\n');
  },
  split: (output, params) => splitParts(output, params.length),
  parse: parseContent,
  aliases: placeAliases,
};

// One byte more than the cap tells whether there is more; of several files those are found first that need no cap (what /proc makes up has no size, but
// no end perhaps). `.` cannot be a line of base64.
const preamble = `${placeFunction}
nl='
'
short=
measure() { short=$nl$(find -L "$@" -prune -type f -size +0 -size -${contentCap / 512} 2>/dev/null)$nl; }
content() {
  place "$1"
  if [ ! -e "$1" ]; then echo "absent $code"
  elif [ ! -f "$1" ]; then echo "other $code"
  elif [ ! -r "$1" ]; then echo "denied $code"
  else
    echo "file $code"
    case $short in *"$nl$1$nl"*) base64 <"$1" ;; *) head -c ${contentCap + 1} -- "$1" | base64 ;; esac
  fi
  echo .
}`;

function parseContent(part: string, { path }: ContentParams): ContentAnswer {
  const [first = '', ...encoded] = linesOf(part);
  const [state = '', code = ''] = first.split(' ');
  const place = placeOf(code, path);
  switch (state) {
    case 'absent':
      return { exists: false, ...place, truncated: false };
    case 'other':
      return { exists: true, ...place, problem: 'not a regular file', truncated: false };
    case 'denied':
      return { exists: true, ...place, problem: 'permission denied', truncated: false };
    case 'file': {
      const bytes = Buffer.from(checkedBase64(encoded.join('')), 'base64');
      const truncated = bytes.length > contentCap;
      return { exists: true, ...place, ...textOrBase64(truncated ? bytes.subarray(0, contentCap) : bytes), truncated };
    }
    default:
      throw new Error(`the host printed something about the content of ${path} that is not understood`);
  }
}

function textOrBase64(bytes: Buffer): { readonly text: string } | { readonly base64: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: bytes.toString('base64') };
  }
}
