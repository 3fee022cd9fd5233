import { z } from 'zod';
import { type ContentAnswer, content } from '../questions/content.ts';
import { file } from '../questions/file.ts';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret, secretIf, type Text } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, line, path, text } from './params.ts';
import { attributeParams } from './support/attributes.ts';
import { validation } from './support/destination.ts';
import { withLine, withoutLines } from './support/edit-lines.ts';
import { pattern } from './support/pattern.ts';
import { type Placed, planPlaced } from './support/place-content.ts';

const params = z
  .strictObject({
    path: path().describe('The file on the host; what a link points at is edited.'),
    line: text()
      .refine((value) => !/[\r\n]/.test(revealed(value)), 'expected one line (use copy or template for several)')
      .optional()
      .describe('The line.'),
    regexp: pattern().optional().describe('A line that this matches is replaced (or removed): the last one that does.'),
    search_string: line().optional().describe('As `regexp`, for text that a line holds.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the line shall be there; `absent` removes all that match.'),
    insertafter: pattern().optional().describe('Put a new line behind the last line that this matches; `EOF` (the default) for the end.'),
    insertbefore: pattern().optional().describe('Put a new line before the last line that this matches; `BOF` for the beginning.'),
    firstmatch: bool().default(false).describe('The first line that matches counts, not the last.'),
    backrefs: bool().default(false).describe('Put groups of `regexp` into the line (`\\1`); without a match nothing is done.'),
    create: bool().default(false).describe('Make the file if it is not there.'),
    backup: bool().default(false).describe('Keep the old file beside it with the time in its name.'),
    validate: validation(),
    ...attributeParams,
  })
  .refine(({ state, line }) => state === 'absent' || line !== undefined, 'expected line')
  .refine(
    ({ state, line, regexp, search_string }) => state === 'present' || [line, regexp, search_string].some((one) => one !== undefined),
    'expected line, regexp or search_string: what to remove',
  )
  .refine(({ regexp, search_string }) => regexp === undefined || search_string === undefined, 'expected regexp or search_string, not both')
  .refine(
    ({ insertafter, insertbefore }) => insertafter === undefined || insertbefore === undefined,
    'expected insertafter or insertbefore, not both',
  )
  .refine(({ backrefs, regexp }) => !backrefs || regexp !== undefined, 'backrefs needs regexp');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Have a line in a file, or not.',
  params,
  examples: [
    {
      description: 'One setting of a file that others write too',
      task: 'lineinfile:\n  path: /etc/ssh/sshd_config\n  regexp: ^#?PermitRootLogin\n  line: PermitRootLogin prohibit-password\n  validate: sshd -t -f %s\nnotify: restart ssh',
    },
    { description: 'No such line', task: 'lineinfile:\n  path: /etc/hosts\n  regexp: \\sold\\.example\\.org$\n  state: absent' },
  ],
  absent: {
    encoding: 'Files are UTF-8.',
    attributes: 'Use the module command with chattr(1).',
    unsafe_writes: 'Files are always replaced in one step.',
  },
  ask: ({ path }) => ask({ file: file(path, { follow: true }), content: content(path) }),
  plan: (params, { file: found, content: before }) => {
    if (!found.exists && params.state === 'absent') return [];
    if (!found.exists && !params.create) throw new TaskError(`there is no file ${params.path} on the host`, 'Say create: true to make it.');
    const old = textOf(params.path, before);
    const placed = placedIn(params, found.real, edited(params, old));
    return planPlaced(placed, { path: found.real, found, before: found.exists ? before : undefined });
  },
});

/** @throws TaskError for what cannot be edited. */
function textOf(path: string, { exists, problem, text, truncated }: ContentAnswer): string {
  if (!exists) return '';
  if (problem === 'permission denied') throw new TaskError(`${path} may not be read by this user`, 'Run the task as root: become: true.');
  if (problem) throw new TaskError(`${path} is ${problem} on the host`, 'Name a file.');
  if (truncated) throw new TaskError(`${path} is longer than 1 MiB: too long to be edited line by line`, 'Use the module shell with sed.');
  if (text === undefined) throw new TaskError(`${path} is not UTF-8 text`, 'Use the module shell with sed.');
  return text;
}

function edited({ line, state, ...rest }: Params, old: string): Text {
  const plain = line === undefined ? undefined : revealed(line);
  const after = state === 'absent' ? withoutLines(old, { ...rest, line: plain }) : withLine(old, { ...rest, line: plain ?? '' });
  return secretIf(line instanceof Secret, after);
}

function placedIn({ owner, group, mode, backup, validate }: Params, real: string, after: Text): Placed {
  return { owner, group, mode, backup, validate, dest: real, name: undefined, content: after, force: true };
}
