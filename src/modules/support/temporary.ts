/**
 * Functions of sh for a file or folder beside what it is to replace, named as nobody names anything.
 *
 * `temporary FOLDER [-d]` makes an empty file (with `-d` a folder) for this user alone and says its name in `made`. To remove it is for a `cleanUp` that
 * is set before, since a script may be ended at any moment.
 *
 * Before, what scripts that were killed have left in that folder is removed (`remove_left FOLDER`), if the folder is this user's and nobody else may write
 * in it: elsewhere another thing could be put under the name while it is looked at. Root removes there what has been given to its owner already, too. Who
 * is at work holds what it has made by flock(2) (`hold NAME`): the lock ends with the last process of that script, whatever it dies of. The descriptor is
 * 8, as the session's are 3, 4, 5 and 9. Without flock(1) nothing is removed.
 */
export const temporary = `made=
hold() {
  # On NFS a lock takes a descriptor that may write.
  { if [ -d "$1" ]; then command exec 8<"$1"; else command exec 8<>"$1"; fi && flock -n 8; } 2>/dev/null || :
}
remove_left() {
  for left in "$1"/.homerun.temporary.??????????; do
    case \${left##*.} in *[!A-Za-z0-9]*) continue ;; esac
    { [ -f "$left" ] || [ -d "$left" ]; } && [ ! -h "$left" ] || continue
    [ -O "$1/" ] && { [ -O "$left" ] || [ "$(id -u)" = 0 ]; } || continue
    case $(ls -ld -- "$1/") in ?????w* | ????????w*) continue ;; esac
    flock -n "$left" rm -rf -- "$left" 2>/dev/null
  done
}
temporary() {
  remove_left "$1"
  made=$(mktemp $2 "$1/.homerun.temporary.XXXXXXXXXX") || return 1
  hold "$made"
}`;
