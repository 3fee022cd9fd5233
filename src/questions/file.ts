import { quote } from '../values/command.ts';
import { bestDigest } from './digest.ts';
import { checkPath, endOfPart, linesOf, outputLines, splitParts } from './parts.ts';
import { encodedText, type Place, placeAliases, placeFunction, placeOf, strange, textLines } from './place.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** What is asked of a path. */
export interface FileParams {
  readonly path: string;
  /** Look at what a link points at instead of the link. Default false. */
  readonly follow?: true;
  /** `false`: leave out the digest, which costs reading the whole file. `long`: it is expected to be long. Default: the digest is taken. */
  readonly digest?: false | 'long';
  /** With times, inode and link count. They change when a file is merely read: not for a task that changes something. */
  readonly times?: true;
}

/** Nothing is at the path. */
export interface AbsentFile extends Place {
  readonly exists: false;
  /** A folder above may not be entered by this user: whether the path exists is not known. */
  readonly isHidden?: true;
}

/** What is at a path. */
export interface PresentFile extends Place {
  readonly exists: true;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** What it is, where the type is `other`. */
  readonly special?: 'fifo' | 'socket' | 'block' | 'character';
  /** Four octal digits: `"0644"`. */
  readonly mode: string;
  /** The user's name; its number where it has none. */
  readonly owner: string;
  readonly uid: number;
  readonly group: string;
  readonly gid: number;
  /** Bytes; regular files only. */
  readonly size?: number;
  /** Hexadecimal; regular files that can be read only. */
  readonly sha256?: string;
  /** Where a link points, as it is written in the link. */
  readonly target?: string;
  /** A directory on which a file system is mounted. */
  readonly isMountPoint?: true;
  readonly times?: { readonly accessed: number; readonly modified: number; readonly changed: number; readonly inode: number; readonly links: number };
  /** What this user may do with it, asked with the times: some of `rwx`. */
  readonly access?: string;
}

export type FileAnswer = AbsentFile | PresentFile;

/** Metadata and digest of one path. @param path absolute. @throws TypeError for a path that is not absolute or holds a control character. */
export function file(path: string, options: Omit<FileParams, 'path'> = {}): Question<FileAnswer> {
  return question(fileKind, { path: checkPath(path), ...options });
}

export const fileKind: QuestionKind<FileParams, FileAnswer> = {
  kind: 'file',
  reads: ({ path }) => [`file:${path}`],
  script: (params) => [preamble, ...groupsOf(params).map(({ header, paths }) => `group ${header} ${paths.map(quote).join(' ')}`)].join('\n'),
  split(output, params) {
    const groups = groupsOf(params);
    const parts = splitParts(output, groups.length);
    const byHeader = new Map<string, ReadonlyMap<string, string>>();
    for (const [index, { header, paths }] of groups.entries())
      byHeader.set(header, new Map([...(byHeader.get(header) ?? []), ...partsOf(parts[index] ?? '', paths)]));
    return params.map((one) => byHeader.get(headerOf(one))?.get(one.path) ?? '');
  },
  parse: parseFile,
  aliases: placeAliases,
  // A digest of gigabytes takes its time.
  timeoutSeconds: () => 300,
};

/** The longest path and the shortest limit of a command's arguments leave room for twice as many. */
const pathsOfGroup = 200;

// Tabs separate what stat(1) prints, as names of users and groups of a directory service may hold spaces. A directory's size is left out:
// it changes with its entries. Without stat(1) nothing would seem to be there.
const preamble = `command -v stat >/dev/null || { echo 'stat: not found' >&2; exit 127; }
${placeFunction}
nl='
'
mounts=
owner='%f	%u	%g	%U	%G'
is_regular() { [ -f "$1" ] && { [ "$follow" = 1 ] || [ ! -L "$1" ]; }; }
is_other() { ! is_regular "$1" && { [ -e "$1" ] || [ -L "$1" ]; }; }
regular() {
  for p do shift; if is_regular "$p"; then set -- "$@" "$p"; fi; done
  if [ "$#" = 0 ]; then return; fi
  stat $option -c "s	$owner	%s	%n" -- "$@"
  case $header in
    *long*) ${bestDigest.replaceAll('\n', '\n    ')}
      $digest "$@" ;;
    *digest*) sha256sum -- "$@" ;;
  esac
}
others() {
  for p do shift; if is_other "$p"; then set -- "$@" "$p"; fi; done
  if [ "$#" -gt 0 ]; then stat $option -c "s	$owner	-	%n" -- "$@"; fi
}
describe() {
  target=-
  place "$1"
  case $own in '') ;; ${strange}) target=$(readlink -n -- "$p" | base64 | tr -d '\\n') ;; *) target=:$own ;; esac
  if [ -d "$p" ]; then
    if [ -z "$mounts" ]; then
      mounts=$(cut -d ' ' -f 2 /proc/mounts 2>/dev/null)
      case $mounts in *\\\\*) mounts=$(printf %b "$mounts") ;; esac
      mounts=$nl$mounts$nl
    fi
    case $mounts in *"$nl$real$nl"*) flag=mount ;; esac
  fi
  printf '%s %s %s\\n' "$flag" "$code" "$target"
}
may() {
  if [ ! -e "$1" ]; then return; fi
  access=
  if [ -r "$1" ]; then access=r; fi
  if [ -w "$1" ]; then access=\${access}w; fi
  if [ -x "$1" ]; then access=\${access}x; fi
  printf 'a\\t%s\\t%s\\n' "$access" "$1"
}
group() {
  header=$1 follow=0 option=
  shift
  case $header in *follow*) follow=1 option=-L ;; esac
  printf '%s\\n' "$header"
  { regular "$@"; others "$@"; } 2>/dev/null
  case $header in *times*)
    stat $option -c 't	%X	%Y	%Z	%i	%h	%n' -- "$@" 2>/dev/null
    for p do may "$p"; done ;;
  esac
  for p do describe "$p"; done
  echo .
}`;

interface Group {
  readonly header: string;
  readonly paths: readonly string[];
}

function headerOf({ follow, digest, times }: FileParams): string {
  return `file${follow ? '+follow' : ''}${digest === 'long' ? '+long' : digest === false ? '' : '+digest'}${times ? '+times' : ''}`;
}

/** The paths by what is asked of them, each path once, at most `pathsOfGroup` together. */
function groupsOf(params: readonly FileParams[]): readonly Group[] {
  const groups = new Map<string, Set<string>>();
  for (const one of params) groups.set(headerOf(one), (groups.get(headerOf(one)) ?? new Set()).add(one.path));
  return [...groups].flatMap(([header, set]) => {
    const paths = [...set];
    const count = Math.ceil(paths.length / pathsOfGroup);
    return Array.from({ length: count }, (_, index) => ({ header, paths: paths.slice(index * pathsOfGroup, (index + 1) * pathsOfGroup) }));
  });
}

/** The part of each path: the header, the lines that name it, its place (one line a path, in their order), the end. */
function partsOf(output: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const lines = linesOf(output);
  const header = lines[0];
  const places = lines.slice(-paths.length);
  const named = new Map<string, string[]>();
  for (const line of lines.slice(1, -paths.length)) {
    const path = nameIn(line);
    named.set(path, [...(named.get(path) ?? []), line]);
  }
  if (header === undefined || lines.length <= paths.length) throw new Error('the host printed fewer lines about files than expected');
  return new Map(paths.map((path, index) => [path, [header, ...(named.get(path) ?? []), places[index], endOfPart, ''].join('\n')]));
}

/** The path that a line of stat(1) or sha256sum(1) is about. */
function nameIn(line: string): string {
  if (/^[sta]\t/.test(line)) return line.slice(line.lastIndexOf('\t') + 1);
  // sha256sum(1) of coreutils puts a backslash before the line of a name that it had to escape.
  const name = /^\\?[0-9a-f]{64} [ *](.*)$/.exec(line)?.[1];
  if (name === undefined) throw new Error(`the host printed a line about files that is not understood: ${JSON.stringify(line)}`);
  return line.startsWith('\\') ? name.replaceAll('\\\\', '\\') : name;
}

const statLine = /^s\t([0-9a-f]{1,8})\t(\d{1,10})\t(\d{1,10})\t([^\t]+)\t([^\t]+)\t(\d{1,18}|-)\t/;
const timesLine = /^t\t(-?\d+)\t(-?\d+)\t(-?\d+)\t(\d+)\t(\d+)\t/;
const accessLine = /^a\t(r?w?x?)\t/;
const placeLine = new RegExp(`^(-|hidden|mount) (=|${encodedText}) (-|${encodedText})$`);

function parseFile(part: string, { path }: FileParams): FileAnswer {
  const lines = outputLines(part).slice(1, -1);
  const found = placeLine.exec(lines.at(-1) ?? '');
  if (!found) throw new Error(`the host printed something about ${path} that is not understood`);
  const [, flag, realCode = '=', targetCode = '-'] = found;
  const place = placeOf(realCode, path);
  const stat = find(lines, statLine);
  if (!stat) return { exists: false, ...place, ...(flag === 'hidden' && { isHidden: true as const }) };
  const [, rawMode = '', uid = '', gid = '', owner = '', group = '', size = '-'] = stat;
  const metadata = metadataOf({ mode: rawMode, uid, gid, owner, group });
  const { type } = metadata;
  const sha256 = find(lines, /^\\?([0-9a-f]{64}) /)?.[1];
  const times = find(lines, timesLine);
  const access = find(lines, accessLine)?.[1];
  return {
    exists: true,
    ...metadata,
    ...(size !== '-' && { size: Number(size) }),
    ...(access !== undefined && { access }),
    ...(sha256 && { sha256 }),
    ...(type === 'link' && targetCode !== '-' && { target: textLines(targetCode).join('\n') }),
    ...place,
    ...(flag === 'mount' && type === 'directory' && { isMountPoint: true as const }),
    ...(times && {
      times: { accessed: Number(times[1]), modified: Number(times[2]), changed: Number(times[3]), inode: Number(times[4]), links: Number(times[5]) },
    }),
  };
}

/** What stat(1) prints of an entry: the mode in hexadecimal, numbers and names of owner and group. */
interface Printed {
  readonly mode: string;
  readonly uid: string;
  readonly gid: string;
  readonly owner: string;
  readonly group: string;
}

/** The metadata in what stat(1) printed. */
export function metadataOf({
  mode,
  uid,
  gid,
  owner,
  group,
}: Printed): Pick<PresentFile, 'type' | 'mode' | 'owner' | 'uid' | 'group' | 'gid' | 'special'> {
  const bits = Number.parseInt(mode, 16);
  const special = specials.get(bits & 0o170000);
  return {
    type: typeOf(bits),
    mode: (bits & 0o7777).toString(8).padStart(4, '0'),
    owner: owner === 'UNKNOWN' ? uid : owner,
    uid: Number(uid),
    group: group === 'UNKNOWN' ? gid : group,
    gid: Number(gid),
    ...(special && { special }),
  };
}

function find(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match) return match;
  }
  return undefined;
}

const specials: ReadonlyMap<number, NonNullable<PresentFile['special']>> = new Map([
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
  [0o060000, 'block'],
  [0o020000, 'character'],
]);

/** The type bits of st_mode, as in inode(7). */
function typeOf(bits: number): PresentFile['type'] {
  switch (bits & 0o170000) {
    case 0o100000:
      return 'file';
    case 0o040000:
      return 'directory';
    case 0o120000:
      return 'link';
    default:
      return 'other';
  }
}
