import { fromBase64 } from './parts.ts';

/**
 * sh: `place PATH` sets `real` to PATH with every link resolved, `flag` to `hidden` when a folder above may not be entered, and `code` to
 * what is printed for it: `=` when it is PATH itself, else base64 of it. `cd -P` does it without a process for all but links; the
 * working folder is changed, so it runs in a step's own subshell.
 */
export const placeFunction = `base64_of() { printf %s "$1" | base64 | tr -d '\\n'; }
place() {
  p=$1 d=\${1%/*} rest=/\${1##*/} flag=-
  [ -n "$d" ] || d=/
  until cd -P -- "$d" 2>/dev/null; do
    if [ -d "$d" ]; then flag=hidden; fi
    rest=/\${d##*/}$rest d=\${d%/*}
    [ -n "$d" ] || d=/
  done
  real=\${PWD%/}$rest
  [ "$p" != / ] || real=/
  if [ -L "$p" ]; then
    end=$(readlink -f -- "$p" 2>/dev/null)
    [ -z "$end" ] || real=$end
  fi
  if [ "$real" = "$p" ]; then code='='; else code=$(base64_of "$real"); fi
}`;

/** The real path behind the `code` that `place` printed for `path`. @throws Error when it is neither `=` nor base64. */
export function realPath(code: string, path: string): string {
  return code === '=' ? path : fromBase64(code);
}
