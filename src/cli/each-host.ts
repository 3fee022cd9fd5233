import { checkLogins, type Reaching } from '../engine/connections.ts';
import type { Host } from '../language/inventory.ts';
import { createConnect } from '../remote/connect.ts';
import { createLimit } from '../remote/limit.ts';
import type { Connection } from '../remote/session.ts';
import { linesOf } from '../report/lines.ts';
import { oneLine } from '../report/sanitize.ts';
import type { Style } from '../report/style.ts';
import { TaskError, UnreachableError } from '../values/errors.ts';
import type { Io } from './io.ts';
import { exitCodes } from './problems.ts';

/** A host and how it is reached. */
export interface Reached {
  readonly host: Host;
  readonly reaching: Reaching;
}

/**
 * Connects to hosts side by side and does `work` on each. One host's trouble is told and does not stop the others.
 * @param work tells whether it went well.
 * @throws InputError for private keys that are none, and an ssh configuration that is not understood.
 * @returns 0, 2 when it went wrong somewhere, 4 when a host could not be reached, 130 when interrupted.
 */
export async function onEachHost(
  hosts: readonly Reached[],
  settings: { readonly forks: number; readonly io: Io; readonly style: Style; readonly signal: AbortSignal },
  work: (connection: Connection, reached: Reached) => Promise<boolean>,
): Promise<number> {
  const { io, style, signal } = settings;
  await checkLogins(hosts);
  const connect = createConnect();
  const limit = createLimit(settings.forks);
  const codes = await Promise.all(
    hosts.map((reached) =>
      limit.run('', async () => {
        if (signal.aborted) return exitCodes.interrupted;
        try {
          const connection = await connect(reached.reaching.settings, signal);
          try {
            return (await work(connection, reached)) ? exitCodes.ok : exitCodes.taskFailed;
          } finally {
            await connection.close();
          }
        } catch (error) {
          return tell(error, reached.host.name, io, style, signal);
        }
      }),
    ),
  );
  return [exitCodes.interrupted, exitCodes.taskFailed, exitCodes.unreachable].find((code) => codes.includes(code)) ?? exitCodes.ok;
}

function tell(error: unknown, host: string, io: Io, style: Style, signal: AbortSignal) {
  const detail = { verbosity: 0, quiet: false, ok: true };
  if (error instanceof UnreachableError) {
    if (signal.aborted) return exitCodes.interrupted;
    const { message, hint } = error;
    const lines = linesOf({ event: 'host_unreachable', host, message, ...(hint !== undefined && { hint }) }, detail, style);
    io.errors.write(`${lines.join('\n')}\n`);
    return exitCodes.unreachable;
  }
  if (!(error instanceof TaskError)) throw error;
  io.errors.write(
    `${style.status.failed('failed:')} [${oneLine(host)}]\n  ${oneLine(error.message)}\n${error.hint === undefined ? '' : `  ${oneLine(error.hint)}\n`}`,
  );
  return exitCodes.taskFailed;
}
