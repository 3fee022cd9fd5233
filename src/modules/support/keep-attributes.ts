/**
 * A function of sh, `keep_attributes OLD NEW`: gives the file NEW the owner, group, mode, access list, extended attributes and SELinux label of OLD, and leaves
 * its times. It fails where the owner cannot be kept. cp(1) of coreutils does it all in one process, but takes an owner that it may not give for no failure. Where it is
 * another's (BusyBox) there are access lists only if there are tools for them.
 */
export const keepAttributes = `keep_attributes() {
  if cp --attributes-only --preserve=all --no-preserve=timestamps,links -- "$1" "$2" 2>/dev/null; then
    set -- $(stat -c '%u:%g' -- "$1" "$2")
    [ $# = 2 ] && [ "$1" = "$2" ]
    return
  fi
  set -- "$1" "$2" $(stat -c '%u:%g %a' -- "$1" "$2")
  [ $# = 6 ] || return 1
  [ "$3" = "$5" ] || chown -- "$3" "$2" || return 1
  if command -v getfacl && command -v setfacl; then getfacl -cp -- "$1" | setfacl --set-file=- -- "$2"; fi >/dev/null 2>&1
  chmod -- "$4" "$2"
}`;
