import { splitLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';
import { unitSources } from './unit.ts';

/** Whether systemd knows its unit files as they are: `stale` when some have changed since it read them. */
export type UnitFilesAnswer = 'current' | 'stale';

/** Whether unit files have changed since systemd last read them. Where there is no systemd: `current`. */
export function unitFiles(): Question<UnitFilesAnswer> {
  return question(unitFilesKind, {});
}

const folders = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'];

// What systemd itself says (NeedDaemonReload) misses the first drop-in of a unit: so the times of the files are compared with the time of its last
// reading (org.freedesktop.systemd1(5), in microseconds; known since 247). find(1) without -newerct (BusyBox) leaves it at systemd's word.
export const unitFilesKind: QuestionKind<object, UnitFilesAnswer> = {
  kind: 'unit files',
  reads: () => ['unit:*', ...unitSources],
  script: () => `stale() {
  [ -d /run/systemd/system ] || return 1
  systemctl show --no-pager -p NeedDaemonReload '*' 2>/dev/null | grep -q '=yes$' && return
  read=$(busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager UnitsLoadTimestamp 2>/dev/null | tr -cd 0-9)
  seconds=\${read%??????}
  [ -n "$seconds" ] && [ -n "$(find ${folders.join(' ')} -newerct "@$seconds.\${read#"$seconds"}" 2>/dev/null | head -n 1)" ]
}
if stale; then echo stale; else echo current; fi`,
  split: (output, params) => params.map(() => splitLines(output, 1)[0] ?? ''),
  parse(part) {
    const word = part.trimEnd();
    if (word !== 'current' && word !== 'stale') throw new Error(`systemctl printed something that is not understood: ${JSON.stringify(word)}`);
    return word;
  },
};
