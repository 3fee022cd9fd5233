import type { BecomeMethod } from '../values/become-method.ts';
import type { Output } from '../values/command.ts';
import type { Text } from '../values/secret.ts';
import type { Stream } from '../values/stream.ts';
import type { Hop } from './jump.ts';
import type { Unlock } from './passphrase.ts';

/** One piece of sh in a trip. Runs in a subshell of its own of the session's shell, with `LC_ALL=C` and the task's environment. */
export interface Step {
  /** POSIX sh. Sent on the channel's input: it stands in no argument list. */
  readonly script: string;
  /** Standard input of the script; empty when absent. A stream is sent when the host asks for it: one more journey. */
  readonly stdin?: Text | Uint8Array | Stream;
  /** Codes that let the following steps run. Default [0]. */
  readonly okCodes?: readonly number[];
  /** Runs even if an earlier step of the trip ended badly (asking again after a change). Default false. */
  readonly always?: true;
  /**
   * Seconds; then the step is ended on the host with all it started (see `endFunctions`), and reports `timedOut`. While a stream is being sent they are
   * counted from its last piece; then the session is lost with the step, as nobody knows what is still on its way. Default 300.
   */
  readonly timeoutSeconds?: number;
  /** Not to be cut by a lost link: see Command.detached. */
  readonly detached?: true;
  /** Runs in the session's shell itself: what it opens and traps is there for the steps after it. It must not exit. Neither input nor environment. */
  readonly inShell?: true;
  /** Exported variables for this step, sent like the script. Names are checked by the caller. Values may be secret. */
  readonly environment?: { readonly [name: string]: Text };
}

/** How a step ended. */
export interface StepResult extends Output {
  /** The step's time was up; `rc` is 124 then, as with timeout(1). */
  readonly timedOut?: true;
  /** Bytes of a stream beyond the cap were dropped (head and tail are kept). */
  readonly truncated?: true;
  /** Milliseconds that the step took, as measured here. */
  readonly durationMs: number;
}

/** What went over a connection since its TCP connection was open, encryption and all; by OpenSSH, what programs were sent and said. */
export interface Traffic {
  /** What was sent in one go after something was received, or first of all: so often an answer was waited for. */
  readonly trips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** One shell on one host as one user, kept open. Trips of one session run one after another, in the order of the calls. */
export interface Session {
  /** The user that steps run as. */
  readonly user: string;
  /** Once the shell has begun with its first trip; never rejects. */
  readonly started: Promise<void>;
  /**
   * Runs the steps in order, in one trip. After one that ended with a code not among its okCodes the others are left out, but for those marked
   * `always`. Gives a result for each step, `undefined` for those left out.
   * @throws UnreachableError when the link is lost: what the steps did is then unknown.
   */
  run(steps: readonly Step[]): Promise<readonly (StepResult | undefined)[]>;
}

/** How to become another user: the user, by which program, and the password if that asks for one. */
export interface Become {
  readonly user: string;
  /** Default sudo. */
  readonly method?: BecomeMethod;
  readonly password?: Text;
}

/** A connected host. */
export interface Connection {
  /** Milliseconds of one round trip, measured while connecting (a request to sshd and its answer); 0 for `local`. */
  readonly rttMs: number;
  /** The user that logged in. */
  readonly user: string;
  /** What went over it so far; nothing for `local`. Behind a bastion: what is this host's of it. */
  readonly traffic: () => Traffic;
  /** The session as the login user, or as another; opened at the first call, then the same one. Becoming the user one already is costs nothing. @throws TaskError when that user cannot be become. */
  session(become?: Become): Promise<Session>;
  /** Ends every session and the connection. Detached commands go on. Never throws. */
  close(): Promise<void>;
}

/** Where and as whom to connect: the inventory's connection variables, resolved. */
export interface ConnectionSettings {
  /** The inventory name, for messages. */
  readonly name: string;
  /** `ssh`, or `local`: a shell of this machine without SSH. */
  readonly transport: 'ssh' | 'local';
  readonly host: string;
  /** 1–65535; default 22. */
  readonly port: number;
  readonly user: string;
  readonly password?: Text;
  /** Path of a private key file; `~/` stands for the home folder. Absent: `namedKeys`, or else the agent's keys, then the usual files below ~/.ssh. */
  readonly identityFile?: string;
  /** Keys that the user's ssh configuration names for the host, where `identityFile` is absent. */
  readonly namedKeys?: NamedKeys;
  /** Opens an encrypted key of this machine. Absent: nobody can be asked for its passphrase. */
  readonly unlock?: Unlock;
  /** Path of an ssh-agent's socket (SSH_AUTH_SOCK). Absent: no agent is asked. */
  readonly agentSocket?: string;
  /** `user@host:port` hops, comma separated, as in ssh_config(5) ProxyJump. */
  readonly proxyJump?: string;
  /** The same with all that is known of them; then `proxyJump` does not count. */
  readonly hops?: readonly Hop[];
  /** known_hosts files to check the host's key against; the first is the one a person would add to. */
  readonly knownHostsFiles: readonly string[];
  /** The name that the host's keys are kept under, whatever its address and port (HostKeyAlias of ssh_config(5)). */
  readonly hostKeyAlias?: string;
  /** `SHA256:…` of the host's keys: no other is taken, and one that no file knows is trusted. */
  readonly hostKeys?: readonly string[];
  /** The same of the hops of `proxyJump`, one each, first hop first. */
  readonly proxyJumpHostKeys?: readonly string[];
  /** Seconds for TCP, handshake and login together, 1–600. Default 20. */
  readonly connectTimeoutSeconds: number;
  /** What speaks SSH: ssh2 in this process, or the system's own OpenSSH. Default ssh2. */
  readonly sshTransport?: 'ssh2' | 'openssh';
  /** What of all this is still to be taken from the user's ssh configuration (`configured`). */
  readonly sshConfig?: SshConfigWish;
  /** By which name, with which file of ssh_config(5) besides its own, and with what of these `off`, OpenSSH is called. Absent: by `host`, without any. */
  readonly openSsh?: { readonly name: string; readonly file?: string; readonly off: readonly string[] };
}

/** Private keys to try, in order. `only`: no other key of the agent (IdentitiesOnly). */
export interface NamedKeys {
  readonly files: readonly string[] | undefined;
  readonly only: boolean;
}

/** What the inventory leaves to ssh_config(5). */
export type Unsaid = 'port' | 'user' | 'identityFile' | 'proxyJump' | 'hostKeyAlias' | 'knownHostsFiles' | 'connectTimeoutSeconds';

/** A wish to read the user's ssh configuration: for what, and another file than those that ssh reads by itself. */
export interface SshConfigWish {
  readonly file?: string;
  readonly unsaid: readonly Unsaid[];
}

/** Connects to a host. @throws UnreachableError with what was tried and what to do. */
export type Connect = (settings: ConnectionSettings, signal?: AbortSignal) => Promise<Connection>;
