import { type Command, quote } from '../../values/command.ts';
import { chunks } from './chunks.ts';
import { changedWhile } from './content.ts';
import { cleanUp, fail } from './shell.ts';
import { temporary } from './temporary.ts';
import { streamNames, type TreeFile, treeDigest, treeStream } from './tree-stream.ts';
import { keepOld } from './write-file.ts';

/** A file that is put below a folder. */
export interface FileBelow extends TreeFile {
  /** Four octal digits. */
  readonly mode: string;
  /** A name or number; absent: the user that runs the command. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** A file is replaced: its access list, extended attributes and SELinux label are kept. */
  readonly replaces: boolean;
  /** Keep the file that is replaced beside it. */
  readonly keepsOld: boolean;
}

/** Files up to which each is brought to the disk by itself; many together with all else that the file system holds back. */
const mostSyncedAlone = 64;

/**
 * Writes many files below a folder, as `writeFile` writes one: all go as one stream into a folder of their own beside, are compared by digest, get owner and
 * mode, are brought to the disk, and only then each is put in its place by a rename. The folders must be there, and on one file system.
 */
export function writeFiles(folder: string, files: readonly FileBelow[]): Command {
  const places = [...new Set(files.map(({ name }) => folderOf(name)))];
  const indexOf = new Map(places.map((place, index) => [place, index]));
  const staged = files.map((file) => ({ ...file, staged: `${indexOf.get(folderOf(file.name)) ?? 0}/${baseOf(file.name)}` }));
  const stream = treeStream(
    places.map((_, index) => String(index)),
    staged.map(({ staged, content }) => ({ name: staged, content })),
  );
  const all = staged.map((file) => file.staged);
  const inPlace = grouped(
    staged,
    ({ name }) => folderOf(name),
    ({ name }) => baseOf(name),
  );
  const owners = grouped(staged, ({ owner, group }) =>
    owner === undefined && group === undefined ? '' : `${owner ?? ''}${group === undefined ? '' : `:${group}`}`,
  );
  const modes = grouped(staged, ({ mode }) => mode);
  const isSyncedAlone = files.length <= mostSyncedAlone;
  const steps = [
    `d=${quote(folder)}`,
    `candidates() { printf '%s\\n' "$d" ${places
      .slice(0, 20)
      .map((place) => `"$d/"${quote(place)}`)
      .join(' ')}; }`,
    begin,
    // What cp(1) of BusyBox does not know: there are no such attributes then, or they are lost.
    ...places.flatMap((place, index) =>
      run(
        'cp --attributes-only --preserve=all --no-preserve=timestamps,links --',
        staged.filter((file) => file.replaces && folderOf(file.name) === place).map(({ name }) => name),
        ` ${index}/ 2>/dev/null || :`,
        '"$d/"',
      ),
    ),
    ...[...owners]
      .filter(([owner]) => owner !== '')
      .flatMap(([owner, names]) => run(`chown ${quote(owner)}`, names, ' || fail "the owner of files below $d could not be set"')),
    ...[...modes].flatMap(([mode, names]) => run(`chmod ${quote(mode)}`, names, ' || fail "the mode of files below $d could not be set"')),
    ...(isSyncedAlone ? run('sync', all, ' 2>/dev/null || sync') : ['sync -f . 2>/dev/null || sync']),
    ...staged.filter(({ keepsOld }) => keepsOld).map(({ name }) => `keep ${quote(name)}`),
    ...places.flatMap((place, index) => [
      `cd ${index === 0 ? 0 : `../${index}`} || exit 1`,
      ...run('mv -f --', inPlace.get(place) ?? [], ` "$d/"${quote(place)} || fail "files could not be put into $d/"${quote(place)}`),
    ]),
    // Before what may take long: a run that is killed then leaves nothing, and the next one finds all in its place and does not come by here.
    'clean_up\ntrap - EXIT',
    ...(places.length <= mostSyncedAlone
      ? [`sync -- ${places.map((place) => `"$d/"${quote(place)}`).join(' ')} 2>/dev/null || :`]
      : ['sync -f "$d" 2>/dev/null || :']),
  ];
  return { script: steps.join('\n'), stdin: stream, timeoutSeconds: 3600 };
}

// A user who may not write to the folder itself may do so below it. BusyBox's tar keeps the owner that it runs as only if told to, as GNU tar does for root.
const begin = `${fail}
command -v tar >/dev/null || fail 'tar is not installed on this host: a folder cannot be copied to it (module apt, name: tar)'
[ -d "$d" ] || fail "the folder $d does not exist: create it first (module file, state: directory)"
keep() {
  p=$d/$1 place=$d/$1
  ${keepOld}
}
umask 077
${temporary}
${cleanUp('leave_temporary')}
candidates | while IFS= read -r c; do remove_left "$c"; done
c=$(candidates | while IFS= read -r c; do [ -d "$c" ] && [ -w "$c" ] && printf '%s\\n' "$c" && break; done)
enter_temporary "\${c:-$d}" || fail "no folder can be created in $d"
is_ours
tar -xmof - || fail "the files could not be written to $d"
cd ${streamNames.top} || exit 1
want=$(cat ../${streamNames.digest})
${changedWhile('$d')}
got=$(${treeDigest})
[ "$got" = "$want" ] || fail "the files did not arrive whole in $d"`;

const folderOf = (name: string): string => (name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '.');
const baseOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** A command for so many names at a time as one process takes, and what stands behind them. */
const run = (command: string, names: readonly string[], behind: string, before = ''): readonly string[] =>
  chunks(names).map((chunk) => `${command} ${chunk.map((name) => before + quote(name)).join(' ')}${behind}`);

type Staged = FileBelow & { readonly staged: string };

/** Names of the files by what they have in common. */
function grouped(
  files: readonly Staged[],
  keyOf: (file: Staged) => string,
  nameOf: (file: Staged) => string = ({ staged }) => staged,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const group = groups.get(keyOf(file));
    if (group) group.push(nameOf(file));
    else groups.set(keyOf(file), [nameOf(file)]);
  }
  return groups;
}
