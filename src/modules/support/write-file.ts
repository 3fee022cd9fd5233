import { bestDigest } from '../../questions/digest.ts';
import { type Command, type Output, quote } from '../../values/command.ts';
import { Secret } from '../../values/secret.ts';
import { splitWords } from '../../values/words.ts';
import { type Content, changedWhile, isHostFile, isLong, withDigestBefore, withDigestBehind } from './content.ts';
import { keepAttributes } from './keep-attributes.ts';
import { cleanUp, fail } from './shell.ts';
import { temporary } from './temporary.ts';

export interface WriteFile {
  /** Absolute; what is there is replaced, also a link (give its real path to keep it). */
  readonly path: string;
  readonly content: Content;
  /** A name or number. Default: as the file that is replaced, else the user that runs the command. Access list, extended attributes and SELinux label are always kept. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Four octal digits. Default: as the file that is replaced, else `0644`, `0600` for secret content. */
  readonly mode?: string | undefined;
  /**
   * A command in which `%s` stands for the new file (no shell reads it: it is words and quotes); only if it succeeds is the file put in place. No other
   * user can read the new file yet.
   */
  readonly validate?: string | undefined;
  /** Keep the file that is replaced beside it; its name is printed. Default false. */
  readonly backup?: boolean | undefined;
  /** Write into the existing file instead of replacing it: for one that is itself a mount, as in a container. Not atomic. Default false. */
  readonly inPlace?: boolean | undefined;
  /** Make the folders above that are not there. Default false. */
  readonly makesFolder?: boolean | undefined;
}

/** The name under which a command of `writeFile` has kept the old file. */
export function keptName(outputs: readonly Output[]): string | undefined {
  return outputs.flatMap(({ stdout }) => stdout.split('\n')).findLast((line) => /\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~$/.test(line));
}

/**
 * Writes a file so that nobody ever sees half of it: in a folder of its own beside it, which nobody else can reach, its digest checked, owner, mode and
 * attributes set, validated, brought to the disk, renamed. That folder goes whatever happens. The one above must be there.
 * @throws TypeError for a path that is not absolute or holds a control character.
 */
export function writeFile({ path, content, owner, group, mode, validate, backup, inPlace, makesFolder }: WriteFile): Command {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (!path.startsWith('/') || /[\u0000-\u001f\u007f]/.test(path)) throw new TypeError(`${JSON.stringify(path)} is not an absolute path of one line`);
  const fallback = content instanceof Secret ? '0600' : '0644';
  const steps = [
    `p=${quote(path)}`,
    'd=${p%/*}',
    makesFolder && '[ -d "${d:-/}" ] || (umask 022; mkdir -p -- "$d")',
    isHostFile(content) && `from=${quote(content.path)}`,
    preamble,
    isLong(content) ? `n=${content.size}\n${receiveLong}` : isHostFile(content) ? receive.replace('cat >', 'cat -- "$from" >') : receive,
    own,
    `own ${quote(owner ?? '')} ${quote(group ?? '')} ${quote(mode ?? '')} ${fallback}`,
    validate && shown,
    validate &&
      `(cd -- "$came_from" 2>/dev/null || cd /; ${withNewFile(validate)}) </dev/null || fail "the new $p was refused by: "${quote(validate)}`,
    backup && (inPlace ? keepCopy : keepOld),
    inPlace ? overwrite : replace,
  ];
  const script = steps.filter((step) => step).join('\n');
  if (isLong(content)) return { script, stdin: withDigestBehind(content), timeoutSeconds: 3600 };
  return { script, stdin: isHostFile(content) ? `${content.sha256}\n` : withDigestBefore(content) };
}

/** Before much is sent: whether the folder is there and holds that many bytes more. @param folder absolute, without a slash at its end. */
export function roomBelow(folder: string, size: number): Command {
  const need = Math.ceil(size / 1024);
  const script = `d=${quote(folder === '' ? '/' : folder)}
${fail}
[ -d "$d" ] || fail "the folder $d does not exist: create it first (module file, state: directory)"
free=$(df -Pk -- "$d" | awk 'NR == 2 { print $4 }')
[ ${need} -le "\${free:-0}" ] || fail "$d has \${free:-0} KiB free, and ${need} KiB are needed (No space left on device)"`;
  return { script };
}

function withNewFile(command: string): string {
  const quoted = (word: string): string => {
    const parts = word.split('%s').map((part) => (part === '' ? '' : quote(part)));
    return parts.length === 1 ? quote(word) : parts.join('"$shown/$t"');
  };
  return splitWords(command).map(quoted).join(' ');
}

/** sh: goes to a folder of its own in `d`, in which the new file is `t`, and from which the place of `p` is `place`. */
export const enter = `enter_temporary "$d" || fail "no file can be created in \${d:-/}"
t=new place=../\${p##*/}`;

const preamble = `${fail}
[ -d "$p" ] && fail "$p is a directory: a file cannot be put there"
[ -d "\${d:-/}" ] || fail "the folder \${d:-/} does not exist: create it first (module file, state: directory)"
umask 077
${temporary}
${cleanUp('leave_temporary')}
${enter}`;

// Where somebody else may give its folder another name, the new file is shown to a validation by the descriptor that this shell holds that folder by.
const shown = `shown=$made
is_ours || { read -r shell rest </proc/self/stat && shown=/proc/$shell/fd/8; } 2>/dev/null`;

// The first line is the digest: in the script it would give a short secret away to whoever tries all of them.
const receive = `IFS= read -r want && cat >"$t" || fail "the content of $p could not be written"
got=$(sha256sum <"$t") || fail "the content of $p could not be read back"
[ "\${got%% *}" = "$want" ] || fail "the content of $p did not arrive whole"`;

/**
 * Long content comes with its digest behind it, and is digested on its way to the disk. A head(1) that takes more than it gives (BusyBox) would take the
 * digest along: then all is written, and cut.
 */
const receiveLong = `${bestDigest}
if [ "$(printf ab | { head -c 1 >/dev/null; cat; })" = b ]; then
  got=$(head -c "$n" | tee -- "$t" | $digest)
  IFS= read -r want
else
  cat >"$t" || fail "the content of $p could not be written"
  want=$(tail -c 65 -- "$t")
  dd if=/dev/null of="$t" bs=1 seek="$n" 2>/dev/null && got=$($digest <"$t")
fi
[ "$(stat -c %s -- "$t")" = "$n" ] || fail "the content of $p could not be written"
${changedWhile('$p')}
[ -n "$want" ] && [ "\${got%% *}" = "$want" ] || fail "the content of $p did not arrive whole"`;

/**
 * sh: `own OWNER GROUP MODE FALLBACK` gives the new file `t` what it is to have (empty words: what the file at `place` has, that it replaces; for a new one the user that
 * runs it, and the mode FALLBACK).
 */
export const own = `${keepAttributes}
own() {
  m=$3 old=
  if [ -f "$place" ] && [ ! -L "$place" ]; then
    # In a folder of another user something else may be there the next moment: what is looked at has a name of its own then.
    if is_ours; then old=$place; elif own_file "$place" old 2>/dev/null; then old=old; fi
  fi
  if [ -z "$old" ]; then
    m=\${3:-$4}
  elif is_ours || [ -z "$1" ]; then
    keep_attributes "$old" "$t" || { [ -n "$1" ] && [ -n "$2" ]; } || fail "the owner of $p could not be set"
  else
    # What he has let himself do with his file he may not do with one of another owner.
    set -- "$1" "\${2:-$(stat -c %g -- "$old")}" "$3"
  fi
  # Giving a file away takes its set-ID bits: they are given back where they were ours.
  if [ -n "$old" ] && [ -z "$m" ] && [ -n "$1$2" ]; then
    m=$(stat -c %a -- "$old")
    is_ours || case $m in ????) m=\${m#?} ;; esac
  fi
  [ "$old" != old ] || rm -f -- old
  if [ -n "$1$2" ] && [ "$1:$2" != "$(stat -c '%u:%g' -- "$t")" ]; then chown -- "$1\${2:+:$2}" "$t" || fail "the owner of $p could not be set"; fi
  [ -z "$m" ] || chmod -- "$m" "$t" || fail "the mode of $p could not be set"
}`;

const keepAs = (keep: string): string => `if [ -f "$place" ]; then
  b=$p.$$.$(date +%Y-%m-%d@%H:%M:%S)~
  ${keep} && put_in_place kept "$place\${b#"$p"}" || fail "$p could not be kept as $b"
  printf '%s\\n' "$b"
fi`;

/** sh: keeps the file `p`, which is at `place` and will be replaced, beside it: the file itself gets that name. Where it can have no second one, a copy does, if no other user can put a link there meanwhile. */
export const keepOld = keepAs('{ ln -- "$place" kept 2>/dev/null || { is_ours && cp -pP -- "$place" kept; }; }');

/** It will be written into. */
const keepCopy = keepAs('cp -p -- "$place" kept');

/** sh: puts the new file `t` in its place. sync(1) of old BusyBox knows no operand and brings everything to the disk: slower, not wrong. */
export const replace = `sync -- "$t" 2>/dev/null || sync
put_in_place "$t" "$place" || fail "$p could not be put in place"
sync -- .. 2>/dev/null || :`;

const overwrite = `{ : >>"$p" && chown -- "$(stat -c '%u:%g' -- "$t")" "$p" && chmod -- "$(stat -c %a -- "$t")" "$p"; } || fail "owner and mode of $p could not be set"
cat -- "$t" >"$p" || fail "$p could not be written"
sync -- "$p" 2>/dev/null || sync`;
