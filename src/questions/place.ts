import type { Resource } from '../values/resource.ts';
import { fromBase64 } from './parts.ts';

/** Where a path really is. */
export interface Place {
  /** The path with every link resolved, its own too. A part that is not there is kept as it is. */
  readonly real: string;
  /** The links that were passed on the way, each with the folders above it resolved; absent when there were none. */
  readonly links?: readonly string[];
}

/**
 * sh: `place PATH` sets `real` to PATH with every link resolved, `flag` to `hidden` when a folder above may not be entered, and `code` to what is
 * printed for it: `=` when no link is on the way, else base64 of `real` and of each link passed, one a line. As namei(1) goes, a part at a
 * time; a process is started only where there is a link. After 40 links it is a loop (path_resolution(7)).
 */
export const placeFunction = `place() {
  p=$1 rest=$1 real= passed= count=0 flag=- code='='
  while [ -n "$rest" ]; do
    rest=\${rest#/} part=\${rest%%/*}
    case $rest in */*) rest=/\${rest#*/} ;; *) rest= ;; esac
    case $part in '' | .) continue ;; ..) real=\${real%/*}; continue ;; esac
    if [ ! -x "$real/" ] && [ -d "$real/" ]; then flag=hidden; fi
    if [ -L "$real/$part" ] && [ "$count" -lt 40 ]; then
      count=$((count + 1)) passed="$passed
$real/$part" rest=$(readlink -n -- "$real/$part")$rest
      case $rest in /*) real= ;; *) rest=/$rest ;; esac
    else real=$real/$part; fi
  done
  real=\${real:-/}
  if [ "$count" -gt 0 ]; then code=$(printf '%s%s' "$real" "$passed" | base64 | tr -d '\\n'); fi
}`;

/** The place behind the `code` that `place` printed for `path`. @throws Error when it is neither `=` nor base64. */
export function placeOf(code: string, path: string): Place {
  if (code === '=') return { real: path };
  const [real = '', ...links] = fromBase64(code).split('\n');
  return { real, links };
}

/** All other names of what is at a place: what a write to any of them changes. */
export function placeAliases({ real, links = [] }: Place): readonly Resource[] {
  return [real, ...links].map((path): Resource => `file:${path}`);
}
