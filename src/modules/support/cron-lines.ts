import { TaskError } from '../../values/errors.ts';

/** The comment by which a job is known: the line behind it is the job. */
const marker = '#Ansible: ';

/** `table` with the job called `name`, as Ansible's cron puts it there. All other lines stay as they are. */
export function withJob(table: string, name: string, job: string): string {
  const lines = linesIn(table);
  const own = marker + name;
  const at = lines.findIndex((line, index) => line === own && isJob(lines[index + 1]));
  if (at >= 0) return lines[at + 1] === job ? joined(table, lines) : rejoined(replaced(lines, own, [own, job]));
  const bare = lines.filter((line) => line !== own);
  const unnamed = bare.findIndex((line, index) => line === job && !bare[index - 1]?.startsWith(marker));
  return rejoined(unnamed >= 0 ? bare.toSpliced(unnamed, 0, own) : [...bare, own, job]);
}

/** `table` without the job called `name`. */
export function withoutJob(table: string, name: string): string {
  const lines = linesIn(table);
  const own = marker + name;
  return lines.includes(own) ? rejoined(replaced(lines, own, [])) : joined(table, lines);
}

/** A variable of a crontab, and where it goes when it is new: on top, behind or before another. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly insertafter?: string | undefined;
  readonly insertbefore?: string | undefined;
}

/** `table` with the variable. @throws TaskError when that which it shall stand beside is not there. */
export function withVariable(table: string, { name, value, insertafter, insertbefore }: Variable): string {
  const lines = linesIn(table);
  const declared = `${name}="${value}"`;
  const now = lines.find((line) => line.startsWith(`${name}=`));
  if (now !== undefined)
    return now === declared ? joined(table, lines) : rejoined(lines.map((line) => (line.startsWith(`${name}=`) ? declared : line)));
  const other = insertafter ?? insertbefore;
  const beside = other === undefined ? 0 : lines.findIndex((line) => line.startsWith(`${other}=`));
  if (beside < 0) throw new TaskError(`there is no variable ${other} in the crontab`, 'Set it before, or leave out insertafter and insertbefore.');
  return rejoined(lines.toSpliced(insertafter === undefined ? beside : beside + 1, 0, declared));
}

/** `table` without the variable. */
export function withoutVariable(table: string, name: string): string {
  const lines = linesIn(table);
  const kept = lines.filter((line) => !line.startsWith(`${name}=`));
  return kept.length === lines.length ? joined(table, lines) : rejoined(kept);
}

/** The names of the jobs and of the variables of a table. */
export function namesIn(table: string): { readonly jobs: readonly string[]; readonly envs: readonly string[] } {
  const lines = linesIn(table);
  return {
    jobs: lines.filter((line) => line.startsWith(marker)).map((line) => line.slice(marker.length)),
    envs: lines.flatMap((line) => /^([^\s#=]+)=/.exec(line)?.[1] ?? []),
  };
}

function isJob(line: string | undefined): boolean {
  return line !== undefined && !line.startsWith(marker);
}

/** The lines with each pair of the comment `own` and the job behind it replaced. */
function replaced(lines: readonly string[], own: string, by: readonly string[]): readonly string[] {
  return lines.flatMap((line, index) => {
    if (line === own) return isJob(lines[index + 1]) ? by : [];
    return lines[index - 1] === own && isJob(line) ? [] : [line];
  });
}

function linesIn(table: string): readonly string[] {
  return table === '' ? [] : table.replace(/\n$/, '').split('\n');
}

/** What was not changed; only the last line gets the end without which cron does not read it. */
function joined(table: string, lines: readonly string[]): string {
  return lines.length === 0 || table.endsWith('\n') ? table : `${table}\n`;
}

function rejoined(lines: readonly string[]): string {
  const text = lines.join('\n').replace(/\n+$/, '');
  return text === '' ? '' : `${text}\n`;
}
