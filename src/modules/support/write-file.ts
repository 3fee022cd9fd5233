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
  /** A command in which `%s` stands for the new file (no shell reads it: it is words and quotes); only if it succeeds is the file put in place. */
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
 * Writes a file so that nobody ever sees half of it: into a temporary file beside it (0600 from its birth), its digest checked, owner,
 * mode and attributes set, validated, brought to the disk, renamed. The temporary file goes whatever happens. The folder must be there.
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
    validate && `${withNewFile(validate)} </dev/null || fail "the new $p was refused by: "${quote(validate)}`,
    backup && keepOld,
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
    return parts.length === 1 ? quote(word) : parts.join('"$t"');
  };
  return splitWords(command).map(quoted).join(' ');
}

const preamble = `${fail}
[ -d "$p" ] && fail "$p is a directory: a file cannot be put there"
[ -d "\${d:-/}" ] || fail "the folder \${d:-/} does not exist: create it first (module file, state: directory)"
umask 077
${temporary}
${cleanUp('rm -f -- "$made"')}
temporary "$d" && t=$made || fail "no file can be created in \${d:-/}"`;

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
 * sh: `own OWNER GROUP MODE FALLBACK` gives the new file `t` what it is to have (empty words: what the file at `p` has, that it replaces; for a new one the user that
 * runs it, and the mode FALLBACK).
 */
export const own = `${keepAttributes}
own() {
  m=$3
  if [ -f "$p" ] && [ ! -L "$p" ]; then
    keep_attributes "$p" "$t" || { [ -n "$1" ] && [ -n "$2" ]; } || fail "the owner of $p could not be set"
    # Giving a file away takes its set-ID bits.
    if [ -z "$m" ] && [ -n "$1$2" ]; then m=$(stat -c %a -- "$p"); fi
  else
    m=\${3:-$4}
  fi
  if [ -n "$1$2" ] && [ "$1:$2" != "$(stat -c '%u:%g' -- "$t")" ]; then chown -- "$1\${2:+:$2}" "$t" || fail "the owner of $p could not be set"; fi
  [ -z "$m" ] || chmod -- "$m" "$t" || fail "the mode of $p could not be set"
}`;

/** sh: keeps the file at `p` beside it. */
export const keepOld = `if [ -f "$p" ]; then
  b=$p.$$.$(date +%Y-%m-%d@%H:%M:%S)~
  cp -p -- "$p" "$b" || fail "$p could not be kept as $b"
  printf '%s\\n' "$b"
fi`;

/** sh: puts the new file `t` in its place `p`, in the folder `d`. sync(1) of old BusyBox knows no operand and brings everything to the disk: slower, not wrong. */
export const replace = `sync -- "$t" 2>/dev/null || sync
mv -f -- "$t" "$p" || fail "$p could not be put in place"
sync -- "\${d:-/}" 2>/dev/null || :`;

const overwrite = `{ : >>"$p" && chown -- "$(stat -c '%u:%g' -- "$t")" "$p" && chmod -- "$(stat -c %a -- "$t")" "$p"; } || fail "owner and mode of $p could not be set"
cat -- "$t" >"$p" || fail "$p could not be written"
sync -- "$p" 2>/dev/null || sync`;
