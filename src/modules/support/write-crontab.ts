import { crontabOptions } from '../../questions/crontab.ts';
import { type Command, quote } from '../../values/command.ts';
import { Secret, type Text } from '../../values/secret.ts';
import { digestOf } from './content.ts';
import { fail } from './shell.ts';

/**
 * Installs `table` as the crontab of `user` (default: of the user that runs this), once it has arrived whole. crontab(1) refuses what cron could not
 * read. @param backup keep the old one in a file, whose name is printed.
 */
export function writeCrontab(table: Text, { user = '', backup }: { readonly user?: string | undefined; readonly backup: boolean }): Command {
  const steps = [
    fail,
    crontabOptions,
    `options=$(options ${quote(user)})`,
    // The dot keeps the line ends that $(…) takes off.
    'IFS= read -r want && table=$(cat && echo .) && table=${table%.} || fail "the crontab could not be read"',
    'got=$(printf %s "$table" | sha256sum)',
    '[ "${got%% *}" = "$want" ] || fail "the crontab did not arrive whole"',
    ...(backup ? ['b=$(umask 077 && mktemp /tmp/crontabXXXXXXXXXX) && crontab $options -l >"$b" 2>/dev/null; printf \'%s\\n\' "$b"'] : []),
    'printf %s "$table" | crontab $options -',
  ];
  const text = table instanceof Secret ? new Secret(`${digestOf(table)}\n${table.reveal()}`) : `${digestOf(table)}\n${table}`;
  return { script: steps.join('\n'), stdin: text };
}
