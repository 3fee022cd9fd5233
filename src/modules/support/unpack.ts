import { type Command, quote } from '../../values/command.ts';
import { cleanUp, fail } from './shell.ts';
import { temporary } from './temporary.ts';

/** A tar file and where it goes. */
export interface Unpacked {
  /** The archive's path on the host; absent when it comes on standard input. */
  readonly archive: string | undefined;
  /** Its bytes, where it comes on standard input. */
  readonly stdin?: Command['stdin'];
  /** SHA-256 of the archive in hexadecimal. */
  readonly sha256: string | undefined;
  readonly folder: string;
  /** A path that the archive must bring; what holds it is put in place last. */
  readonly creates: string;
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly exclude: readonly string[];
  /** Members that alone are unpacked; empty for all. */
  readonly include?: readonly string[];
  /** More options of tar(1). */
  readonly options?: readonly string[];
}

/**
 * Looks through the archive, unpacks it in a folder of its own beside the others, looks through that as well, and only then puts each entry in
 * its place by a rename: a broken or hostile archive leaves nothing behind. Refused are paths and links that lead out of the folder, devices,
 * set-user-ID files, and more than the file system holds. What is there already is replaced entry by entry, never written through a link.
 */
export function unpack({ archive, stdin, sha256, folder, creates, owner, group, exclude, include = [], options = [] }: Unpacked): Command {
  const last = creates.startsWith(`${folder === '/' ? '' : folder}/`)
    ? (creates.slice(folder === '/' ? 1 : folder.length + 1).split('/')[0] ?? '')
    : '';
  const own = [
    ...(owner === undefined ? [] : [`chown -hR -- ${quote(owner)} "$w/tree" || exit 1`]),
    ...(group === undefined ? [] : [`chgrp -hR -- ${quote(group)} "$w/tree" || exit 1`]),
  ];
  const steps = [
    `d=${quote(folder)} a=${quote(archive ?? '')} creates=${quote(creates)} last=${quote(last)} want=${sha256 ?? ''}`,
    begin,
    look,
    `(umask 022; tar -xpof "$a" $z ${exclude.map((name) => `--exclude=${quote(name)} `).join('')}${options.map((option) => `${quote(option)} `).join('')}-C "$w/tree"${include.length > 0 ? ` -- ${include.map(quote).join(' ')}` : ''}) || refuse 'it could not be unpacked'`,
    lookAgain,
    ...own,
    place,
  ];
  return { script: steps.join('\n'), ...(stdin !== undefined && { stdin }), timeoutSeconds: 3600 };
}

const begin = `${fail}
refuse() { fail "the archive is refused, nothing was changed: $1"; }
command -v tar >/dev/null || fail 'tar is not installed on this host: install it first (module apt, name: tar)'
umask 077
${temporary}
${cleanUp('leave_temporary')}
enter_temporary "$d" && w=. || fail "no folder can be created in $d"
mkdir -m 0755 -- "$w/tree" || exit 1
if [ -z "$a" ]; then a=$w/archive; cat >"$a" || fail "the archive could not be written to $d"; fi
if [ -n "$want" ]; then
  got=$(sha256sum <"$a")
  [ "\${got%% *}" = "$want" ] || refuse "it has the sha256 \${got%% *}, expected $want"
fi`;

// BusyBox's tar does not find out the packing by itself. The third word of each line of tar(1)'s long listing is the size that will be unpacked.
const look = `case $(head -c 4 "$a" | od -An -tx1 | tr -d ' ') in 1f8b*) z=-z ;; 425a68*) z=-j ;; fd377a58) z=-J ;; 28b52ffd) z=--zstd ;; *) z= ;; esac
tar -tf "$a" $z >"$w/names" 2>"$w/said" || refuse "it is no tar file that this host can read: $(head -n 1 "$w/said")"
grep -q '^tar: [Rr]emoving leading' "$w/said" && refuse 'a path in it leads elsewhere'
bad=$(grep -m 1 -E '^/|(^|/)[.][.](/|$)' "$w/names") && refuse "the path $bad in it leads elsewhere"
tar -tvf "$a" $z >"$w/list" 2>/dev/null || refuse 'it is broken'
cut -c 1 "$w/list" | grep -qv '^[-dlh]' && refuse 'it holds something that is no file, folder or link'
need=$(awk '{ sum += $3 } END { printf "%d", sum / 1024 }' "$w/list")
free=$(df -Pk "$d" | awk 'NR == 2 { print $4 }')
[ "$need" -le "$free" ] || refuse "it unpacks to $need KiB, and $d has $free KiB free (No space left on device)"`;

const lookAgain = `odd=$(find "$w/tree" -name '*[[:cntrl:]]*' | head -n 1)
[ -z "$odd" ] || refuse 'a name in it holds control characters'
odd=$(find "$w/tree" -type f '(' -perm -4000 -o -perm -2000 ')' | head -n 1)
[ -z "$odd" ] || refuse "\${odd#"$w/tree/"} in it would run with the rights of its owner (set-user-ID)"
odd=$(find "$w/tree" -type f -links +1 -exec stat -c '%h %d:%i' {} + | sort | uniq -c | awk '$1 != $2' | head -n 1)
[ -z "$odd" ] || refuse 'a hard link in it leads elsewhere'
home=$(cd -P -- "$w/tree" && pwd)
find "$w/tree" -type l >"$w/links"
while IFS= read -r link; do
  end=$(readlink -f -- "$link")
  case $end in "$home"/*) ;; *) refuse "the link \${link#"$w/tree/"} in it leads elsewhere" ;; esac
done <"$w/links"`;

// A folder that is there is filled folder by folder, from above; what is in it and no folder is replaced by a rename.
const place = `sync -f "$w" 2>/dev/null || sync
cd -- "$w/tree" && w=.. to=../.. || exit 1
fill() {
  find "$1" -type d >"$w/folders"
  while IFS= read -r one; do
    # It may have gone along with the one above it.
    [ -d "$one" ] || continue
    if [ -d "$to/$one" ] && [ ! -L "$to/$one" ]; then
      find "$one" -mindepth 1 -maxdepth 1 ! -type d -exec sh -c 'd=$1; shift; mv -f -- "$@" "$d/"' sh "$to/$one" {} + || return 1
      chown -h -- "$(stat -c %u:%g -- "$one")" "$to/$one" && chmod -- "$(stat -c %a -- "$one")" "$to/$one" || return 1
    else
      rm -f -- "$to/$one" && mv -- "$one" "$to/$one" || return 1
    fi
  done <"$w/folders"
}
put() {
  if [ -d "$1" ] && [ ! -L "$1" ]; then fill "./$1"; else mv -f -- "$1" "$to/"; fi || fail "$1 could not be put into $d"
}
for entry in * .[!.]* ..?*; do
  if [ "$entry" != "$last" ] && { [ -e "$entry" ] || [ -L "$entry" ]; }; then put "$entry"; fi
done
if [ -n "$last" ] && { [ -e "$last" ] || [ -L "$last" ]; }; then put "$last"; fi
[ -e "$creates" ] || [ -L "$creates" ] || fail "the archive was unpacked, but it does not bring $creates: correct creates"`;
