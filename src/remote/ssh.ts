import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import ssh2, {
  type AnyAuthMethod,
  type AuthHandlerMiddleware,
  type Client,
  type ClientChannel,
  type ExecOptions,
  type ParsedKey,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import { UnreachableError } from '../values/errors.ts';
import { type Channel, createRelay, type Link } from './channel.ts';
import { inOnePiece } from './greeting.ts';
import { meter } from './meter.ts';
import { plainText } from './plain-text.ts';
import type { PrivateKey } from './private-key.ts';
import { SshFailure } from './ssh-errors.ts';
import { createUnasked, type Unasked } from './unasked.ts';

// The one file that knows node-ssh, and the ssh2 under it (but for its reader of keys: private-key.ts). node-ssh connects and disposes; channels are ssh2's own, because
// execCommand calls a lost link a result, joins chunks as text, has no limits and cannot be stopped (docs/dependencies.md).

/** One way to log in. */
export type Attempt =
  | { readonly kind: 'key'; readonly key: PrivateKey }
  | {
      readonly kind: 'agent';
      readonly socket: string /** Public keys in wire form: those of the agent's to try, in this order. */;
      readonly keys: readonly Buffer[];
    }
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'keyboard-interactive'; readonly password: string };

/** How to speak SSH over an open connection. */
export interface SshOptions {
  readonly socket: Duplex;
  /** `root@web1 port 22`, for messages. */
  readonly target: string;
  readonly user: string;
  /** Milliseconds for handshake and login. */
  readonly timeoutMs: number;
  readonly hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[];
  /**
   * Whether the host's key (wire form) is the right one. Asked before anything about us is told, and again at each rekey. Whatever is not
   * `true` means no: a throw, a promise, a text.
   */
  verify(key: Buffer): boolean;
  /** The next way to log in, given what the server takes (undefined before the first); undefined when there is none left. */
  nextAttempt(methods: readonly string[] | undefined): Attempt | undefined;
  readonly signal?: AbortSignal;
}

/** A link over SSH. */
export interface SshLink extends Link {
  /** A connection from the far end to `host`:`port` (ssh -W). @throws UnreachableError */
  forward(host: string, port: number): Promise<Duplex>;
}

// Without SHA-1, CBC, chacha20 and compression: nothing that Terrapin (CVE-2023-48795) touches is offered to a server without strict kex.
export const algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  cipher: ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr', 'aes128-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const;

const keepalive = { keepaliveInterval: 15_000, keepaliveCountMax: 3 };

/**
 * Speaks SSH over `socket`: handshake, host key, login.
 * @throws SshFailure
 */
export async function openSsh(options: SshOptions): Promise<SshLink> {
  // What a socket told before anyone listened is not told again.
  if (options.socket.destroyed) throw new SshFailure('silent', 'the connection was lost before handshake');
  const ssh = new NodeSSH();
  let firstError: Error | undefined;
  let stage: 'greeting' | 'handshake' | 'login' | 'ready' = 'greeting';
  let refusedKey = false;
  let handshakeAt = 0;
  let rttMs = 0;
  let closing = false;
  let lost: string | undefined;
  let banner = '';

  inOnePiece(options.socket);
  const unasked = createUnasked();
  const traffic = meter(options.socket, (now) => {
    if (options.socket.destroyed || !unasked.isTooMuch(now)) return;
    firstError ??= new SshFailure('flood', 'it sends without end what nobody asked for');
    lost ??= firstError.message;
    options.socket.destroy();
  });
  const connected = ssh.connect({
    // node-ssh wants a socket that reads; ssh2 writes to it as well.
    sock: options.socket,
    username: options.user,
    readyTimeout: Math.max(1, options.timeoutMs),
    ...keepalive,
    algorithms: {
      kex: [...algorithms.kex],
      cipher: [...algorithms.cipher],
      hmac: [...algorithms.hmac],
      compress: [...algorithms.compress],
      serverHostKey: [...options.hostKeyAlgorithms],
    },
    hostVerifier: (key: Buffer): boolean => {
      stage = stage === 'greeting' ? 'handshake' : stage;
      refusedKey = !isTrusted(options, key);
      return !refusedKey;
    },
    authHandler: authHandler(options, () => {
      if (rttMs === 0) rttMs = performance.now() - handshakeAt;
    }),
  });
  // connect() has made its client before it first waits. node-ssh takes its own 'error' listener away once it is ready; an 'error' that
  // nobody listens to would end the process.
  const client = ssh.connection;
  client?.on('error', (error: Error) => {
    firstError ??= error;
    lost ??= plainText(error.message);
    // ssh2 only ends its own half: the host may keep the other one open, and nobody would notice.
    if (stage === 'ready') options.socket.destroy();
  });
  // Nobody is asked for a new one, so that the host would wait for ever.
  client?.on('change password', () => {
    firstError ??= new SshFailure('login', 'the host wants another password to be set first: log in with ssh', banner);
    options.socket.destroy();
  });
  client?.on('banner', (text) => {
    banner = (banner + text).slice(-4096);
  });
  client?.on('close', () => {
    lost ??= 'the host closed it';
  });
  client?.on('handshake', () => {
    if (stage === 'ready') return;
    stage = 'login';
    handshakeAt = performance.now();
  });
  const abort = (): void => {
    firstError ??= new SshFailure('aborted', 'interrupted');
    options.socket.destroy();
  };
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await connected;
  } catch (error) {
    options.socket.destroy();
    throw failure(firstError ?? error, traffic().bytesReceived === 0 ? 'silence' : stage, refusedKey, banner);
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
  if (!client) throw new SshFailure('protocol', 'the SSH library has no connection');
  stage = 'ready';
  return {
    rttMs,
    traffic,
    lost: () => (closing ? undefined : lost),
    exec: (command) => exec(client, unasked, command, options.target),
    execOnTerminal: (command) => exec(client, unasked, command, options.target, { pty: { term: 'dumb', modes: { ECHO: 0 } } }),
    forward: (host, port) => forward(client, unasked, host, port),
    close: () => {
      closing = true;
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          client.destroy();
          resolve();
        }, closingMs(options.signal));
        client.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        // Without SSH's own farewell, at which sshd leaves at once and drops what it has not passed on yet: the word to its shell that all is done.
        if (lost === undefined) options.socket.end();
        else resolve();
      });
    },
  };
}

/** How long a host may take to say goodbye. */
function closingMs(signal: AbortSignal | undefined): number {
  return signal?.aborted ? 200 : 1000;
}

function isTrusted(options: SshOptions, key: Buffer): boolean {
  try {
    return (options.verify(key) as unknown) === true;
  } catch {
    return false;
  }
}

// ssh2's types leave out that the first call has null for both arguments, and that `false` ends the login.
function authHandler(options: SshOptions, asked: () => void): AuthHandlerMiddleware {
  const handler = (methods: readonly string[] | null, _partial: boolean | null, next: (method: AnyAuthMethod | false) => void): void => {
    asked();
    const attempt = options.nextAttempt(methods ?? undefined);
    next(attempt ? methodOf(attempt, options.user) : false);
  };
  return handler as AuthHandlerMiddleware;
}

function methodOf(attempt: Attempt, username: string): AnyAuthMethod {
  if (attempt.kind === 'key') return { type: 'publickey', username, key: attempt.key.parsed };
  if (attempt.kind === 'agent') return { type: 'agent', username, agent: new ChosenKeysAgent(attempt.socket, attempt.keys) };
  if (attempt.kind === 'password') return { type: 'password', username, password: attempt.password };
  let answered = false;
  return {
    type: 'keyboard-interactive',
    username,
    // Only a single question whose answer is not shown is about the password, and it is answered once.
    prompt: (_name, _instructions, _language, prompts, finish) => {
      const isPassword = !answered && prompts.length === 1 && prompts[0]?.echo !== true;
      answered = true;
      finish(isPassword ? [attempt.password] : prompts.map(() => ''));
    },
  };
}

// An agent that shows some of its keys only: a server counts each one tried (MaxAuthTries).
class ChosenKeysAgent extends ssh2.OpenSSHAgent {
  readonly #keys: readonly Buffer[];

  constructor(socket: string, keys: readonly Buffer[]) {
    super(socket);
    this.#keys = keys;
  }

  override getIdentities(callback: Parameters<InstanceType<typeof ssh2.OpenSSHAgent>['getIdentities']>[0]): void {
    const parsed = this.#keys.map((key) => ssh2.utils.parseKey(key)).filter((key): key is ParsedKey => !(key instanceof Error));
    callback(undefined, parsed);
  }
}

function failure(error: unknown, stage: string, refusedKey: boolean, banner: string): SshFailure {
  if (error instanceof SshFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const level = error instanceof Error && 'level' in error ? error.level : undefined;
  if (refusedKey) return new SshFailure('host-key', message);
  if (message.includes('before handshake') || (level === 'client-socket' && stage === 'silence')) return new SshFailure('silent', message);
  if (level === 'client-timeout') return new SshFailure('timeout', stage === 'login' ? 'logging in' : 'the SSH handshake');
  if (message.includes('no matching')) return new SshFailure('algorithms', message.replace('Handshake failed: ', ''));
  if (level === 'client-authentication' || stage === 'login') return new SshFailure('login', message, banner);
  if (level === 'client-socket' || message.includes('No response')) return new SshFailure('closed', message);
  return new SshFailure('protocol', message);
}

function exec(client: Client, unasked: Unasked, command: string, target: string, execOptions: ExecOptions = {}): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const why = error instanceof Error ? plainText(error.message) : 'the host refused it';
      reject(
        new UnreachableError(
          `${target}: no program can be started there: ${why}`,
          'Does sshd there limit sessions (MaxSessions) or commands (ForceCommand)?',
        ),
      );
    };
    try {
      client.exec(command, execOptions, (error, channel) => (error ? fail(error) : resolve(wrap(channel, unasked))));
    } catch (error) {
      fail(error);
    }
  });
}

// An 'error' that nobody listens to would end the process: a host may send data after its end.
function guarded(stream: ClientChannel, unasked: Unasked): ClientChannel {
  for (const one of [stream, stream.stderr]) unasked.output(one).on('error', () => undefined);
  return stream;
}

function wrap(channel: ClientChannel, unasked: Unasked): Channel {
  const stream = guarded(channel, unasked);
  const relay = createRelay();
  let end: { code?: number; signal?: string } = {};
  stream.on('data', relay.stdout);
  stream.stderr.on('data', relay.stderr);
  stream.on('exit', (code: number | null, signal?: string) => {
    end = { ...(code !== null && { code }), ...(signal !== undefined && { signal }) };
    // What it left running may hold the channel open; what is still on its way has a second to arrive.
    setTimeout(() => relay.closed(end), 1000).unref();
  });
  stream.on('close', () => relay.closed(end));
  return {
    listen: relay.listen,
    write: (data) => new Promise((resolve) => stream.write(data, () => resolve())),
    end: () => stream.end(),
    destroy: () => {
      stream.destroy();
      relay.closed(end);
    },
  };
}

function forward(client: Client, unasked: Unasked, host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    try {
      client.forwardOut('127.0.0.1', 0, host, port, (error, stream) => (error ? reject(error) : resolve(guarded(stream, unasked))));
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
