import * as z from 'zod';
import { TaskError } from '../values/errors.ts';
import { replacementProblem } from '../values/pattern.ts';
import { revealed, Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, line, notBoth, text } from './params.ts';
import { absentFromEdits, askEdited, editedPath, editParams, keptResult, pathAliases, planEdited } from './support/edit-file.ts';
import { withLine, withoutLines } from './support/edit-lines.ts';
import { pattern } from './support/pattern.ts';

const params = z
  .strictObject({
    path: editedPath(),
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
    ...editParams,
  })
  .refine(({ state, line }) => state === 'absent' || line !== undefined, 'expected line')
  .refine(
    ({ state, line, regexp, search_string }) => state === 'present' || [line, regexp, search_string].some((one) => one !== undefined),
    'expected line, regexp or search_string: what to remove',
  )
  .refine(...notBoth('regexp', 'search_string'))
  .refine(...notBoth('insertafter', 'insertbefore'))
  .refine(({ backrefs, regexp }) => !backrefs || regexp !== undefined, 'backrefs needs regexp')
  .superRefine(({ backrefs, regexp, line }, context) => {
    const problem = backrefs && regexp !== undefined && line !== undefined ? replacementProblem(line, regexp) : undefined;
    if (problem) context.addIssue({ code: 'custom', path: ['line'], message: problem });
  });

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
  aliases: pathAliases,
  absent: absentFromEdits,
  ask: ({ path }) => askEdited(path),
  plan: (params, answers) => {
    const { file: found } = answers;
    const { regexp, insertafter, insertbefore } = params;
    if (!found.exists && params.state === 'absent') return [];
    if (!found.exists && !params.create) throw new TaskError(`there is no file ${params.path} on the host`, 'Say create: true to make it.');
    return planEdited(params, answers, (old) => edited(params, old), params.line instanceof Secret, [regexp, insertafter, insertbefore]);
  },
  result: (_params, _answers, outputs) => keptResult('backup', outputs),
});

function edited({ line, state, ...rest }: Params, old: string): string {
  const plain = line === undefined ? undefined : revealed(line);
  return state === 'absent' ? withoutLines(old, { ...rest, line: plain }) : withLine(old, { ...rest, line: plain ?? '' });
}
