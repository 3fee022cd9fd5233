/**
 * Functions of sh for a file or folder beside what it is to replace, named as no other thing of ours is.
 *
 * `temporary FOLDER [-d]` makes an empty file (with `-d` a folder) for this user alone and says its name in `made`. Before, what scripts that were killed have left in that
 * folder is removed (`remove_left FOLDER`). To remove what was made is for a `cleanUp` that is set before, since a script may be ended at any moment. Who is at work holds what it has made by flock(2) (`hold NAME`): the lock ends with the last process of that script, whatever it dies of. Where
 * there is no flock(1) nothing is removed. Others' files are left to them; but root takes them too where not everybody may write, since a file is given to its owner before it is renamed.
 */
export const temporary = `made=
hold() { { command exec 8<"$1" && flock -n 8; } 2>/dev/null || :; }
remove_left() {
  for left in "$1"/.homerun.??????????; do
    case \${left##*/.homerun.} in *[!A-Za-z0-9]*) continue ;; esac
    { [ -f "$left" ] || [ -d "$left" ]; } && [ ! -h "$left" ] || continue
    [ -O "$left" ] || { [ "$(id -u)" = 0 ] && [ ! -k "$1" ]; } || continue
    flock -n "$left" rm -rf -- "$left" 2>/dev/null
  done
}
temporary() {
  remove_left "$1"
  made=$(mktemp $2 "$1/.homerun.XXXXXXXXXX") || return 1
  hold "$made"
}`;
