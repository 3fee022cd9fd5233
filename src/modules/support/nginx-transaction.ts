import { type Command, explainsItself, quote, withStdin } from '../../values/command.ts';
import { Secret, type Text } from '../../values/secret.ts';
import { digestOf } from './content.ts';
import { keepAttributes } from './keep-attributes.ts';
import { fail } from './shell.ts';

/** The files of a site, as they shall be after the transaction. */
export interface NginxFiles {
  /** Holds what the transaction replaces while it runs; absolute, on the file system of `file`. */
  readonly work: string;
  readonly file: string;
  /** The new content; absent: the file is removed. */
  readonly content?: Text;
  /** Four octal digits. */
  readonly mode: string;
  /** The link that enables the site, where the layout has one. */
  readonly link?: string;
  /** Whether the link shall be there. */
  readonly enabled: boolean;
  /** A further file that goes: the other name of an enabled or disabled site. */
  readonly obsolete?: string;
}

/**
 * One command that puts the files of a site in place, has nginx check its whole configuration, reloads it if it runs, and waits until
 * the new workers are there. When nginx refuses the files or the reload, the old ones are put back: what was served is served on.
 * When the command itself is cut, the next run of it puts back what the cut one had replaced, and starts anew.
 */
export function nginxTransaction({ work, file, content, mode, link, enabled, obsolete }: NginxFiles): Command {
  const variables = { work, file, link: link ?? '', obsolete: obsolete ?? '', mode };
  const script = [
    ...Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`),
    preamble,
    content !== undefined && receive,
    save,
    content === undefined ? 'rm -f -- "$file"' : 'mv -f -- "$work/new-file" "$file"',
    link && (enabled && content !== undefined ? 'ln -s -- "$file" "$work/new-link" && mv -f -- "$work/new-link" "$link"' : 'rm -f -- "$link"'),
    obsolete && 'rm -f -- "$obsolete"',
    checkAndReload,
  ];
  const command: Command = { script: script.filter((step) => step).join('\n'), timeoutSeconds: 120 };
  return content === undefined ? command : withStdin(command, withDigest(content));
}

function withDigest(content: Text): Text {
  return content instanceof Secret ? new Secret(`${digestOf(content)}\n${content.reveal()}`) : `${digestOf(content)}\n${content}`;
}

// `saved` is made last: without it a cut transaction had not replaced anything yet.
const preamble = `${fail}
${keepAttributes}
command -v nginx >/dev/null || fail 'nginx is not installed on this host: install it first (module apt, name: nginx)'
put_back() {
  [ -e "$work/saved" ] || return 0
  for which in file link obsolete; do
    eval "path=\\$$which"
    [ -n "$path" ] || continue
    if [ -e "$work/old-$which" ] || [ -L "$work/old-$which" ]; then mv -f -- "$work/old-$which" "$path"; else rm -f -- "$path"; fi
  done
}
give_up() { put_back; rm -rf -- "$work"; }
trap 'give_up; exit 129' HUP
trap 'give_up; exit 130' INT
trap 'give_up; exit 143' TERM
give_up
conflicts() { sed -n 's/.*conflicting server name "\\(.*\\)" on \\(.*\\), ignored$/\\1 on \\2/p'; }
conflicts_before=$(nginx -t -q 2>&1 | conflicts)
umask 077
mkdir -- "$work" || fail "the folder $work cannot be made"`;

const receive = `IFS= read -r want && cat >"$work/new-file" || { give_up; fail "the content of $file could not be written"; }
got=$(sha256sum <"$work/new-file")
[ "\${got%% *}" = "$want" ] || { give_up; fail "the content of $file did not arrive whole"; }
if [ -f "$file" ] && [ ! -L "$file" ]; then keep_attributes "$file" "$work/new-file"; fi
chmod "$mode" "$work/new-file" && chown 0:0 "$work/new-file" || { give_up; fail "owner and mode of $file could not be set"; }`;

const save = `for which in file link obsolete; do
  eval "path=\\$$which"
  if [ -n "$path" ] && { [ -e "$path" ] || [ -L "$path" ]; }; then
    cp -a -- "$path" "$work/old-$which" || { give_up; fail "$path could not be kept"; }
  fi
done
: >"$work/saved"
sync`;

// Of two sites with one name nginx serves the one that it reads first, and only warns: ours would be silent, or silence somebody else's.
// A reload is asked for by a signal: whether the master took it shows only in new workers (it keeps the old ones, and logs why, when a
// port is taken). Until an old worker says that it is shutting down it may still answer with the old files. The numbers are those of
// proc_pid_stat(5): the parent follows the name in parentheses and the state.
const checkAndReload = `refuse() { give_up; fail "$1"; }
also_in() {
  nginx -T 2>/dev/null | awk -v name="$1" -v file="$file" -v link="$link" '
    /^# configuration file / { path = $4; sub(/:$/, "", path) }
    { sub(/#.*/, ""); gsub(/[;{}]/, " & ") }
    { for (at = 1; at <= NF; at++) if ($at == "server_name") names = 1; else if ($at == ";") names = 0; else if (names && $at == name && path != file && path != link) print path }' |
    sort -u | paste -s -d , - | sed 's/,/, /g'
}
said=$(nginx -t -q 2>&1) || refuse "nginx refuses the new files, the old ones are back: $said"
conflict=$(printf '%s\\n' "$said" | conflicts | grep -vxF "$conflicts_before" | head -n 1)
if [ -n "$conflict" ]; then
  others=$(also_in "\${conflict%% *}")
  give_up
  echo "nginx would serve only one of two sites for $conflict, so the old files are back. The name stands in \${others:-the new file twice}: take it out there, or move that file away." >&2
  exit ${explainsItself}
fi
setting() { nginx -T 2>/dev/null | sed -n "s/^[[:space:]]*$1[[:space:]]\\{1,\\}\\([^;[:space:]]*\\).*;.*/\\1/p" | head -n 1; }
built() { nginx -V 2>&1 | sed -n "s/.*--$1=\\([^ ]*\\).*/\\1/p"; }
pid_file=$(setting pid)
pid=$(cat "\${pid_file:-$(built pid-path)}" 2>/dev/null)
if [ -n "$pid" ] && [ -d "/proc/$pid" ]; then
  workers() { cat /proc/[0-9]*/stat 2>/dev/null | awk -v master="$pid" '{ id = $1; sub(/.*[)] /, ""); if ($2 == master) print id }'; }
  log=$(setting error_log)
  log=\${log:-$(built error-log-path)}
  [ -f "$log" ] && size=$(wc -c <"$log") || log=
  errors() { [ -z "$log" ] || tail -c "+$((size + 1))" "$log" | grep -E '\\[(emerg|alert|crit)\\]' | sort -u -k 4 | head -n 5; }
  before=$(workers)
  if command -v systemctl >/dev/null && systemctl is-active --quiet nginx 2>/dev/null; then said=$(systemctl reload nginx 2>&1); else said=$(nginx -s reload 2>&1); fi ||
    refuse "nginx cannot be reloaded, the old files are back: $said"
  tries=100 fresh=
  while [ "$tries" -gt 0 ]; do
    stale=
    for id in $(workers); do case "
$before
" in
      *"
$id
"*) grep -qs 'shutting down' "/proc/$id/cmdline" || stale=yes ;;
      *) fresh=yes ;;
    esac; done
    [ -z "$fresh" ] || [ -n "$stale" ] || break
    case $(errors) in *'still could not bind'*) break ;; esac
    sleep 0.1
    tries=$((tries - 1))
  done
  [ -n "$fresh" ] || refuse "nginx did not take the new files, the old ones are back: $(errors)"
fi
rm -rf -- "$work"`;
