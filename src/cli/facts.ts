import { factsKind, factVars } from '../questions/facts.ts';
import { safeJson } from '../report/json.ts';
import { indented, oneLine } from '../report/sanitize.ts';
import { TaskError } from '../values/errors.ts';
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
  readonly json?: true;
  readonly color: boolean;
}

const define: Define = (command, { io: bare, finish, masker }) => {
  const io = hiding(bare, (text) => masker.text(text));
  command.description('Show what is known of hosts: what playbooks read as facts.NAME.').argument('[pattern]', 'hosts: all, web:db, web1', 'all');
  addLoginOptions(addForks(addInventoryOptions(command)))
    .option('--json', 'one JSON object a host and line: {host, facts}')
    .option('--no-color', 'no colours (as with the variable NO_COLOR)')
    .action(async (pattern: string, typed: Arguments) => {
      const options = { ...runOptions(typed, io, await askPasswords(typed, io)), masker };
      const reached = reachAll(await readHosts(options, pattern));
      const style = styleFor(io.output, io.environment, typed.color);
      const code = await interruptible(io, plainTelling(io), (signal) =>
        onEachHost(reached, { forks: typed.forks, io, style, signal }, async (connection, { host }) => {
          const session = await connection.session();
          const [result] = await session.run([{ script: factsKind.script([{}]), timeoutSeconds: 60 }]);
          const found = factVars(read(result?.stdout ?? ''));
          if (typed.json) io.output.write(`${safeJson({ host: host.name, facts: found })}\n`);
          else {
            const lines = Object.entries(found).flatMap(([name, value]) =>
              indented(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`, '  '),
            );
            io.output.write(`${style.strong(oneLine(host.name))}\n${lines.join('\n')}\n`);
          }
          return true;
        }),
      );
      finish(code);
    });
};
export default define;

function read(output: string) {
  try {
    const [part = ''] = factsKind.split(output, [{}]);
    return factsKind.parse(part, {});
  } catch (error) {
    throw new TaskError(`the host's answer was not understood: ${error instanceof Error ? error.message : String(error)}`);
  }
}
