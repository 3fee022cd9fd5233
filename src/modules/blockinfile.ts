import * as z from 'zod';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, line, notBoth, text } from './params.ts';
import { type WantedBlock, withBlock } from './support/edit-block.ts';
import { absentFromEdits, askEdited, editedPath, editParams, keptResult, pathAliases, planEdited } from './support/edit-file.ts';
import { pattern } from './support/pattern.ts';

const params = z
  .strictObject({
    path: editedPath(),
    block: text().default('').describe('The lines between the markers. Empty: the block is removed, markers and all.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the block shall be there.'),
    marker: line()
      .refine((value) => value.includes('{mark}'), 'expected a marker with {mark} in it, by which its beginning and end differ')
      .default('# {mark} ANSIBLE MANAGED BLOCK')
      .describe('The lines before and behind the block, with `{mark}` for the word that makes them differ. Two blocks in a file need two markers.'),
    marker_begin: line().default('BEGIN').describe('What stands for `{mark}` before the block.'),
    marker_end: line().default('END').describe('What stands for `{mark}` behind the block.'),
    insertafter: pattern()
      .optional()
      .describe(
        'Put a new block behind the last line that this matches; `EOF` (the default) for the end. With `(?m)` in front the first match in the text counts, over several lines too.',
      ),
    insertbefore: pattern().optional().describe('Put a new block before such a line; `BOF` for the beginning.'),
    create: bool().default(false).describe('Make the file if it is not there.'),
    prepend_newline: bool().default(false).describe('Have an empty line before the block, if it does not begin the file.'),
    append_newline: bool().default(false).describe('Have an empty line behind the block, if it does not end the file.'),
    ...editParams,
  })
  .refine(({ marker_begin, marker_end }) => marker_begin !== marker_end, 'expected a marker_end that is not marker_begin')
  .refine(...notBoth('insertafter', 'insertbefore'))
  .refine((params) => {
    const { begin, end } = markersOf(params);
    return !revealed(params.block)
      .split(/\r?\n/)
      .some((one) => one === begin || one === end);
  }, 'expected a block without a line that is its marker (give another marker)');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Have lines between two markers in a file, or not.',
  params,
  examples: [
    {
      description: 'Some settings of a file that others write too',
      task: 'blockinfile:\n  path: /etc/ssh/sshd_config\n  block: |\n    Match User deploy\n    PasswordAuthentication no\n  validate: sshd -t -f %s\nnotify: restart ssh',
    },
    {
      description: 'One block for each of several',
      task: 'blockinfile:\n  path: /etc/hosts\n  marker: "# {mark} {{ item }}"\n  block: 10.0.0.1 {{ item }}\nloop: [one.example, two.example]',
    },
  ],
  aliases: { ...pathAliases, content: 'block' },
  absent: absentFromEdits,
  ask: ({ path }) => askEdited(path),
  plan: (params, answers) => {
    if (!answers.file.exists && !params.create)
      throw new TaskError(`there is no file ${params.path} on the host`, 'Say create: true to make it, or to let it be away with state: absent.');
    if (!answers.file.exists && params.state === 'absent') return [];
    const { insertafter, insertbefore } = params;
    return planEdited(params, answers, (old) => withBlock(old, wantedOf(params)), params.block instanceof Secret, [insertafter, insertbefore]);
  },
  result: (_params, _answers, outputs) => keptResult('backup_file', outputs),
});

function wantedOf(params: Params): WantedBlock {
  return { ...params, ...markersOf(params), block: params.state === 'absent' ? '' : revealed(params.block) };
}

function markersOf({ marker, marker_begin, marker_end }: Pick<Params, 'marker' | 'marker_begin' | 'marker_end'>): {
  readonly begin: string;
  readonly end: string;
} {
  const withWord = (word: string) => marker.split('{mark}').join(word);
  return { begin: withWord(marker_begin), end: withWord(marker_end) };
}
