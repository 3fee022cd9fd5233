/**
 * A function of sh, `switch_link TARGET LINK`: lets LINK point at TARGET by one rename, so that no reader ever finds neither the old
 * nor the new. Where mv(1) is too old to know -T (a link to a folder would be entered instead of replaced), the link is made anew.
 */
export const switchLink = `switch_link() {
  rm -rf -- "$2.homerun-new" && ln -s -- "$1" "$2.homerun-new" || return 1
  mv -fT -- "$2.homerun-new" "$2" 2>/dev/null || { rm -f -- "$2.homerun-new" && ln -sfn -- "$1" "$2"; }
}`;
