import { createHash } from 'node:crypto';
import { quote } from '../values/command.ts';
import { checkPath, linesOf, splitParts } from './parts.ts';
import { type Place, placeAliases, placeFunction, placeOf } from './place.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface TreeParams {
  readonly path: string;
  /** Paths below it that are left out, without a leading `./`; a folder with all that it holds. */
  readonly exclude: readonly string[];
}

export interface TreeAnswer extends Place {
  /** It is there and a folder (or a link to one). */
  readonly exists: boolean;
  /** SHA-256, hexadecimal, of the manifest; see `manifestDigest`. */
  readonly digest?: string;
}

/**
 * One digest over all that is in a folder: names, content of files, targets of links. Owners, modes and empty folders do not count.
 * @param path absolute. @param options.exclude paths below it that are left out. @throws TypeError
 */
export function tree(path: string, options: { readonly exclude?: readonly string[] } = {}): Question<TreeAnswer> {
  const exclude = (options.exclude ?? []).map((name) => {
    if (/[*?[\\\n]/.test(name) || name.startsWith('/')) throw new TypeError(`${JSON.stringify(name)} is not a plain path below a folder`);
    return name;
  });
  return question(treeKind, { path: checkPath(path), exclude });
}

/** What one entry of a tree is: the SHA-256 of a file in hexadecimal, or where a link points. */
export type ManifestEntry = { readonly path: string; readonly sha256: string } | { readonly path: string; readonly target: string };

/** The digest that `tree` gives for a folder of exactly these entries. @param entries paths without a leading `./`, in any order. */
export function manifestDigest(entries: readonly ManifestEntry[]): string {
  const files = entries.filter((entry) => 'sha256' in entry);
  const links = entries.filter((entry) => 'target' in entry);
  const lines = [
    ...bytewise(files).map(({ path, sha256 }) => checksumLine(path, sha256)),
    ...bytewise(links).map(({ path, target }) => `link ./${path} -> ${target}\n`),
  ];
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** As sort(1) sorts with LC_ALL=C. */
function bytewise<Entry extends { readonly path: string }>(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((one, other) => Buffer.compare(Buffer.from(`./${one.path}`), Buffer.from(`./${other.path}`)));
}

/** As sha256sum(1) of coreutils prints it: a name with a backslash or line break is escaped, and the line starts with a backslash. */
function checksumLine(path: string, sha256: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${sha256}  ./${escaped}\n`;
}

const preamble = `${placeFunction}
manifest() {
  find . "$@" -type f -print0 | sort -z | xargs -0 -r sha256sum --
  find . "$@" -type l -print0 | sort -z | xargs -0 -r -n 1 sh -c 'printf "link %s -> %s\\n" "$0" "$(readlink -n -- "$0")"'
}
tree() {
  place "$1"
  shift
  if cd -- "$p" 2>/dev/null; then echo "folder $code"; manifest "$@" 2>/dev/null | sha256sum | cut -c 1-64; else echo "absent $code"; fi
  echo .
}`;

export const treeKind: QuestionKind<TreeParams, TreeAnswer> = {
  kind: 'tree',
  reads: ({ path }) => [`file:${path}`],
  script: (params) => [preamble, ...params.map(({ path, exclude }) => `tree ${quote(path)} ${exclusions(exclude)}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse(part, { path }) {
    const [head = '', digest] = linesOf(part);
    const [state, code = ''] = head.split(' ');
    if (state === 'absent') return { exists: false, ...placeOf(code, path) };
    if (state !== 'folder' || !/^[0-9a-f]{64}$/.test(digest ?? ''))
      throw new Error(`the host printed something about ${path} that is not understood`);
    return { exists: true, ...placeOf(code, path), digest: digest ?? '' };
  },
  aliases: placeAliases,
  timeoutSeconds: () => 300,
};

const exclusions = (names: readonly string[]) => names.map((name) => `! -path ${quote(`./${name}`)} ! -path ${quote(`./${name}/*`)}`).join(' ');
