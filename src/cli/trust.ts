import { configured } from '../remote/configured.ts';
import { isTrusted } from '../remote/host-check.ts';
import { hostKeyError } from '../remote/host-key.ts';
import { hopSettings, hopsOf } from '../remote/jump.ts';
import { createLimit } from '../remote/limit.ts';
import type { ConnectionSettings } from '../remote/session.ts';
import { askHostKey, recordHostKey, type ShownKey } from '../remote/trust.ts';
import { oneLine } from '../report/sanitize.ts';
import type { Style } from '../report/style.ts';
import { InputError, TaskError, UnreachableError } from '../values/errors.ts';
import { isFingerprint } from '../values/fingerprint.ts';
import type { Define } from './context.ts';
import { reachAll, readHosts } from './hosts.ts';
import type { Io } from './io.ts';
import { addInventoryOptions, collect, type InventoryArguments } from './options.ts';
import { exitCodes } from './problems.ts';
import { runOptions } from './run-options.ts';
import { styleFor } from './screen.ts';

interface Arguments extends InventoryArguments {
  readonly fingerprint?: readonly string[];
  readonly color: boolean;
}

const askedAtOnce = 20;

const help = `
A key is compared with what the host itself says, on its console or in the provider's panel:
  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
Type yes, or the fingerprint itself; anything else leaves the key unrecorded.`;

const define: Define = (command, { io, finish }) => {
  addInventoryOptions(
    command
      .description('Show the keys of hosts, and record those that you confirm in the known_hosts file.')
      .argument('[pattern]', 'hosts: all, web:db, web1', 'all'),
  )
    .option('--fingerprint <SHA256:…>', 'record the key of this fingerprint without asking; can be repeated', collect)
    .option('--no-color', 'no colours (as with the variable NO_COLOR)')
    .addHelpText('after', help)
    .action(async (pattern: string, typed: Arguments) => {
      const wrong = typed.fingerprint?.find((text) => !isFingerprint(text));
      if (wrong !== undefined)
        throw InputError.of(`"${wrong}" is not a fingerprint`, undefined, 'Expected SHA256: and 43 letters, as ssh-keygen -l shows it.');
      const reached = reachAll(await readHosts(runOptions(typed, io), pattern));
      const style = styleFor(io.output, io.environment, typed.color);
      const hosts = await Promise.all(reached.map(({ reaching }) => settled(reaching.settings)));
      let code: number = exitCodes.ok;
      for (const [settings, error] of hosts) {
        if (error) code = worse(code, tellUnreachable(settings, error, io, style));
      }
      for (const stage of stages(hosts.flatMap(([settings, error]) => (error ? [] : [settings])))) {
        code = worse(code, await trustAll(stage, typed.fingerprint ?? [], io, style));
      }
      finish(code);
    });
};
export default define;

/** Settings with what the user's ssh configuration says, or why they cannot be had. */
async function settled(settings: ConnectionSettings): Promise<readonly [ConnectionSettings, UnreachableError?]> {
  try {
    // A key is asked for by ssh2, whatever speaks SSH otherwise.
    return [await configured({ ...settings, sshTransport: 'ssh2' })];
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    if (settings.sshTransport !== 'openssh') return [settings, error];
    return [settings, new UnreachableError(error.message, 'Let ssh itself ask you for the key: call ssh with the name of the host, and compare.')];
  }
}

/** What must be trusted, in the order: first bastions, as the keys behind them are asked for through them. Each host once. */
function stages(reached: readonly ConnectionSettings[]): readonly (readonly ConnectionSettings[])[] {
  const found: Map<string, ConnectionSettings>[] = [];
  for (const settings of reached) {
    if (settings.transport === 'local') continue;
    const hops = hopsOf(settings);
    for (const [index, hop] of hops.entries()) add(found, index, { ...hopSettings(settings, hops, index), name: hop.host });
    add(found, hops.length, settings);
  }
  return found.map((stage) => [...stage.values()]);
}

function add(stages: Map<string, ConnectionSettings>[], index: number, settings: ConnectionSettings): void {
  while (stages.length <= index) stages.push(new Map());
  const key = JSON.stringify([settings.host, settings.port, settings.hostKeyAlias, settings.hostKeys, hopsOf(settings), settings.knownHostsFiles]);
  if (!stages[index]?.has(key)) stages[index]?.set(key, settings);
}

/** Asks the hosts for their keys side by side, then the user, one after another. */
async function trustAll(hosts: readonly ConnectionSettings[], fingerprints: readonly string[], io: Io, style: Style): Promise<number> {
  const limit = createLimit(askedAtOnce);
  const asked = await Promise.all(hosts.map((settings) => limit.run('', () => shownKey(settings))));
  let code: number = exitCodes.ok;
  for (const [index, settings] of hosts.entries()) {
    const shown = asked[index];
    if (shown === undefined) continue;
    if (shown instanceof UnreachableError) {
      code = worse(code, tellUnreachable(settings, shown, io, style));
    } else if (!(await trustOne(settings, shown, fingerprints, io, style))) code = worse(code, exitCodes.taskFailed);
  }
  return code;
}

async function shownKey(settings: ConnectionSettings): Promise<ShownKey | UnreachableError> {
  try {
    return await askHostKey(settings);
  } catch (error) {
    if (error instanceof UnreachableError) return error;
    throw error;
  }
}

/** @returns whether the host's key is on record now. */
async function trustOne(settings: ConnectionSettings, shown: ShownKey, fingerprints: readonly string[], io: Io, style: Style): Promise<boolean> {
  const [file = ''] = settings.knownHostsFiles;
  const key = `${shown.type} ${shown.fingerprint}`;
  const name = `[${oneLine(settings.name)}]`;
  if (isTrusted(shown.verdict)) {
    const place = shown.verdict.entries.map((entry) => `${entry.file}:${entry.line}`).join(', ') || 'the inventory';
    io.output.write(`${style.status.ok('ok:')} ${name} ${oneLine(`${key} (${place})`)}\n`);
    return true;
  }
  if (shown.verdict.verdict !== 'unknown' || shown.verdict.pin === 'differs') {
    tell(io, style, style.status.failed('refused:'), settings, hostKeyError(shown.verdict, shown.key, { ...settings, file }));
    return false;
  }
  io.output.write(`${style.status.changed('unknown:')} ${name} ${settings.host} port ${settings.port}\n  ${style.strong(oneLine(key))}\n`);
  try {
    if (!(await isConfirmed(shown.fingerprint, fingerprints, io))) {
      io.output.write('  not recorded\n');
      return false;
    }
    await recordHostKey(file, settings, shown.key);
    io.output.write(`  recorded in ${oneLine(file)}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    tell(io, style, style.status.failed('failed:'), settings, error);
    return false;
  }
}

async function isConfirmed(fingerprint: string, fingerprints: readonly string[], io: Io): Promise<boolean> {
  if (fingerprints.length > 0) return fingerprints.includes(fingerprint);
  if (!io.canAsk) {
    throw new TaskError('there is no terminal to ask on', 'If this is the right key, record it with: homerun trust --fingerprint SHA256:…');
  }
  const answer = (await io.askLine('  Is this the key of the host? Type yes or its fingerprint: ')).trim();
  return answer === 'yes' || answer === fingerprint;
}

function tell(
  io: Io,
  style: Style,
  status: string,
  settings: ConnectionSettings,
  error: { readonly message: string; readonly hint: string | undefined },
): void {
  io.errors.write(
    `${status} [${oneLine(settings.name)}]\n  ${oneLine(error.message)}\n${error.hint === undefined ? '' : `  ${style.faint(oneLine(error.hint))}\n`}`,
  );
}

function tellUnreachable(settings: ConnectionSettings, error: UnreachableError, io: Io, style: Style): number {
  tell(io, style, style.status.unreachable('unreachable:'), settings, error);
  return exitCodes.unreachable;
}

function worse(code: number, other: number): number {
  return [exitCodes.taskFailed, exitCodes.unreachable].find((one) => one === code || one === other) ?? exitCodes.ok;
}
