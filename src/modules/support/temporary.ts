/**
 * Functions of sh for a folder beside what it is to bring, named as nobody names anything, and open to this user alone: whoever owns the folder above
 * cannot reach what is written in it.
 *
 * `enter_temporary FOLDER` makes it, says its path in `made`, and goes there. From then on what is in it has a name without a path, and `..` is FOLDER
 * itself, wherever its path may lead meanwhile. It fails where that is not what was made: somebody else has put another folder or a link in its place.
 * File systems that keep no owners (of networks, of Windows) cannot tell; there a name that nobody could guess has to do. `enter_made` is its second half.
 * `leave_temporary` removes it. It is for a `cleanUp` that is set before, since a script may be ended at any moment.
 * `put_in_place NEW PLACE` renames. A folder that is at PLACE, also by a link, is not entered; mv(1) of old BusyBox, which knows no -T, may enter one that
 * gets there at that moment.
 * `own_file FILE NAME` gives a file also the name NAME, in the folder that was entered, and fails for what is no file: a link is not followed.
 *
 * Before, what scripts that were killed have left in FOLDER is removed (`remove_left FOLDER`), if the folder is this user's and nobody else may write
 * in it: elsewhere another thing could be put under the name while it is looked at. Root removes there what has been given to its owner already, too. Who
 * is at work holds its folder by flock(2): the lock ends with the last process of that script, whatever it dies of. The descriptor is 8, as the session's
 * are 3, 4, 5 and 9. Without flock(1) nothing is removed.
 */
export const temporary = `made=
remove_left() {
  for left in "$1"/.homerun.temporary.??????????; do
    if [ -e "$left" ]; then (cd -P -- "$1/" && remove_left_here); return; fi
  done
}
remove_left_here() {
  [ -O . ] || return
  case $(ls -ld .) in ?????w* | ????????w*) return ;; esac
  for left in .homerun.temporary.??????????; do
    case \${left##*.} in *[!A-Za-z0-9]*) continue ;; esac
    { [ -f "$left" ] || [ -d "$left" ]; } && [ ! -h "$left" ] || continue
    [ -O "$left" ] || [ "$(id -u)" = 0 ] || continue
    flock -n "$left" rm -rf -- "$left" 2>/dev/null
  done
}
enter_temporary() {
  remove_left "$1"
  made=$(mktemp -d "$1/.homerun.temporary.XXXXXXXXXX") && enter_made
}
enter_made() {
  cd -P -- "$made" || return 1
  if is_made && [ "$(echo * .[!.]*)" = '* .[!.]*' ]; then
    { command exec 8<. && flock -n 8; } 2>/dev/null || :
    return
  fi
  echo "another user has put something else in the place of $made" >&2
  return 1
}
is_made() {
  [ "../\${made##*/}" -ef . ] && [ ! -h "../\${made##*/}" ] || return
  [ -O . ] && case $(stat -c %a .) in 700 | 2700) ;; *) false ;; esac || keeps_no_owners
}
keeps_no_owners() {
  # In this order: NFS, SMB (3), FAT, exFAT, NTFS (2), FUSE, 9P, and folders that VirtualBox, VMware and Parallels share.
  case $(stat -f -c %t .) in 6969 | 517b | ff534d42 | fe534d42 | 4d44 | 2011bab0 | 5346544e | 7366746e | 65735546 | 1021997 | 786f4256 | bacbacbc | 7c7c6673) ;; *) return 1 ;; esac
}
leave_temporary() {
  [ -z "$made" ] || rmdir -- "$made" 2>/dev/null && return
  # By names of its own: rm(1) of BusyBox could be led elsewhere by a link in the place of the folder.
  cd -P -- "$made" 2>/dev/null && is_made && rm -rf -- * .[!.]* && rmdir -- "$made"
}
own_file() {
  ln -- "$1" "$2" || return
  [ -f "$2" ] && [ ! -h "$2" ] && return
  echo "\${1##*/} is no regular file, and a link is not followed in a folder of another user" >&2
  return 1
}
put_in_place() {
  said=$(mv -fT -- "$1" "$2" 2>&1) && return
  case $(mv --help 2>&1) in *-T*) echo "$said" >&2; return 1 ;; esac
  [ ! -d "$2" ] && mv -f -- "$1" "$2"
}`;
