import { type Command, quote } from '../../values/command.ts';

/**
 * Makes the home folder of a user who is there: filled from the skeleton as useradd(8) does it, the user's own, with the mode that login.defs(5) says.
 * What is there already stays as it is.
 */
export function makeHome(
  name: string,
  home: string,
  { skeleton = '/etc/skel', umask = '' }: { readonly skeleton?: string | undefined; readonly umask?: string | undefined },
): Command {
  return {
    script: `home=${quote(home)} skeleton=${quote(skeleton)} umask=${quote(umask)}
if [ ! -e "$home" ]; then
  uid=$(id -u -- ${quote(name)}) && gid=$(id -g -- ${quote(name)}) || exit
  setting() { awk -v name="$1" '$1 == name { value = $2 } END { print value }' /etc/login.defs 2>/dev/null; }
  [ -n "$umask" ] && mode= || mode=$(setting HOME_MODE)
  if [ -z "$mode" ]; then
    umask=\${umask:-$(setting UMASK)}
    mode=$(printf %o $((0777 & ~0\${umask:-022})))
  fi
  mkdir -p -m 0755 -- "\${home%/*}/" && mkdir -m 0700 -- "$home" || exit
  if [ -d "$skeleton" ]; then cp -a -- "$skeleton/." "$home/" || exit; fi
  chown -R -h -- "$uid:$gid" "$home" && chmod -- "$mode" "$home"
fi`,
  };
}
