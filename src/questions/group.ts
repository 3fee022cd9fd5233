import { quote } from '../values/command.ts';
import { checkAccount } from './account.ts';
import { outputLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface GroupParams {
  readonly name: string;
}

export interface GroupAnswer {
  readonly exists: boolean;
  readonly gid?: number;
}

/** One group of the host, wherever its accounts come from (getent(1)). @throws TypeError when `name` is not the name of a group. */
export function group(name: string): Question<GroupAnswer> {
  return question(groupKind, { name: checkAccount(name) });
}

export const groupKind: QuestionKind<GroupParams, GroupAnswer> = {
  kind: 'group',
  reads: ({ name }) => [`group:${name}`, 'file:/etc/group'],
  // BusyBox may lack getent; its accounts are in the files.
  script(params) {
    const names = [...new Set(params.map(({ name }) => name))];
    return `{ getent group ${names.map(quote).join(' ')} || cat /etc/group; } 2>/dev/null |
  awk -F : -v names=${quote(` ${names.join(' ')} `)} '!($1 in seen) && index(names, " " $1 " ") { seen[$1]; print $1 ":" $2 ":" $3 }'`;
  },
  split: (output, params) =>
    params.map(
      ({ name }) =>
        outputLines(output)
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => `${line}\n`)[0] ?? '',
    ),
  parse(part, { name }) {
    if (part === '') return { exists: false };
    const gid = /^[^:]+:[^:]*:(\d{1,10})$/.exec(part.trimEnd())?.[1];
    if (gid === undefined) throw new Error(`the group ${name} is not understood: ${JSON.stringify(part)}`);
    return { exists: true, gid: Number(gid) };
  },
};
