import * as z from 'zod';
import { type DifferingAnswer, differing } from '../questions/differing.ts';
import { type FileAnswer, file } from '../questions/file.ts';
import { type ModesAnswer, modes } from '../questions/modes.ts';
import { type Asking, ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { type Command, quote, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, line, path } from './params.ts';
import { attributeChanges, attributeParams, setAttributes } from './support/attributes.ts';
import { attributeScript, makeFolder } from './support/make-folder.ts';
import { isSymbolic, resolvedMode } from './support/mode.ts';
import { askLink, type LinkAnswers, planLink, type WantedLink } from './support/place-link.ts';

const time = (what: string) =>
  z
    .enum(['preserve', 'now'], 'expected preserve or now (for another time use the module command with touch -d)')
    .optional()
    .describe(`With \`state: touch\`: whether the time of the last ${what} of a file that is there becomes the present, or stays. Default: \`now\`.`);

const params = z
  .strictObject({
    path: path().describe('The path on the host.'),
    state: z
      .enum(['file', 'directory', 'link', 'hard', 'touch', 'absent'])
      .optional()
      .describe(
        '`file` only gives a file that is there its attributes; `touch` makes an empty one; `hard` is another name of `src`; `absent` removes, a folder with all that is in it. Default: what is there, and `directory` with `recurse`.',
      ),
    src: line().optional().describe('With `state: link` or `hard`: where the link points.'),
    recurse: bool().default(false).describe('With `state: directory`: give the attributes to all that is in it. Links are not followed.'),
    force: bool()
      .default(false)
      .describe('With `state: link` or `hard`: replace a file or an empty folder that is in the way; and with `link`, point at what is not there.'),
    follow: bool().default(true).describe('Give the attributes to what a link points at.'),
    modification_time: time('change'),
    access_time: time('access'),
    ...attributeParams,
  })
  .refine(({ state, src }) => isLinkState(state) === (src !== undefined), 'expected src with state: link or hard, and only there')
  .refine(({ state, src }) => state !== 'hard' || src?.startsWith('/'), 'expected an absolute src with state: hard')
  .refine(({ state, recurse }) => !recurse || state === undefined || state === 'directory', 'recurse needs state: directory')
  .refine(
    ({ state, modification_time, access_time }) => state === 'touch' || (modification_time ?? access_time) === undefined,
    'expected state: touch with modification_time and access_time',
  );

type Params = z.output<typeof params>;

interface Answers {
  readonly found: FileAnswer;
  /** What a link leads to, where that matters. */
  readonly target: FileAnswer | undefined;
  readonly link?: LinkAnswers;
  /** Of a new file: the folder that it goes into. */
  readonly above?: FileAnswer | undefined;
  readonly inside?: { readonly differing: DifferingAnswer; readonly modes: ModesAnswer | undefined } | undefined;
}

export default defineModule({
  summary: 'Make a folder, a link or an empty file, set owner and mode, or remove what is there.',
  params,
  examples: [
    { description: 'A folder for one user', task: 'file:\n  path: /var/lib/app\n  state: directory\n  owner: www-data\n  mode: "0750"' },
    { description: 'No such file', task: 'file:\n  path: /etc/nginx/sites-enabled/default\n  state: absent' },
    {
      description: 'Only folders, and what may be run already, get an x',
      task: 'file:\n  path: /srv/site\n  recurse: true\n  mode: u=rwX,g=rX,o=',
    },
  ],
  aliases: { dest: 'path', name: 'path' },
  absent: {
    modification_time_format: 'Use the module command with touch -d.',
    access_time_format: 'Use the module command with touch -d.',
    attributes: 'Use the module command with chattr(1).',
    unsafe_writes: 'Links and files are always replaced in one step.',
  },
  *ask(params): Asking<Answers> {
    const { path, state, follow, recurse } = params;
    const wanted = linkOf(params);
    if (wanted) {
      const link = yield* askLink(wanted);
      return { found: link.found, target: link.target, link };
    }
    const { found } = yield* ask({ found: file(path, { digest: false }) });
    const isFollowed = found.exists && found.type === 'link' && follow && state !== 'absent';
    const { target } = isFollowed ? yield* ask({ target: file(path, { digest: false, follow: true }) }) : { target: undefined };
    const above =
      !found.exists && state === 'touch' ? (yield* ask({ above: file(folderOf(path), { digest: false, follow: true }) })).above : undefined;
    return { found, target, above, inside: recurse ? yield* askInside(params, (target ?? found).real) : undefined };
  },
  plan: (params, answers) => {
    const { found, target, link, above } = answers;
    const wanted = linkOf(params);
    if (wanted && link) return planLink(wanted, link);
    const is = target ?? found;
    switch (params.state ?? (params.recurse ? 'directory' : undefined)) {
      case 'absent':
        return planAbsent(params.path, found);
      case 'directory':
        return planFolder(params, is, answers.inside);
      case 'touch':
        return planTouch(params, is, above);
      case 'file':
        if (is.exists && is.type === 'directory') throw new TaskError(`${params.path} is a folder on the host`, 'Say state: directory.');
        return planPresent(params, is);
      // A link was planned above; without a state what is there gets its attributes.
      case 'link':
      case 'hard':
      case undefined:
        return planPresent(params, is);
    }
  },
  result: ({ path, state }, { found, target }) => {
    const isLink = isLinkState(state);
    const is = isLink ? found : (target ?? found);
    return {
      path,
      dest: path,
      state: !is.exists ? 'absent' : state === 'hard' ? 'hard' : is.type,
      ...(is.exists &&
        state !== 'absent' && {
          mode: is.mode,
          owner: is.owner,
          group: is.group,
          uid: is.uid,
          gid: is.gid,
          ...(is.size !== undefined && { size: is.size }),
        }),
    };
  },
});

function isLinkState(state: string | undefined): boolean {
  return state === 'link' || state === 'hard';
}

function linkOf({ state, src, ...params }: Params): WantedLink | undefined {
  return src === undefined || !isLinkState(state) ? undefined : { ...params, src, isHard: state === 'hard' };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function* askInside({ owner, group, mode }: Params, path: string): Asking<Answers['inside']> {
  if ((owner ?? group ?? mode) === undefined) return undefined;
  if (mode === undefined || !isSymbolic(mode)) return { ...(yield* ask({ differing: differing({ path, owner, group, mode }) })), modes: undefined };
  const found = yield* ask({ modes: modes(path) });
  if ((owner ?? group) === undefined) return { ...found, differing: { count: 0 } };
  return { ...found, ...(yield* ask({ differing: differing({ path, owner, group }) })) };
}

/** What is mounted would lose all its files before its folder is found to be busy. */
function planAbsent(path: string, found: FileAnswer): readonly Change[] {
  if (!found.exists) return [];
  if (path === '/' || found.isMountPoint)
    throw new TaskError(`${path} is the root of a file system and is not removed`, 'Unmount it before (umount), or name what is in it.');
  return [{ summary: `remove ${path}`, commands: [sh`rm -rf -- ${path}`], writes: [`file:${path}`] }];
}

function planPresent(params: Params, found: FileAnswer): readonly Change[] {
  if (found.exists) return attributeChanges(params.path, params, found);
  throw new TaskError(`there is no file ${params.path} on the host`, 'Make it with copy or template, or use state: touch or state: directory.');
}

function planTouch(params: Params, found: FileAnswer, above: FileAnswer | undefined): readonly Change[] {
  const { path, modification_time, access_time } = params;
  if (!found.exists) {
    if (above && !above.exists) throw new TaskError(`the folder ${folderOf(path)} is not there on the host`, 'Create it first (state: directory).');
    const command = make(`(umask 077; touch -- "$p") || exit 1\n${attributeScript(params, '"$p"', '0644')}`, path);
    return [{ summary: `create ${path}`, commands: [command], writes: [`file:${path}`], ...(isTimeless(params) ? {} : { opaque: true as const }) }];
  }
  const attributes = attributeChanges(path, params, found);
  if (isTimeless(params)) return attributes;
  const which = modification_time === 'preserve' ? ['-a'] : access_time === 'preserve' ? ['-m'] : [];
  // Asked again, a touch is always to be done.
  return [{ summary: `touch ${path}`, commands: [sh`touch ${which} -- ${path}`], writes: [`file:${path}`], opaque: true }, ...attributes];
}

function isTimeless({ modification_time, access_time }: Params): boolean {
  return modification_time === 'preserve' && access_time === 'preserve';
}

function planFolder(params: Params, found: FileAnswer, inside: Answers['inside']): readonly Change[] {
  const { path, recurse } = params;
  if (!found.exists) return [{ summary: `create folder ${path}`, commands: [makeFolder(found.real, params)], writes: [`file:${path}`] }];
  if (found.type !== 'directory') throw new TaskError(`${path} is not a folder on the host`, 'Remove it before with state: absent.');
  if (!recurse) return attributeChanges(path, params, found);
  if (!inside) return [];
  const number = inside.differing.count + otherModes(params.mode, inside.modes);
  if (number === 0) return [];
  const count = number >= 1000 ? 'a thousand or more' : String(number);
  const words = [params.owner && `owner ${params.owner}`, params.group && `group ${params.group}`, params.mode && `mode ${params.mode}`].filter(
    (word) => word,
  );
  return [
    {
      summary: `${path} and all in it: ${words.join(', ')} (${count} differ)`,
      commands: setAttributes(found.real, params, { recurse: true }),
      writes: [`file:${path}`],
    },
  ];
}

function otherModes(mode: string | undefined, answer: ModesAnswer | undefined): number {
  if (mode === undefined || !answer) return 0;
  return answer.modes.reduce((sum, one) => sum + (resolvedMode(mode, one.mode, one.isFolder) === one.mode ? 0 : one.count), 0);
}

function make(script: string, path: string): Command {
  return { script: `p=${quote(path)}\n${script}` };
}
