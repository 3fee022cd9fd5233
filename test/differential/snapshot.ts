// What a case has left on a host: its folder with all that is in it, and what its `look` prints.

import { quote } from '../../src/values/command.ts';
import type { Tool } from './cases.ts';
import { type HostName, sh, type Twins } from './twins.ts';

/** Each entry of the folder by name, and `look` by that name: in words that are compared. */
export type Snapshot = ReadonlyMap<string, string>;

export interface Looked {
  /** The case's folder on the host. */
  readonly directory: string;
  readonly look: string;
}

const shownDigits = 16;

/** Looks at the folders of many cases in one go. The answers are in their order. */
export async function takeSnapshots(twins: Twins, tool: Tool, host: HostName, cases: readonly Looked[]): Promise<readonly Snapshot[]> {
  const printed = await sh(twins, tool, host, cases.map(script).join('\n'));
  return printed.split('\0CASE\0').slice(1).map(read);
}

// Records end with NUL, as names may hold anything else. A link's target comes before its name, which may hold all but a slash at its beginning.
function script({ directory, look }: Looked): string {
  return `printf '\\0CASE\\0'
cd ${quote(directory)} || { mkdir -p ${quote(directory)}; cd ${quote(directory)}; }
find . -printf 'entry %y %m %u:%g links=%n\\t%l\\t%P\\0'
find . -type f -exec sha256sum -z -- {} + | sed -z 's/^/digest /'
printf 'look '
( ${look === '' ? ':' : look}
) 2>&1 </dev/null || echo "exit code $?"
printf '\\0'`;
}

function read(text: string): Snapshot {
  const found = new Map<string, string>();
  for (const record of text.split('\0')) {
    const [, kind, rest = ''] = /^(entry|digest|look) ([\s\S]*)$/.exec(record) ?? [];
    if (kind === 'entry') {
      const [attributes = '', target = '', ...name] = rest.split('\t');
      found.set(entryName(name.join('\t')), target === '' ? attributes : `${attributes} -> ${target}`);
    } else if (kind === 'digest') {
      const name = entryName(rest.slice(66).replace(/^\.\//, ''));
      found.set(name, `${found.get(name) ?? ''} ${rest.slice(0, shownDigits)}`);
    } else if (kind === 'look' && rest !== '') {
      found.set('look', withoutStamp(rest));
    }
  }
  return found;
}

function entryName(name: string): string {
  return withoutStamp(JSON.stringify(`./${name}`).slice(1, -1));
}

/** Both put the time and a number of their own into the name of a backup: `NAME.PID.YEAR-MONTH-DAY@HH:MM:SS~`. */
function withoutStamp(text: string): string {
  return text.replaceAll(/\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~/g, '.BACKUP~');
}
