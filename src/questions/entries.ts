import { quote } from '../values/command.ts';
import { checkedBase64, checkPath, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** Bytes about the entries of one folder that are read at most: 2 MiB, some 15,000 entries. */
export const entriesCap = 2_097_152;

/** Which entries below folders are looked for. All that is given must hold. */
export interface EntriesParams {
  /** Absolute; a link to a folder is followed, links below are not. */
  readonly paths: readonly string[];
  readonly type: 'any' | 'directory' | 'file' | 'link';
  /** Levels below the folder, 1 or more; absent: all. */
  readonly depth?: number | undefined;
  /** Names that begin with a dot too. What is in such a folder is looked at in any case. */
  readonly hidden: boolean;
  /** As of find(1) -name with LC_ALL=C: one of these. */
  readonly names?: readonly string[] | undefined;
  /** Bytes of a regular file; a folder or link has any size. */
  readonly leastSize?: number | undefined;
  readonly mostSize?: number | undefined;
  /** An extended regular expression (POSIX) that a line of a regular file must hold; other entries fall out. */
  readonly contains?: { readonly pattern: string; readonly ignoreCase: boolean } | undefined;
  /** Ask for the time of the host, too. */
  readonly withTime?: true | undefined;
}

/** One thing in a folder. Times are seconds since 1970. */
export interface Entry {
  readonly path: string;
  /** st_mode, as in inode(7). */
  readonly bits: number;
  readonly uid: number;
  readonly gid: number;
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  readonly inode: number;
  readonly device: number;
  readonly links: number;
  readonly accessed: number;
  readonly modified: number;
  readonly changed: number;
}

/** What was found below one of the paths. */
export interface FoundEntries {
  readonly path: string;
  /** `part`: not everything below may be read by this user, or it changed meanwhile. `long`: more than `entriesCap`, of which `entries` holds nothing. */
  readonly state: 'folder' | 'absent' | 'part' | 'long';
  readonly entries: readonly Entry[];
  /** How many there are, whether looked for or not. */
  readonly examined: number;
}

export interface EntriesAnswer {
  /** In the order of the paths. */
  readonly folders: readonly FoundEntries[];
  /** Seconds since 1970 on the host, when asked for. */
  readonly time?: number;
}

/** What is below folders. @throws TypeError for a path that is not absolute or holds a control character. */
export function entries(params: EntriesParams): Question<EntriesAnswer> {
  return question(entriesKind, { ...params, paths: params.paths.map(checkPath) });
}

// Two slashes begin each entry: no path below a clean one holds them, whatever its names are made of. The name comes last, and may hold anything else.
const preamble = `below() {
  folder=$1 depth=$2
  shift 2
  if [ ! -d "$folder" ]; then echo absent; return; fi
  echo "folder $(find -H "$folder" -mindepth 1 $depth -print0 2>/dev/null | tr -dc '\\000' | wc -c)"
  { find -H "$folder" -mindepth 1 $depth "$@" -exec stat -c '//%f %u %g %s %i %d %h %X %Y %Z	%U	%G	%n' -- {} + 2>/dev/null || echo //part; } | head -c ${entriesCap + 1} | base64
  echo ';'
}`;

export const entriesKind: QuestionKind<EntriesParams, EntriesAnswer> = {
  kind: 'entries',
  reads: ({ paths }) => paths.map((path) => `file:${path}` as const),
  // Times of access change by looking, and what is found is only told.
  volatile: true,
  script: (params) =>
    [
      preamble,
      ...params.flatMap((one) => [
        one.withTime ? 'date +%s' : 'echo -',
        ...one.paths.map((path) => `below ${quote(path)} ${quote(one.depth === undefined ? '' : `-maxdepth ${one.depth}`)} ${tests(one)}`),
        'echo .',
      ]),
    ].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse: parseEntries,
  timeoutSeconds: () => 300,
};

const letters = { directory: 'd', file: 'f', link: 'l' } as const;

function tests({ type, hidden, names, leastSize, mostSize, contains }: EntriesParams): string {
  const sizes = [
    ...(leastSize === undefined || leastSize === 0 ? [] : [`-size +${leastSize - 1}c`]),
    ...(mostSize === undefined ? [] : [`-size -${mostSize + 1}c`]),
  ];
  return [
    ...(type === 'any' ? [] : [`-type ${letters[type]}`]),
    ...(hidden ? [] : [`! -name '.*'`]),
    ...(names ? [`'(' ${names.map((name) => `-name ${quote(name)}`).join(' -o ')} ')'`] : []),
    ...(sizes.length > 0 ? [`'(' ! -type f -o ${sizes.join(' ')} ')'`] : []),
    ...(contains
      ? [`-type f -exec env LC_ALL=C.UTF-8 grep -q -a ${contains.ignoreCase ? '-i ' : ''}-E -e ${quote(contains.pattern)} -- {} ';'`]
      : []),
  ].join(' ');
}

function parseEntries(part: string, { paths }: EntriesParams): EntriesAnswer {
  const [clock = '', ...lines] = linesOf(part);
  const folders: FoundEntries[] = [];
  let at = 0;
  for (const path of paths) {
    const head = lines[at++] ?? '';
    const examined = /^folder +(\d+)$/.exec(head)?.[1];
    if (head === 'absent') {
      folders.push({ path, state: 'absent', entries: [], examined: 0 });
      continue;
    }
    const end = lines.indexOf(';', at);
    if (examined === undefined || end < 0) throw new Error(`the host printed something about what is in ${path} that is not understood`);
    const bytes = Buffer.from(checkedBase64(lines.slice(at, end).join('')), 'base64');
    folders.push({ path, ...recordsIn(bytes, path), examined: Number(examined) });
    at = end + 1;
  }
  if (at !== lines.length || !/^(-|\d{1,12})$/.test(clock)) throw new Error('the host printed something about folders that is not understood');
  return { folders, ...(clock !== '-' && { time: Number(clock) }) };
}

function recordsIn(bytes: Buffer, folder: string): Pick<FoundEntries, 'state' | 'entries'> {
  if (bytes.length > entriesCap) return { state: 'long', entries: [] };
  const [first, ...records] = bytes.toString('utf8').split('//');
  if (first !== '') throw new Error(`the host printed something about what is in ${folder} that is not understood`);
  const isPart = records.at(-1) === 'part\n';
  return { state: isPart ? 'part' : 'folder', entries: (isPart ? records.slice(0, -1) : records).map((record) => entryIn(record, folder)) };
}

const recordForm =
  /^([0-9a-f]{1,8}) (\d{1,10}) (\d{1,10}) (\d{1,18}) (\d{1,20}) (\d{1,20}) (\d{1,10}) (-?\d{1,18}) (-?\d{1,18}) (-?\d{1,18})\t([^\t\n]*)\t([^\t\n]*)\t([\s\S]+)\n$/;

function entryIn(record: string, folder: string): Entry {
  const match = recordForm.exec(record);
  if (!match) throw new Error(`the host printed an entry of ${folder} that is not understood: ${JSON.stringify(record.slice(0, 200))}`);
  const [, mode = '', uid, gid, size, inode, device, links, accessed, modified, changed, owner = '', group = '', path = ''] = match;
  return {
    path,
    bits: Number.parseInt(mode, 16),
    uid: Number(uid),
    gid: Number(gid),
    owner,
    group,
    size: Number(size),
    inode: Number(inode),
    device: Number(device),
    links: Number(links),
    accessed: Number(accessed),
    modified: Number(modified),
    changed: Number(changed),
  };
}
