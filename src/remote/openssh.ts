import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '../values/errors.ts';
import { offerPassword } from './askpass.ts';
import { closingToo, type Entered, enterBastion } from './bastions.ts';
import type { Channel, Link } from './channel.ts';
import { checkName, targetName } from './dial.ts';
import { describeEnd } from './openssh-errors.ts';
import { checkPins } from './openssh-pin.ts';
import { type Master, openProgram, type Program, type SshWords } from './openssh-program.ts';
import { masterWords, programWords } from './openssh-words.ts';
import { plainText } from './plain-text.ts';
import type { ConnectionSettings } from './session.ts';
import { type Shared, withRetries } from './shared.ts';
import { type RunningSsh, startMaster, startSsh } from './system-ssh.ts';

/** A link by the system's OpenSSH. */
export interface MasterLink extends Link {
  /** Where another ssh finds it. */
  readonly socket: string;
}

/** Longest path of a folder in which ssh can still make a socket, under a name of its own first: a socket's has 104 bytes on some systems. */
const longestFolder = 60;
const mostSaid = 8192;
const lookMs = 10;
const leftoverMs = 300;
/** What env(1) ends with where it does not find a program. */
const noProgram = 127;
/** What ssh says whenever a host is asked for a terminal: it has none here to take the settings from. */
const noTerminalHere = /^mux_master_process_new_session: tcgetattr: [^\n]*\n/gm;

/**
 * Connects and logs in by the system's ssh, through the hops of ProxyJump: for what ssh2 cannot do. One ssh logs in and waits (ControlMaster); programs
 * are started by others over it.
 * @throws UnreachableError
 */
export async function dialOpenSsh(settings: ConnectionSettings, shared: Shared, signal?: AbortSignal): Promise<MasterLink> {
  checkName(settings);
  const entered: Entered<MasterLink> = await enterBastion(shared.masters, settings, (hop) => dialOpenSsh(hop, shared, signal));
  const through = entered.bastion?.link.socket;
  try {
    const once = (leftMs: number): Promise<MasterLink> => logIn(settings, through, leftMs, signal);
    const address = `${settings.host} ${settings.port}${through === undefined ? '' : ` behind ${through}`}`;
    const link = await shared.starts.run(address, () => withRetries(settings.connectTimeoutSeconds, once, signal));
    return closingToo(link, entered.leave);
  } catch (error) {
    await entered.leave();
    throw error;
  }
}

async function logIn(
  settings: ConnectionSettings,
  through: string | undefined,
  leftMs: number,
  signal: AbortSignal | undefined,
): Promise<MasterLink> {
  const folder = await privateFolder();
  const socket = join(folder, 's');
  let isStarted = false;
  try {
    const words = masterWords(settings, socket, through, await checkPins(folder, settings));
    const password = settings.password === undefined ? undefined : await offerPassword(folder, settings.password);
    try {
      const ssh = startMaster(folder, password?.variables ?? [], words);
      isStarted = true;
      const master = watch(ssh);
      await loggedIn(master, settings, { socket, leftMs, signal });
      master.forget();
      return linkOver(master, socket, settings, signal);
    } finally {
      await password?.forget();
    }
  } finally {
    // From then on whoever started it takes care of that.
    if (!isStarted) await rm(folder, { recursive: true, force: true });
  }
}

/** Only this user may enter it. */
async function privateFolder(): Promise<string> {
  const base = tmpdir();
  return await mkdtemp(join(base.length > longestFolder ? '/tmp' : base, 'homerun-'));
}

function watch(ssh: RunningSsh): Master {
  const nothing: SshWords = { own: '', others: '' };
  let said = nothing;
  const hear = (more: Partial<SshWords>): void => {
    const [own, others] = [said.own + (more.own ?? ''), said.others + (more.others ?? '')];
    said = { own: headAndTail(own.replaceAll(noTerminalHere, '')), others: headAndTail(others) };
  };
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true;
      resolve();
      for (const stream of [ssh.stdin, ssh.stdout, ssh.stderr]) stream.destroy();
    };
    ssh.on('close', end);
    // A program of ProxyCommand or a question for a password may hold its streams open; what is still on its way has a moment to arrive.
    ssh.on('exit', () => setTimeout(end, leftoverMs));
    ssh.on('error', (error) => {
      hear({ own: error.message });
      end();
    });
  });
  ssh.stdout.on('data', (chunk: Buffer) => hear({ own: chunk.toString() }));
  ssh.stderr.on('data', (chunk: Buffer) => hear({ others: chunk.toString() }));
  for (const stream of [ssh.stdin, ssh.stdout, ssh.stderr]) stream.on('error', () => undefined);
  return { ssh, said: () => said, forget: () => void (said = nothing), isOver: () => isOver, over };
}

// What ssh says of a host's key comes first, why it ends comes last, and in between is what the host has to say.
function headAndTail(text: string): string {
  return text.length <= mostSaid ? text : `${text.slice(0, mostSaid / 2)}\n${text.slice(-mostSaid / 2)}`;
}

interface Attempt {
  readonly socket: string;
  readonly leftMs: number;
  readonly signal: AbortSignal | undefined;
}

// The socket is there once ssh has logged in.
async function loggedIn(master: Master, settings: ConnectionSettings, { socket, leftMs, signal }: Attempt): Promise<void> {
  const deadline = performance.now() + leftMs;
  while (!existsSync(socket)) {
    const isLate = performance.now() > deadline;
    if (!master.isOver() && !isLate && !signal?.aborted) {
      await sleep(lookMs);
      continue;
    }
    if (!master.isOver()) await stopMaster(master);
    if (signal?.aborted) throw new UnreachableError(`connecting to ${settings.host} port ${settings.port} was interrupted`);
    if (master.ssh.exitCode === noProgram)
      throw new UnreachableError(
        'there is no program ssh on this machine, which ssh_transport: openssh wants',
        'Install it (apt-get install openssh-client), or leave ssh_transport away.',
      );
    throw describeEnd({ ...master.said(), isLate }, settings);
  }
}

function stopMaster({ ssh, over }: Master): Promise<void> {
  ssh.stdin.end();
  return over;
}

function linkOver(master: Master, socket: string, settings: ConnectionSettings, signal: AbortSignal | undefined): MasterLink {
  const target = targetName(settings);
  const running = new Set<Program>();
  let closing = false;
  const counted = { trips: 0, bytesSent: 0, bytesReceived: 0 };
  let isAnswered = true;
  const lost = (): string | undefined =>
    closing || !master.isOver() ? undefined : plainText(`${master.said().others}\n${master.said().own}`) || 'ssh has ended';
  const sent = (bytes: number): void => {
    if (isAnswered) counted.trips += 1;
    isAnswered = false;
    counted.bytesSent += bytes;
  };
  const received = (bytes: number): void => {
    isAnswered = true;
    counted.bytesReceived += bytes;
  };
  const exec = (command: string, on: 'pipes' | 'terminal'): Promise<Channel> => {
    if (closing || master.isOver())
      return Promise.reject(new UnreachableError(`${target}: no program can be started there: ${lost() ?? 'the connection was closed'}`));
    const program = openProgram(startSsh(programWords(socket, command, on)), master, { sent, received });
    running.add(program);
    void program.over.then(() => running.delete(program));
    return Promise.resolve(program.channel);
  };
  return {
    socket,
    // Nobody but ssh sees its packets.
    rttMs: 0,
    traffic: () => ({ ...counted }),
    lost,
    exec: (command) => exec(command, 'pipes'),
    execOnTerminal: (command) => exec(command, 'terminal'),
    close: async () => {
      closing = true;
      for (const { channel } of running) channel.end();
      // The word to a shell that all is done has to get there first.
      await Promise.race([Promise.all([...running].map(({ over }) => over)), sleep(signal?.aborted ? 200 : 1000, undefined, { ref: false })]);
      for (const { channel } of running) channel.destroy();
      await stopMaster(master);
    },
  };
}
