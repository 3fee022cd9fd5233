/**
 * Functions of sh for a folder beside what it is to bring, named as nobody names anything, and open to this user alone: whoever owns the folder above
 * cannot reach what is written in it.
 *
 * `enter_temporary FOLDER` makes it, says its path in `made`, and goes there (`enter_temporary_here`: in the working folder). From then on what is in it
 * has a name without a path, and `..` is FOLDER itself, wherever its path may lead meanwhile. It fails where that is not what was made: somebody else has
 * put another folder or a link in its place. File systems that keep no owners (of networks, of Windows) cannot tell; there a name that nobody could guess
 * has to do. `leave_temporary` removes it. It is for a `cleanUp` that is set before, since a script may be ended at any moment.
 * `enter_below FOLDER PATH` goes to the folder of PATH, which is below FOLDER, by no link.
 * `is_ours`, asked in the folder that was entered: nobody else may give other things the names of the folders above it.
 * `own_file FILE NAME` gives a file also the name NAME, in the folder that was entered, and fails for what is no file: a link is not followed.
 * `put_in_place NEW PLACE` renames. A folder that is at PLACE, also by a link, is not entered; mv(1) of old BusyBox, which knows no -T, may enter one that
 * gets there at that moment.
 *
 * Before, what scripts that were killed have left in FOLDER is removed (`remove_left FOLDER`), if the folder is this user's and nobody else may write
 * in it: elsewhere another thing could be put under the name while it is looked at. Root removes there what has been given to its owner already, too. Who
 * is at work holds its folder by flock(2): the lock ends with the last process of that script, whatever it dies of. The descriptor is 8, as the session's
 * are 3, 4, 5 and 9. Without flock(1) nothing is removed.
 */
export const temporary = `made= made_id= ours=
remove_left() { (cd -P -- "$1" 2>/dev/null && remove_left_here); }
remove_left_here() {
  all=
  for left in .homerun.temporary.??????????; do
    { [ -f "$left" ] || [ -d "$left" ]; } && [ ! -h "$left" ] || continue
    case \${left##*.} in *[!A-Za-z0-9]*) continue ;; esac
    [ -O . ] || return
    case $(ls -ld .) in ?????w* | ????????w*) return ;; esac
    { [ -O "$left" ] || [ "$(id -u)" = 0 ]; } && flock -n "$left" true 2>/dev/null && all="$all $left"
  done
  # One that is being made is held in a moment.
  [ -z "$all" ] || sleep 1
  for left in $all; do flock -n "$left" rm -rf -- "$left" 2>/dev/null; done
}
enter_temporary() { came_from=$PWD; cd -P -- "\${1:-/}" && enter_temporary_here; }
enter_temporary_here() {
  remove_left_here
  { command exec 8<.; } 2>/dev/null
  made=$(mktemp -d ./.homerun.temporary.XXXXXXXXXX) || return 1
  made=\${PWD%/}/\${made#./} made_id=
  if cd -P -- "./\${made##*/}" && is_made && [ "$(echo * .[!.]*)" = '* .[!.]*' ]; then
    { command exec 8<. && flock -n 8 8<&8; } 2>/dev/null || :
    return
  fi
  echo "another user has put something else in the place of $made" >&2
  return 1
}
is_made() {
  [ "../\${made##*/}" -ef . ] && [ ! -h "../\${made##*/}" ] || return
  set -- $(stat -c '%a %d:%i' .)
  [ -n "$made_id" ] || made_id=$2
  [ "$2" = "$made_id" ] || return
  [ -O . ] && case $1 in 700 | 2700) ;; *) false ;; esac || keeps_no_owners
}
keeps_no_owners() {
  # Then it has to be in the folder that was begun in, or was found to be so before. In this order: NFS, SMB (3), FAT, exFAT, NTFS (2), FUSE, 9P, and what VirtualBox, VMware and Parallels share.
  [ .. -ef /proc/self/fd/8 ] || [ . -ef /proc/self/fd/8 ] || return
  case $(stat -f -c %t .) in 6969 | 517b | ff534d42 | fe534d42 | 4d44 | 2011bab0 | 5346544e | 7366746e | 65735546 | 1021997 | 786f4256 | bacbacbc | 7c7c6673) ;; *) return 1 ;; esac
}
leave_temporary() {
  [ -z "$made" ] || rmdir -- "$made" 2>/dev/null && return
  # By names of its own: rm(1) of BusyBox could be led elsewhere by a link in the place of the folder.
  cd -P -- "$made" 2>/dev/null && is_made && rm -rf -- * .[!.]* && rmdir -- "$made"
}
enter_below() {
  cd -P -- "$1" || return
  rest=\${2#"$1"/}
  while case $rest in */*) ;; *) false ;; esac; do
    below=\${rest%%/*} rest=\${rest#*/} above=$(stat -c %d:%i .)
    { [ -z "$below" ] || { [ ! -h "./$below" ] && cd -P -- "./$below"; }; } && { [ -z "$below" ] || [ "$(stat -c %d:%i ..)" = "$above" ]; } && continue
    echo "\${2%/*} is no folder, or a link, which is not followed in a folder of another user" >&2
    return 1
  done
}
is_ours() {
  if [ -z "$ours" ]; then
    above=.. all=
    until [ "$above" -ef / ]; do all="$all $above" above=$above/..; done
    ours=$(stat -c '%u %a' . $all | {
      read -r user mode
      while read -r other mode; do
        case $other in 0 | "$user") ;; *) exit ;; esac
        case $mode in 1??? | 3??? | *[!2367][!2367]) ;; *) exit ;; esac
      done
      echo yes
    })
    ours=\${ours:-no}
  fi
  [ "$ours" = yes ]
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
