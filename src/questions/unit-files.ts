import { splitLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';
import { unitSources } from './unit.ts';

/** Whether systemd knows its unit files as they are: `stale` when some have changed since it read them. */
export type UnitFilesAnswer = 'current' | 'stale';

/** Whether unit files have changed since systemd last read them. Where there is no systemd: `current`. */
export function unitFiles(): Question<UnitFilesAnswer> {
  return question(unitFilesKind, {});
}

const folders = [
  '/etc/systemd/system',
  '/etc/systemd/system.attached',
  '/run/systemd/system',
  '/run/systemd/system.attached',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
];

// A folder changes with what is added to it and removed, a file with what is written to it: their times of change are compared with the time of systemd's
// last reading, which is that of a file since systemd 251, and a property of the manager (in microseconds) since 247. A link is followed, as units may
// lie elsewhere; one to /dev/null masks. Files that generators made name their source. Only what this leaves open is asked of systemd, which looks at the
// files of each unit then (NeedDaemonReload): an older systemd, a find(1) that knows no -newerXY (BusyBox), a link to what is gone, a source that is gone.
export const unitFilesKind: QuestionKind<object, UnitFilesAnswer> = {
  kind: 'unit files',
  reads: () => ['unit:*', ...unitSources],
  script: () => `needs_reload() { systemctl show --no-pager -p NeedDaemonReload '*' 2>/dev/null | grep -q '=yes$'; }
stale() {
  [ -d /run/systemd/system ] || return 1
  newer=-newercm loaded=/run/systemd/systemd-units-load
  if [ ! -e "$loaded" ]; then
    time=$(busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager UnitsLoadTimestamp 2>/dev/null)
    time=\${time#t } newer=-newerct
    loaded=@\${time%??????}.\${time#"\${time%??????}"}
  fi
  set --
  for made in /run/systemd/generator*/*; do if [ -f "$made" ] && [ ! -L "$made" ]; then set -- "$@" "$made"; fi; done
  sources=
  if [ "$#" -gt 0 ]; then sources=$(grep -hs '^SourcePath=/' "$@"); fi
  set --
  for folder in ${folders.join(' ')}; do if [ -d "$folder" ]; then set -- "$@" "$folder"; fi; done
  if [ ! -L /lib ] && [ -d /lib/systemd/system ]; then set -- "$@" /lib/systemd/system; fi
  while read -r source; do
    source=\${source#*=}
    case $source in '' | /proc/* | /sys/*) ;; *) set -- "$@" "$source" ;; esac
  done <<end
$sources
end
  found=$(find -L "$@" '(' -type f -o -type d ')' "$newer" "$loaded" -print -quit -o -type l ! -path '*.wants/*' ! -path '*.requires/*' -printf '?' 2>/dev/null)
  case $?$found in
    */*) ;;
    0) return 1 ;;
    *) needs_reload ;;
  esac
}
if stale; then echo stale; else echo current; fi`,
  split: (output, params) => params.map(() => splitLines(output, 1)[0] ?? ''),
  parse(part) {
    const word = part.trimEnd();
    if (word !== 'current' && word !== 'stale') throw new Error(`systemctl printed something that is not understood: ${JSON.stringify(word)}`);
    return word;
  },
};
