import { InvalidArgumentError } from 'commander';
import type { StepResult } from '../remote/session.ts';
import { indented, oneLine } from '../report/sanitize.ts';
import { quote } from '../values/command.ts';
import type { Define } from './context.ts';
import { onEachHost } from './each-host.ts';
import { reachAll, readHosts } from './hosts.ts';
import { interruptible, plainTelling } from './interrupt.ts';
import { hiding } from './io.ts';
import { addForks, addInventoryOptions, addLoginOptions, type InventoryArguments, type LoginArguments } from './options.ts';
import { askPasswords } from './passwords.ts';
import { runOptions } from './run-options.ts';
import { styleFor } from './screen.ts';

interface Arguments extends InventoryArguments, LoginArguments {
  readonly forks: number;
  readonly become?: true;
  readonly becomeUser?: string;
  readonly timeout: number;
  readonly color: boolean;
}

/** What a shell answers when there is no such program (POSIX, XCU 2.8.2). */
const notFound = 127;

const define: Define = (command, { io: bare, finish, masker }) => {
  const io = hiding(bare, (text) => masker.text(text));
  command
    .description('Run one command on hosts. Its words are passed on as they are; for pipes and the like: -- sh -c "…"')
    .usage('PATTERN [options] -- COMMAND [ARGUMENT…]')
    .argument('<pattern>', 'hosts: all, web:db, web1')
    .argument('<command...>', 'the command and its arguments, after --');
  addLoginOptions(addForks(addInventoryOptions(command)))
    .option('-b, --become', 'as root')
    .option('--become-user <name>', 'as this user')
    .option('--timeout <seconds>', 'end it after so long', seconds, 300)
    .option('--no-color', 'no colours (as with the variable NO_COLOR)')
    .addHelpText('after', '\nExample:\n  homerun exec all -b -- systemctl is-active nginx')
    .action(async (pattern: string, words: readonly string[], typed: Arguments) => {
      const options = { ...runOptions(typed, io, await askPasswords(typed, io)), masker };
      const reached = reachAll(await readHosts(options, pattern));
      const style = styleFor(io.output, io.environment, typed.color);
      const script = words.map(quote).join(' ');
      const code = await interruptible(io, plainTelling(io), (signal) =>
        onEachHost(reached, { forks: typed.forks, io, style, signal }, async (connection, { host, reaching }) => {
          const wanted = typed.become === true || typed.becomeUser !== undefined || reaching.become.byDefault;
          const { password, method } = reaching.become;
          const user = typed.becomeUser ?? reaching.become.user;
          const session = await connection.session(
            wanted ? { user, ...(method !== undefined && { method }), ...(password !== undefined && { password }) } : undefined,
          );
          const [result] = await session.run([{ script, timeoutSeconds: typed.timeout }]);
          if (!result) throw new TypeError('the only step was left out');
          const name = style.strong(oneLine(host.name));
          io.output.write(printed(name, result.stdout));
          io.errors.write(printed(name, result.stderr));
          if (result.rc === 0) return true;
          io.errors.write(`${style.status.failed('failed:')} [${oneLine(host.name)}] ${reason(result, typed.timeout, words)}\n`);
          return false;
        }),
      );
      finish(code);
    });
};
export default define;

function printed(name: string, text: string): string {
  return text === '' ? '' : `${indented(text, `${name} | `).join('\n')}\n`;
}

function reason(result: StepResult, timeout: number, words: readonly string[]): string {
  if (result.timedOut) return `it was ended after ${timeout} s (--timeout)`;
  const isShellText = result.rc === notFound && words.length === 1 && /[\s|;&<>$]/.test(words[0] ?? '');
  return `exit code ${result.rc}${isShellText ? `; for a shell's text write: -- sh -c ${oneLine(quote(words[0] ?? ''))}` : ''}`;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 86_400) throw new InvalidArgumentError('Expected seconds, 1 to 86400.');
  return number;
}
