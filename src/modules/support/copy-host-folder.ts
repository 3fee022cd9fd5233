import { type CopiedAnswer, copied } from '../../questions/copied.ts';
import { type DifferingAnswer, differing } from '../../questions/differing.ts';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { quote } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { type Attributes, attributeChanges, setAttributes } from './attributes.ts';

/** A folder of the host that is copied there. */
export interface HostFolder extends Attributes {
  readonly from: string;
  readonly to: string;
}

export interface HostFolderAnswers {
  readonly to: FileAnswer;
  readonly copied: CopiedAnswer;
  readonly differing: DifferingAnswer | undefined;
}

export function* askHostFolder({ from, to, owner, group }: HostFolder): Asking<HostFolderAnswers> {
  const answers = yield* ask({ to: file(to, { digest: false, follow: true }), copied: copied(from, to) });
  if ((owner ?? group) === undefined) return { ...answers, differing: undefined };
  return { ...answers, ...(yield* ask({ differing: differing({ path: to, owner, group }) })) };
}

export function planHostFolder({ from, to, owner, group, mode }: HostFolder, { to: found, copied, differing }: HostFolderAnswers): readonly Change[] {
  if (found.exists && found.type !== 'directory')
    throw new TaskError(`${to} is not a folder on the host`, 'Remove it before (module file, state: absent).');
  const attributes = found.exists ? attributeChanges(to, { mode }, found) : [];
  const owned = setAttributes(to, { owner, group }, { recurse: true });
  if (found.exists && copied.count === 0)
    return (differing?.count ?? 0) === 0
      ? attributes
      : [{ summary: `${to} and all in it: owner and group`, commands: owned, writes: [`file:${to}`] }, ...attributes];
  const count = copied.count >= 1000 ? 'a thousand entries or more' : `${copied.count} ${copied.count === 1 ? 'entry' : 'entries'}`;
  const script = `umask 022\n[ -d ${quote(to)} ] || mkdir -p -- ${quote(to)} || exit 1\ncp -RPf --preserve=mode,timestamps -- ${quote(`${from}/.`)} ${quote(`${to}/`)}`;
  const after = mode === undefined || found.exists ? [] : setAttributes(to, { mode });
  return [
    { summary: `copy ${from} to ${to} (${count})`, commands: [{ script, timeoutSeconds: 3600 }, ...owned, ...after], writes: [`file:${to}`] },
    ...attributes,
  ];
}
