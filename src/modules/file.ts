import { z } from 'zod';
import { type DifferingAnswer, differing } from '../questions/differing.ts';
import { type FileAnswer, file } from '../questions/file.ts';
import { type Asking, ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { type Command, quote, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, line, path } from './params.ts';
import { attributeChanges, attributeParams, setAttributes } from './support/attributes.ts';

const params = z
  .strictObject({
    path: path().describe('The path on the host.'),
    state: z
      .enum(['file', 'directory', 'link', 'touch', 'absent'])
      .default('file')
      .describe(
        '`file` only gives a file that is there its attributes; `touch` makes an empty one; `absent` removes, a folder with all that is in it.',
      ),
    src: line().optional().describe('With `state: link`: where the link points.'),
    recurse: bool().default(false).describe('With `state: directory`: give the attributes to all that is in it.'),
    force: bool().default(false).describe('With `state: link`: replace a file that is in the way.'),
    follow: bool().default(true).describe('Give the attributes to what a link points at.'),
    ...attributeParams,
  })
  .refine(({ state, src }) => (state === 'link') === (src !== undefined), 'expected src with state: link, and only there');

type Params = z.output<typeof params>;

interface Answers {
  readonly found: FileAnswer;
  /** What a link leads to, where that matters. */
  readonly target: FileAnswer | undefined;
  readonly inside: DifferingAnswer | undefined;
}

export default defineModule({
  summary: 'Make a folder, a link or an empty file, set owner and mode, or remove what is there.',
  params,
  examples: [
    { description: 'A folder for one user', task: 'file:\n  path: /var/lib/app\n  state: directory\n  owner: www-data\n  mode: "0750"' },
    { description: 'No such file', task: 'file:\n  path: /etc/nginx/sites-enabled/default\n  state: absent' },
  ],
  absent: {
    modification_time: 'Use the module command with touch(1).',
    modification_time_format: 'Use the module command with touch(1).',
    access_time: 'Use the module command with touch(1).',
    access_time_format: 'Use the module command with touch(1).',
    attributes: 'Use the module command with chattr(1).',
    unsafe_writes: 'Links and files are always replaced in one step.',
  },
  *ask({ path, state, follow, recurse, owner, group, mode }): Asking<Answers> {
    const { found } = yield* ask({ found: file(path, { digest: false }) });
    const isFollowed = found.exists && found.type === 'link' && follow && state !== 'link' && state !== 'absent';
    const { target } = isFollowed ? yield* ask({ target: file(path, { digest: false, follow: true }) }) : { target: undefined };
    const wantsInside = recurse && state === 'directory' && (owner ?? group ?? mode) !== undefined;
    const { inside } = wantsInside ? yield* ask({ inside: differing({ path, owner, group, mode }) }) : { inside: undefined };
    return { found, target, inside };
  },
  plan: (params, { found, target, inside }) => {
    switch (params.state) {
      case 'absent':
        return planAbsent(params.path, found);
      case 'link':
        return planLink(params, found);
      case 'directory':
        return planFolder(params, target ?? found, inside);
      case 'touch':
      case 'file':
        return planFile(params, target ?? found);
    }
  },
  result: ({ path, state }, { found, target }) => {
    const is = target ?? found;
    return {
      path,
      dest: path,
      state: is.exists ? is.type : 'absent',
      ...(is.exists && state !== 'absent' && { mode: is.mode, owner: is.owner, group: is.group, uid: is.uid, gid: is.gid }),
    };
  },
});

/** What is mounted would lose all its files before its folder is found to be busy. */
function planAbsent(path: string, found: FileAnswer): readonly Change[] {
  if (!found.exists) return [];
  if (path === '/' || found.isMountPoint)
    throw new TaskError(`${path} is the root of a file system and is not removed`, 'Unmount it before (umount), or name what is in it.');
  return [{ summary: `remove ${path}`, commands: [sh`rm -rf -- ${path}`], writes: [`file:${path}`] }];
}

function planFile(params: Params, found: FileAnswer): readonly Change[] {
  const { path, state } = params;
  if (found.exists) {
    const touch: readonly Change[] =
      state === 'touch' ? [{ summary: `touch ${path}`, commands: [sh`touch -- ${path}`], writes: [`file:${path}`], opaque: true }] : [];
    return [...touch, ...attributeChanges(path, params, found)];
  }
  if (state === 'file')
    throw new TaskError(`there is no file ${path} on the host`, 'Make it with copy or template, or use state: touch or state: directory.');
  // Asked again, a touch is always to be done.
  return [{ summary: `create ${path}`, commands: [make('touch -- "$p"', path, params)], writes: [`file:${path}`], opaque: true }];
}

function planFolder(params: Params, found: FileAnswer, inside: DifferingAnswer | undefined): readonly Change[] {
  const { path, recurse } = params;
  if (!found.exists) return [{ summary: `create folder ${path}`, commands: [make('mkdir -- "$p"', path, params)], writes: [`file:${path}`] }];
  if (found.type !== 'directory') throw new TaskError(`${path} is not a folder on the host`, 'Remove it before with state: absent.');
  if (!recurse) return attributeChanges(path, params, found);
  if (!inside || inside.count === 0) return [];
  const count = inside.count >= 1000 ? 'a thousand or more' : String(inside.count);
  const words = [params.owner && `owner ${params.owner}`, params.group && `group ${params.group}`, params.mode && `mode ${params.mode}`].filter(
    (word) => word,
  );
  return [
    {
      summary: `${path} and all in it: ${words.join(', ')} (${count} differ)`,
      commands: setAttributes(path, params, { recurse: true }),
      writes: [`file:${path}`],
    },
  ];
}

/** Makes the folders above as well, as mkdir -p does; what is new is born closed and opened only when its owner is set. */
function make(create: string, path: string, { owner, group, mode }: Params): Command {
  const attributes = setAttributes(path, { owner, group, mode: mode ?? (create.startsWith('mkdir') ? '0755' : '0644') });
  const steps = [
    `p=${quote(path)}`,
    'd=${p%/*}',
    'umask 022',
    'mkdir -p -- "${d:-/}" || exit 1',
    'umask 077',
    `${create} || exit 1`,
    ...attributes.map(({ script }) => `${script} || exit 1`),
  ];
  return { script: steps.join('\n') };
}

function planLink(params: Params, found: FileAnswer): readonly Change[] {
  const { path, src = '', force } = params;
  const isRight = found.exists && found.type === 'link' && found.target === src;
  if (isRight) return attributeChanges(path, params, found);
  if (found.exists && found.type === 'directory')
    throw new TaskError(`${path} is a folder on the host, and a link is to be put there`, 'Remove it before with state: absent.');
  if (found.exists && found.type !== 'link' && !force)
    throw new TaskError(`${path} is a file on the host, and a link is to be put there`, 'Say force: true to replace it.');
  const script = `p=${quote(path)}\nd=\${p%/*}\nn=\${d:-}/.homerun-link-$$\nln -s -- ${quote(src)} "$n" && mv -fT -- "$n" "$p" || { rm -f -- "$n"; exit 1; }`;
  const attributes = setAttributes(path, { owner: params.owner, group: params.group }, { isLink: true });
  const before = found.exists && found.type === 'link' ? { before: `${found.target ?? ''}\n` } : {};
  return [
    {
      summary: `link ${path} -> ${src}`,
      diff: { label: path, ...before, after: `${src}\n` },
      commands: [{ script }, ...attributes],
      writes: [`file:${path}`],
    },
  ];
}
