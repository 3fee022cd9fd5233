import * as z from 'zod';
import { TaskError } from '../values/errors.ts';
import { compilePattern, problemIn, replacementProblem } from '../values/pattern.ts';
import { revealed, Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { text } from './params.ts';
import { absentFromEdits, askEdited, editedPath, editParams, keptResult, pathAliases, planEdited, searching, textOf } from './support/edit-file.ts';
import { replaced, sectionPattern } from './support/edit-text.ts';
import { textPattern } from './support/pattern.ts';

const params = z
  .strictObject({
    path: editedPath(),
    regexp: textPattern().describe(
      'Each match in the text is replaced. `^` and `$` are the ends of a line, a dot is anything but a line break; `(?s)` in front takes that too.',
    ),
    replace: text()
      .default('')
      .describe('What stands for a match; groups of `regexp` as `\\1`, `\\g<1>` or `\\g<name>`, a line break as `\\n`. Default: nothing.'),
    after: textPattern().optional().describe('Replace only behind the first match of this. A dot is a line break too.'),
    before: textPattern().optional().describe('Replace only before a match of this: the first behind `after`; without `after` the last of the text.'),
    ...editParams,
  })
  .superRefine(({ regexp, replace, after, before }, context) => {
    // What is wrong with the pattern itself has been said of the pattern.
    const problem = problemIn(() => compilePattern(regexp)) === undefined ? replacementProblem(replace, regexp) : undefined;
    if (problem) context.addIssue({ code: 'custom', path: ['replace'], message: problem });
    const both = problemIn(() => sectionPattern(after, before));
    if (both) context.addIssue({ code: 'custom', path: ['before'], message: `after and before together: ${both}` });
  });

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Replace every match of a regular expression in a file.',
  params,
  examples: [
    {
      description: 'Another name in every place',
      task: 'replace:\n  path: /etc/hosts\n  regexp: (\\s)old\\.example\\.org(\\s|$)\n  replace: \\1new.example.org\\2',
    },
    {
      description: 'Comment out one section',
      task: 'replace:\n  path: /etc/app.conf\n  after: \\[old\\]\n  before: \\[new\\]\n  regexp: ^([^#\\n].*)$\n  replace: "# \\\\1"\n  validate: app --check %s',
    },
  ],
  aliases: pathAliases,
  absent: absentFromEdits,
  ask: ({ path }) => askEdited(path),
  plan: (params, answers) => {
    if (!answers.file.exists) throw new TaskError(`there is no file ${params.path} on the host`, 'Make it first, with the module copy or template.');
    const edit = (old: string) => edited(params, old) ?? old;
    const changes = planEdited(params, answers, edit, params.replace instanceof Secret);
    const old = textOf(params.path, answers.content);
    const isSettled = searching(params.path, () => edit(edit(old)) === edit(old));
    if (isSettled) return changes;
    // Asking again would find the same difference for ever: as in Ansible, every run replaces once more.
    return changes.map((change) => ({
      ...change,
      summary: `${change.summary} (and again in each run: regexp matches what is put in)`,
      opaque: true,
    }));
  },
  result: (params, { content: { text } }, outputs) => {
    const isFound = text === undefined || searching(params.path, () => edited(params, text) !== undefined);
    return isFound ? keptResult('backup_file', outputs) : { msg: `nothing was replaced: after and before are not found in ${params.path}` };
  },
});

function edited({ replace, ...wanted }: Params, old: string): string | undefined {
  return replaced(old, { ...wanted, replace: revealed(replace) });
}
