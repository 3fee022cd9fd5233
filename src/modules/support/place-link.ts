import { type EntriesAnswer, entries } from '../../questions/entries.ts';
import { type FileAnswer, file, type PresentFile } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { quote } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { type Attributes, attributeChanges } from './attributes.ts';

/** A name that shall lead to another: by a symbolic link, or as a hard link. */
export interface WantedLink extends Attributes {
  readonly path: string;
  /** As it shall stand in the link; absolute for a hard link. */
  readonly src: string;
  readonly isHard: boolean;
  /** Replace what is in the way, and link to what is not there. */
  readonly force: boolean;
  /** Give the attributes to what a symbolic link points at. */
  readonly follow: boolean;
}

export interface LinkAnswers {
  readonly found: FileAnswer;
  /** What it is to lead to. */
  readonly target: FileAnswer;
  /** What is in a folder that is in the way. */
  readonly inside: EntriesAnswer | undefined;
}

export function* askLink({ path, src, isHard, force }: Omit<WantedLink, 'follow'>): Asking<LinkAnswers> {
  // Inode and number of links, by which names of one file are known, come with the times.
  const times = isHard ? { times: true as const } : {};
  const place = file(path, { digest: false, ...times });
  const lead = (to: string) => file(to, { digest: false, follow: true, ...times });
  // A whole path leads to the same wherever the link is to stand: both are asked at once.
  const whole = src.startsWith('/') ? yield* ask({ found: place, target: lead(src) }) : undefined;
  const { found } = whole ?? (yield* ask({ found: place }));
  const isFolder = found.exists && found.type === 'directory';
  const above = isFolder ? path : path.slice(0, path.lastIndexOf('/'));
  const { target } = whole ?? (yield* ask({ target: lead(`${above}/${src}`) }));
  const { inside } = isFolder && force ? yield* ask({ inside: entries(allIn(path)) }) : { inside: undefined };
  return { found, target, inside };
}

const allIn = (path: string) => ({
  paths: [path],
  type: 'any' as const,
  depth: 1,
  hidden: true,
  names: undefined,
  leastSize: undefined,
  mostSize: undefined,
  contains: undefined,
  withTime: undefined,
});

/** @throws TaskError for what is in the way, or not there to be linked to. */
export function planLink(link: WantedLink, { found, target, inside }: LinkAnswers): readonly Change[] {
  const { path, src, isHard, force, follow } = link;
  if (!target.exists && (isHard || !force))
    throw new TaskError(
      `there is no ${src} on the host that ${path} could be a link to`,
      isHard ? 'Make it first.' : 'Make it first, or say force: true.',
    );
  if (found.exists && found.type === 'directory') refuseFolder(path, inside, force);
  const isRight = found.exists && (isHard ? isSame(found, target) : found.type === 'link' && found.target === src);
  if (!isRight && found.exists && (isHard || found.type !== 'link') && found.type !== 'directory' && !force)
    throw new TaskError(`${path} is a file on the host, and a link is to be put there`, 'Say force: true to replace it.');
  // A symbolic link has an owner of its own; what it leads to gets the attributes as a rule.
  const described = isHard || follow ? target : found;
  const attributes = described.exists ? attributeChanges(path, link, described) : [];
  return isRight ? attributes : [linkChange(link, found), ...attributes];
}

function refuseFolder(path: string, inside: EntriesAnswer | undefined, force: boolean): void {
  const count = inside?.folders.reduce((sum, { entries }) => sum + entries.length, 0) ?? 0;
  if (force && count === 0) return;
  const what = force ? 'a folder that is not empty' : 'a folder';
  throw new TaskError(`${path} is ${what} on the host, and a link is to be put there`, 'Remove it before with state: absent.');
}

function isSame(found: PresentFile, target: FileAnswer): boolean {
  return target.exists && found.times?.inode === target.times?.inode && found.type === target.type;
}

function linkChange({ path, src, isHard }: WantedLink, found: FileAnswer): Change {
  const remove = found.exists && found.type === 'directory' ? 'rmdir -- "$p" && ' : '';
  const script = `p=${quote(path)}\nd=\${p%/*}\nn=\${d:-}/.homerun-link-$$\n${remove}ln ${isHard ? '' : '-s '}-- ${quote(src)} "$n" && mv -fT -- "$n" "$p" || { rm -f -- "$n"; exit 1; }`;
  const before = found.exists && found.type === 'link' ? { before: `${found.target ?? ''}\n` } : {};
  return {
    summary: `${isHard ? 'hard link' : 'link'} ${path} -> ${src}`,
    diff: { label: path, ...before, after: `${src}\n` },
    commands: [{ script }],
    writes: isHard ? [`file:${path}`, `file:${src}`] : [`file:${path}`],
  };
}
