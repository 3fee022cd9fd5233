import type { PresentFile } from '../../questions/file.ts';
import type { Change } from '../../values/change.ts';
import { type Command, sh } from '../../values/command.ts';
import { line, modeOrSymbols } from '../params.ts';
import { isSettledMode, isSymbolic, resolvedMode } from './mode.ts';

/** A user or group by name or number. */
const account = () => line().refine((name) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(name), 'expected the name or number of an account');

/** Who a file belongs to and who may do what with it. What is left out stays as it is. */
export const attributeParams = {
  owner: account().optional().describe('The owner, by name or number.'),
  group: account().optional().describe('The group, by name or number.'),
  mode: modeOrSymbols().optional().describe('The mode, in octal with a leading zero, as text: `"0640"`; or in symbols: `u=rwX,g=rX,o=`.'),
};

export interface Attributes {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly mode?: string | undefined;
}

/** What of `wanted` is not so: in words, for the summary. */
export function attributeDifferences({ owner, group, mode: wanted }: Attributes, found: PresentFile): readonly string[] {
  const mode = wanted === undefined ? undefined : resolvedMode(wanted, found.mode, found.type === 'directory');
  return [
    ...(owner === undefined || owner === found.owner || owner === String(found.uid) ? [] : [`owner ${found.owner} -> ${owner}`]),
    ...(group === undefined || group === found.group || group === String(found.gid) ? [] : [`group ${found.group} -> ${group}`]),
    // A link has no mode of its own.
    ...(mode === undefined || mode === found.mode || found.type === 'link' ? [] : [`mode ${found.mode} -> ${mode}`]),
  ];
}

/** The change that gives what is at `path` its attributes; none when it has them. */
export function attributeChanges(path: string, attributes: Attributes, found: PresentFile): readonly Change[] {
  const isFolder = found.type === 'directory';
  const mode = attributes.mode === undefined ? undefined : resolvedMode(attributes.mode, found.mode, isFolder);
  const wanted = { ...attributes, mode };
  const differences = attributeDifferences(wanted, found);
  if (differences.length === 0) return [];
  return [
    {
      summary: `${path}: ${differences.join(', ')}`,
      diff: { label: path, before: attributeText(wanted, found), after: attributeText(wanted, wanted) },
      commands: setAttributes(path, { ...wanted, mode: isFolder ? forFolder(mode, found.mode) : mode }, { isLink: found.type === 'link' }),
      writes: [`file:${path}`, ...(found.real === path ? [] : [`file:${found.real}` as const])],
      ...(!isSettledMode(attributes.mode, found.mode, isFolder) && { opaque: true as const }),
    },
  ];
}

function attributeText(keys: Attributes, values: Attributes): string {
  return (['owner', 'group', 'mode'] as const).flatMap((key) => (keys[key] === undefined ? [] : [`${key}: ${values[key]}\n`])).join('');
}

/** chmod(1) of coreutils leaves the set-ID bits of a folder, unless there are five digits. */
function forFolder(mode: string | undefined, found: string): string | undefined {
  return mode !== undefined && mode !== found && /^[2-7]/.test(found) ? `0${mode}` : mode;
}

/** Owner first: changing it takes set-user-ID bits away. Below a folder links get the owner themselves: what they point at may be anywhere. */
export function setAttributes(path: string, { owner, group, mode }: Attributes, { isLink = false, recurse = false } = {}): readonly Command[] {
  const options = [...(isLink || recurse ? ['-h'] : []), ...(recurse ? ['-R'] : []), '--'];
  return [
    ...(owner === undefined ? [] : [sh`chown ${options} ${owner} ${path}`]),
    ...(group === undefined ? [] : [sh`chgrp ${options} ${group} ${path}`]),
    ...(mode === undefined || isLink ? [] : [recurse ? belowCommand(path, mode) : sh`chmod -- ${mode} ${path}`]),
  ];
}

function belowCommand(path: string, mode: string): Command {
  if (!isSymbolic(mode)) return sh`find ${path} ! -type l -exec chmod ${`0${mode}`} ${'{}'} +`;
  const { script } = sh`find ${path} ! -type l -exec chmod -- ${mode} ${'{}'} +`;
  return { script: `umask 022; ${script}` };
}
