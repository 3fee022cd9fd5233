import { quote } from '../values/command.ts';
import { type FileAnswer, metadataOf } from './file.ts';
import { checkPath, checkWord, linesOf, splitParts } from './parts.ts';
import { type Place, placeAliases, placeFunction, placeOf } from './place.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface MembersParams {
  /** Absolute. */
  readonly folder: string;
  /** Paths below it. */
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

export type FolderAnswer = FileAnswer & {
  /** The file system that it is on; absent when it is not there. */
  readonly device?: string;
};

export interface MembersAnswer {
  /** The folder itself; a link is followed. */
  readonly folder: FolderAnswer;
  /** In the order asked; links are followed. */
  readonly folders: readonly FolderAnswer[];
  /** In the order asked, with digests; links are not followed. */
  readonly files: readonly FileAnswer[];
}

/**
 * What is at these places of a folder: one question, and few processes, for thousands of them.
 * @throws TypeError for a folder that is not absolute, or control characters.
 */
export function members({ folder, folders, files }: MembersParams): Question<MembersAnswer> {
  const check = (name: string): string => checkWord(name, 'a path');
  return question(membersKind, { folder: checkPath(folder), folders: folders.map(check), files: files.map(check) });
}

// Where the folder is not there, neither is what is below it: nothing more is looked at. `-L` is said of folders that are links, the only ones of which
// the real place may be elsewhere.
const preamble = `${placeFunction}
about='%f	%u	%g	%U	%G'
below() { printf '%s\\0' "$@" | xargs -0 -r stat $option -c "$letter	$about	$more	%n" -- 2>/dev/null; }
top() {
  folder=$1
  place "$folder"
  printf 'at\\t%s\\t%s\\n' "$flag" "$code"
  stat -L -c "d	$about	%d	." -- "$folder" 2>/dev/null
}
folders() {
  cd -- "$folder/" 2>/dev/null || return
  letter=d option=-L more=%d
  below "$@"
  for name do if [ -L "$name" ]; then place "$folder/$name"; printf 'l\\t%s\\t%s\\n' "$code" "$name"; fi; done
}
files() {
  cd -- "$folder/" 2>/dev/null || return
  letter=f option= more=%s
  below "$@"
  for name do if [ -f "$name" ] && [ ! -L "$name" ]; then printf '%s\\0' "$name"; fi; done | xargs -0 -r sha256sum -- 2>/dev/null
}`;

export const membersKind: QuestionKind<MembersParams, MembersAnswer> = {
  kind: 'members',
  reads: ({ folder }) => [`file:${folder}`],
  script: (params) =>
    [
      preamble,
      ...params.flatMap(({ folder, folders, files }) => [
        `top ${quote(folder)}`,
        `( folders ${folders.map(word).join(' ')} )`,
        `( files ${files.map(word).join(' ')} )`,
        'echo .',
      ]),
    ].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse: parseMembers,
  aliases: ({ folder, folders }) => [folder, ...folders].flatMap((one) => ('links' in one ? placeAliases(one) : [])),
  timeoutSeconds: () => 300,
};

/** A name that is no option, and no standard input. */
const word = (name: string): string => quote(name.startsWith('-') ? `./${name}` : name);
const nameOf = (given: string): string => (given.startsWith('./-') ? given.slice(2) : given);

const aboutLine = /^[df]\t([0-9a-f]{1,8})\t(\d{1,10})\t(\d{1,10})\t([^\t]+)\t([^\t]+)\t(\d{1,20})\t(.+)$/;

function parseMembers(part: string, { folder, folders, files }: MembersParams): MembersAnswer {
  const about = new Map<string, readonly string[]>();
  const digests = new Map<string, string>();
  const links = new Map<string, Place>();
  let place: Place | undefined;
  for (const line of linesOf(part)) {
    const [first = '', second = '', third = ''] = line.split('\t');
    if (first === 'd' || first === 'f') {
      const match = aboutLine.exec(line);
      if (!match) throw notUnderstood(folder, line);
      about.set(`${first} ${nameOf(match[7] ?? '')}`, match);
    } else if (first === 'at') place = placeOf(third, folder);
    else if (first === 'l') links.set(nameOf(third), placeOf(second, `${folder}/${nameOf(third)}`));
    else {
      // sha256sum(1) of coreutils puts a backslash before the line of a name that it had to escape.
      const [, digest, name = ''] = /^\\?([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      if (digest === undefined) throw notUnderstood(folder, line);
      digests.set(nameOf(line.startsWith('\\') ? name.replaceAll('\\\\', '\\') : name), digest);
    }
  }
  if (!place) throw notUnderstood(folder, part.slice(0, 200));
  const top = place;
  const at = (letter: string, name: string, where: Place): FolderAnswer => {
    const [, mode = '', uid = '', gid = '', owner = '', group = '', last = ''] = about.get(`${letter} ${name}`) ?? [];
    if (mode === '') return { exists: false, ...where };
    const digest = digests.get(name);
    const size = letter === 'f' && digest !== undefined ? { size: Number(last), sha256: digest } : {};
    return { exists: true, ...metadataOf({ mode, uid, gid, owner, group }), ...size, ...where, ...(letter === 'd' && { device: last }) };
  };
  return {
    folder: at('d', '.', top),
    folders: folders.map((name) => at('d', name, links.get(name) ?? { real: `${top.real}/${name}` })),
    files: files.map((name) => at('f', name, { real: `${folder}/${name}` })),
  };
}

function notUnderstood(folder: string, line: string): Error {
  return new Error(`the host printed something about what is in ${folder} that is not understood: ${JSON.stringify(line)}`);
}
