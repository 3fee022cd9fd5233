import type { Resource } from '../values/resource.ts';
import { fromBase64 } from './parts.ts';

/** Where a path really is. */
export interface Place {
  /** The path with every link resolved, its own too. A part that is not there is kept as it is. */
  readonly real: string;
  /** The links that were passed on the way, each with the folders above it resolved; absent when there were none. */
  readonly links?: readonly string[];
}

/** sh: a pattern of what is printed as base64; text of other characters is printed as it is, after a `:`, which base64 cannot begin with. */
export const strange = '*[!A-Za-z0-9/._+@,~-]*';

/** What a host prints for a text: base64, or the text itself after a `:`; `:` stands between the lines of it, too. */
export const encodedText = '(?:[A-Za-z0-9+/=]+|:[A-Za-z0-9/._+@,~:-]+)';
const encoded = new RegExp(`^${encodedText}$`);

/**
 * sh: `place PATH` sets `real` to PATH with every link resolved, `own` to what is written in PATH where it is a link itself (less newlines at its
 * end), `flag` to `hidden` when a folder above may not be entered, and `code` to what is printed for it: `=` when no link is on the way, else `real`
 * and each link passed, one a line, encoded. As namei(1) goes, a part at a time; a process is started only where there
 * is a link. After 40 links it is a loop (path_resolution(7)).
 */
export const placeFunction = `place() {
  p=$1 rest=$1 real= passed= own= targets= count=0 flag=- code='='
  while [ -n "$rest" ]; do
    rest=\${rest#/} part=\${rest%%/*}
    case $rest in */*) rest=/\${rest#*/} ;; *) rest= ;; esac
    case $part in '' | .) continue ;; ..) real=\${real%/*}; continue ;; esac
    if [ ! -x "$real/" ] && [ -d "$real/" ]; then flag=hidden; fi
    if [ -L "$real/$part" ] && [ "$count" -lt 40 ]; then
      to=$(readlink -n -- "$real/$part")
      if [ -z "$rest$own" ]; then own=$to; fi
      count=$((count + 1)) targets=$targets$to code=$code:$real/$part passed="$passed
$real/$part" rest=$to$rest
      case $rest in /*) real= ;; *) rest=/$rest ;; esac
    else real=$real/$part; fi
  done
  real=\${real:-/}
  if [ "$count" -gt 0 ]; then
    case $p$targets in ${strange}) code=$(printf '%s%s' "$real" "$passed" | base64 | tr -d '\\n') ;; *) code=:$real\${code#=} ;; esac
  fi
}`;

/** The place behind the `code` that `place` printed for `path`. @throws Error when it is neither `=` nor encoded. */
export function placeOf(code: string, path: string): Place {
  if (code === '=') return { real: path };
  const [real = '', ...links] = textLines(code);
  return { real, links };
}

/** The lines of an encoded text. @throws Error when it is not encoded as it must be. */
export function textLines(code: string): readonly string[] {
  if (!code.startsWith(':')) return fromBase64(code).split('\n');
  if (!encoded.test(code)) throw new Error('the host printed a path that is not understood');
  return code.slice(1).split(':');
}

/** All other names of what is at a place: what a write to any of them changes. */
export function placeAliases({ real, links = [] }: Place): readonly Resource[] {
  return [real, ...links].map((path): Resource => `file:${path}`);
}
