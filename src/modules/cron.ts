import * as z from 'zod';
import { type CrontabAnswer, crontab } from '../questions/crontab.ts';
import { type Asking, ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret, secretIf } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, line, notBoth, text } from './params.ts';
import { accountName } from './support/accounts.ts';
import { namesIn, withJob, withoutJob, withoutVariable, withVariable } from './support/cron-lines.ts';
import { askEdited, type EditAnswers, planWritten } from './support/edit-file.ts';
import { readableText } from './support/readable-text.ts';
import { writeCrontab } from './support/write-crontab.ts';

/** A field of a time: numbers, names, lists, ranges, steps (crontab(5)). */
const field = () =>
  line().refine((value) => /^[0-9A-Za-z*,/~-]+$/.test(value), 'expected a field as crontab(5) has it, such as 5, */10, 1-5 or mon,thu');

const variableName = () => line().refine((name) => /^[^\s=#"']+$/.test(name), 'expected the name of a variable, without blanks');

const params = z
  .strictObject({
    name: line()
      .refine((name) => name.trim() === name && name !== '', 'expected a name without blanks around it')
      .describe('What the job is known by, in a comment `#Ansible: NAME` above it; with `env`, the name of the variable.'),
    job: text()
      .refine((value) => !/[\r\n\0]/.test(trimmed(revealed(value))), 'expected one line')
      .optional()
      .describe('The command; with `env`, the value. To cron a `%` is the end of a line: write `\\%` for the sign itself.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the job or variable shall be there.'),
    user: accountName().optional().describe('Whose crontab; with `cron_file`, as whom the job runs. Default: the user that the task runs as.'),
    cron_file: line()
      .refine((path) => !path.split('/').some((part) => part === '..' || part === '.'), 'expected a path without . and ..')
      .refine((path) => path !== '/etc/crontab', 'expected another file than /etc/crontab, which belongs to the system')
      .optional()
      .describe('A file in /etc/cron.d (or an absolute path) instead of the crontab of a user; it goes with its last job.'),
    minute: field().default('*').describe('Minute: 0-59, `*`, `*/2`, and so on.'),
    hour: field().default('*').describe('Hour: 0-23, `*`, `*/2`, and so on.'),
    day: field().default('*').describe('Day of the month: 1-31, `*`, `*/2`, and so on.'),
    month: field().default('*').describe('Month: 1-12, `*`, `*/2`, and so on.'),
    weekday: field().default('*').describe('Day of the week: 0-6 from Sunday on, `*`, and so on.'),
    special_time: z
      .enum(['annually', 'daily', 'hourly', 'monthly', 'reboot', 'weekly', 'yearly'])
      .optional()
      .describe('A time by its name, instead of the five fields.'),
    disabled: bool().default(false).describe('Have the job there as a comment, so that it does not run.'),
    env: bool().default(false).describe('Have a variable instead of a job.'),
    insertafter: variableName().optional().describe('With `env`: put a new variable behind this one. Default: on top.'),
    insertbefore: variableName().optional().describe('With `env`: put a new variable before this one.'),
    backup: bool().default(false).describe('Keep the old crontab in a file.'),
  })
  .refine(({ state, job }) => state === 'absent' || job !== undefined, 'expected job')
  .refine(({ state, cron_file, user }) => state === 'absent' || cron_file === undefined || user !== undefined, 'expected user with cron_file')
  .refine(
    ({ state, cron_file }) => state === 'absent' || cron_file === undefined || /(^|\/)[A-Za-z0-9_-]+$/.test(cron_file),
    'expected a cron_file of letters, digits, _ and -: cron skips files of other names',
  )
  .refine(
    ({ special_time, minute, hour, day, month, weekday }) =>
      special_time === undefined || [minute, hour, day, month, weekday].every((one) => one === '*'),
    'expected special_time or fields of a time, not both',
  )
  .refine(
    ({ env, insertafter, insertbefore }) => env || (insertafter ?? insertbefore) === undefined,
    'expected env: true with insertafter and insertbefore',
  )
  .refine(...notBoth('insertafter', 'insertbefore'))
  .refine(({ env, name }) => !env || variableName().safeParse(name).success, 'expected name to be the name of a variable, without blanks');

type Params = z.output<typeof params>;

/** Where the table is: a file, or what crontab(1) keeps for a user. */
type Answers = ({ readonly path: string } & EditAnswers) | { readonly crontab: CrontabAnswer };

export default defineModule({
  summary: 'Have a job or a variable in a crontab, or not.',
  params,
  examples: [
    { description: 'Every night', task: 'cron:\n  name: clean up\n  minute: "15"\n  hour: "3"\n  job: find /srv/spool -mtime +7 -delete' },
    {
      description: 'A file of its own, for another user',
      task: 'cron:\n  name: backup\n  cron_file: backup\n  user: backup\n  special_time: daily\n  job: /usr/local/bin/backup --name "$(date +\\%F)"',
    },
    { description: 'Where the words of the jobs go', task: 'cron:\n  name: MAILTO\n  env: true\n  job: admin@example.org' },
  ],
  aliases: { value: 'job', dom: 'day', dow: 'weekday' },
  *ask({ user, cron_file }): Asking<Answers> {
    if (cron_file === undefined) return yield* ask({ crontab: crontab(user) });
    const path = cron_file.startsWith('/') ? cron_file : `/etc/cron.d/${cron_file}`;
    return { path, ...(yield* askEdited(path)) };
  },
  plan: (params, answers) => {
    const before = tableIn(answers);
    const after = edited(params, before);
    if (after === before) return [];
    const table = secretIf(params.job instanceof Secret, after);
    if (!('path' in answers)) return [crontabChange(params, before, table)];
    const { path, file: found } = answers;
    if (after.trim() === '' && params.state === 'absent' && !params.env)
      return [
        {
          summary: `remove ${path}, which holds no other job`,
          diff: { label: path, before },
          commands: [sh`rm -f -- ${path}`],
          writes: [`file:${path}`],
        },
      ];
    return planWritten(found.real, answers, { content: table, backup: params.backup });
  },
  result: ({ cron_file, backup }, answers, outputs) => {
    const kept = outputs.at(-1)?.stdout.trim();
    return { ...namesIn(tableIn(answers)), ...(cron_file !== undefined && { cron_file }), ...(backup && kept && { backup_file: kept }) };
  },
});

/** @throws TaskError where there is no crontab(1), or it refuses. */
function tableIn(answers: Answers): string {
  if ('path' in answers) return readableText(answers.path, answers.content);
  const { crontab: found } = answers;
  switch (found.state) {
    case 'no crontab':
      throw new TaskError('this host has no crontab', 'Install a cron before: module apt, name: cron.');
    case 'refused':
      throw new TaskError(
        `crontab refuses: ${found.reason}`,
        'Create the user before, let it use cron (/etc/cron.allow), or run the task as root: become: true.',
      );
    case 'none':
      return '';
    case 'present':
      return found.text;
  }
}

function edited({ name, job, state, env, insertafter, insertbefore, ...rest }: Params, before: string): string {
  const value = trimmed(revealed(job ?? ''));
  if (state === 'absent') return env ? withoutVariable(before, name) : withoutJob(before, name);
  return env ? withVariable(before, { name, value, insertafter, insertbefore }) : withJob(before, name, jobLine(rest, value));
}

function jobLine(
  {
    minute,
    hour,
    day,
    month,
    weekday,
    special_time,
    disabled,
    cron_file,
    user,
  }: Omit<Params, 'name' | 'job' | 'state' | 'env' | 'insertafter' | 'insertbefore'>,
  job: string,
): string {
  const time = special_time === undefined ? [minute, hour, day, month, weekday].join(' ') : `@${special_time}`;
  return `${disabled ? '#' : ''}${time} ${cron_file === undefined ? '' : `${user} `}${job}`;
}

function crontabChange({ user, backup, job }: Params, before: string, table: string | Secret): Change {
  const label = user === undefined ? 'the crontab' : `the crontab of ${user}`;
  return {
    summary: `change ${label}`,
    diff: { label, before: secretIf(job instanceof Secret, before), after: table },
    commands: [writeCrontab(table, { user, backup })],
    writes: [`crontab:${user ?? '*'}`, 'file:/var/spool/cron'],
  };
}

/** Line ends around a job are no part of it. */
function trimmed(job: string): string {
  return job.replace(/^[\r\n]+|[\r\n]+$/g, '');
}
