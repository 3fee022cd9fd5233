import { splitLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** Whether systemd knows its unit files as they are: `stale` when one that is loaded has changed since it was read. */
export type UnitFilesAnswer = 'current' | 'stale';

/** Whether any loaded unit has other files than systemd has read. Where there is no systemd: `current`. */
export function unitFiles(): Question<UnitFilesAnswer> {
  return question(unitFilesKind, {});
}

export const unitFilesKind: QuestionKind<object, UnitFilesAnswer> = {
  kind: 'unit files',
  reads: () => [
    'unit:*',
    'package:*',
    'file:/etc/systemd/system',
    'file:/run/systemd/system',
    'file:/usr/local/lib/systemd/system',
    'file:/usr/lib/systemd/system',
    'file:/lib/systemd/system',
  ],
  script: () =>
    `if [ -d /run/systemd/system ] && systemctl show --no-pager -p NeedDaemonReload '*' 2>/dev/null | grep -q '=yes$'; then echo stale; else echo current; fi`,
  split: (output, params) => params.map(() => splitLines(output, 1)[0] ?? ''),
  parse(part) {
    const word = part.trimEnd();
    if (word !== 'current' && word !== 'stale') throw new Error(`systemctl printed something that is not understood: ${JSON.stringify(word)}`);
    return word;
  },
};
