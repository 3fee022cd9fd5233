import type { PresentFile } from '../../questions/file.ts';
import type { Change } from '../../values/change.ts';
import { type Command, sh } from '../../values/command.ts';
import { line, mode } from '../params.ts';

/** A user or group by name or number. */
const account = () => line().refine((name) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(name), 'expected the name or number of an account');

/** Who a file belongs to and who may do what with it. What is left out stays as it is. */
export const attributeParams = {
  owner: account().optional().describe('The owner, by name or number.'),
  group: account().optional().describe('The group, by name or number.'),
  mode: mode().optional().describe('The mode in octal with a leading zero, as text: `"0640"`.'),
};

export interface Attributes {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly mode?: string | undefined;
}

/** What of `wanted` is not so: in words, for the summary. */
export function attributeDifferences({ owner, group, mode }: Attributes, found: PresentFile): readonly string[] {
  return [
    ...(owner === undefined || owner === found.owner || owner === String(found.uid) ? [] : [`owner ${found.owner} -> ${owner}`]),
    ...(group === undefined || group === found.group || group === String(found.gid) ? [] : [`group ${found.group} -> ${group}`]),
    // A link has no mode of its own.
    ...(mode === undefined || mode === found.mode || found.type === 'link' ? [] : [`mode ${found.mode} -> ${mode}`]),
  ];
}

/** The change that gives what is at `path` its attributes; none when it has them. */
export function attributeChanges(path: string, wanted: Attributes, found: PresentFile): readonly Change[] {
  const differences = attributeDifferences(wanted, found);
  if (differences.length === 0) return [];
  return [
    {
      summary: `${path}: ${differences.join(', ')}`,
      diff: { label: path, before: attributeText(wanted, found), after: attributeText(wanted, wanted) },
      commands: setAttributes(path, wanted, { isLink: found.type === 'link' }),
      writes: [`file:${path}`, ...(found.real === path ? [] : [`file:${found.real}` as const])],
    },
  ];
}

function attributeText(keys: Attributes, values: Attributes): string {
  return (['owner', 'group', 'mode'] as const).flatMap((key) => (keys[key] === undefined ? [] : [`${key}: ${values[key]}\n`])).join('');
}

/** Owner first: changing it takes set-user-ID bits away. Below a folder links get the owner themselves: what they point at may be anywhere. */
export function setAttributes(path: string, { owner, group, mode }: Attributes, { isLink = false, recurse = false } = {}): readonly Command[] {
  const options = [...(isLink || recurse ? ['-h'] : []), ...(recurse ? ['-R'] : []), '--'];
  return [
    ...(owner === undefined ? [] : [sh`chown ${options} ${owner} ${path}`]),
    ...(group === undefined ? [] : [sh`chgrp ${options} ${group} ${path}`]),
    ...(mode === undefined || isLink ? [] : [recurse ? sh`find ${path} ! -type l -exec chmod ${mode} ${'{}'} +` : sh`chmod -- ${mode} ${path}`]),
  ];
}
