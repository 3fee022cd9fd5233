import { homedir } from 'node:os';
import { join } from 'node:path';
import { UnreachableError } from '../values/errors.ts';
import { revealed } from '../values/secret.ts';
import type { AgentKey } from './agent.ts';
import { fingerprint } from './known-hosts.ts';
import { agentKeys, inventoryKey, possibleKey, usualKeyFiles } from './login-keys.ts';
import { plainText } from './plain-text.ts';
import type { PrivateKey } from './private-key.ts';
import type { ConnectionSettings } from './session.ts';
import type { Attempt } from './ssh.ts';

/** What can be tried to log in, in order, and what cannot and why. */
export interface LoginPlan {
  readonly attempts: readonly { readonly attempt: Attempt; readonly label: string }[];
  /** One sentence each. */
  readonly skipped: readonly string[];
}

/** Ways to log in, as `SshOptions.nextAttempt` asks for them. */
export interface Login {
  next(methods: readonly string[] | undefined): Attempt | undefined;
  /** What was tried and what was not, for a message. */
  report(): string;
  /** What the server said last that it takes; nothing before it said anything. */
  taken(): readonly string[];
}

/** Most keys that are tried: servers hang up after six attempts (MaxAuthTries), of which a password may be one, and may then bar the address for a while. */
const mostKeys = 5;
/** Most of them that are an agent's and that nobody has named. */
const mostAgentKeys = 4;

/** A key with what it is called in messages: of a file, or of the agent. */
interface Candidate {
  readonly key: PrivateKey | AgentKey;
  readonly path: string;
}

/**
 * Gathers what there is to log in with: the key that the inventory names, or else as ssh(1) does the agent's keys and those of the files that the ssh
 * configuration names, or the usual ones; then the password.
 * @throws UnreachableError when a named key cannot be used, or there is nothing to try
 */
export async function planLogin(settings: ConnectionSettings): Promise<LoginPlan> {
  const skipped: string[] = [];
  const agent = await agentKeys(settings.agentSocket, skipped);
  const found = await candidates(settings, agent, skipped);
  const chosen = found.slice(0, mostKeys);
  const left = found.length - chosen.length;
  if (left > 0)
    skipped.push(
      `there are ${found.length} keys, and only the first ${mostKeys} are tried, as hosts bar who fails too often: name one with ssh_identity_file`,
    );
  const attempts = [...keyAttempts(chosen, settings.agentSocket), ...passwordAttempts(settings)];
  if (attempts.length > 0) return { attempts, skipped };
  throw new UnreachableError(
    `there is nothing to log in with at ${settings.host}: no key, no agent, no password${skipped.length > 0 ? ` (${skipped.join('; ')})` : ''}`,
    'Name a private key (ssh_identity_file, --private-key), add one to ssh-agent, or ask for a password (--ask-pass). Kerberos (GSSAPI) takes ssh_transport: openssh.',
  );
}

async function candidates(settings: ConnectionSettings, agent: readonly AgentKey[], skipped: string[]): Promise<readonly Candidate[]> {
  const { identityFile, namedKeys } = settings;
  if (identityFile !== undefined) return [{ key: await inventoryKey(expandHome(identityFile), agent, settings, skipped), path: identityFile }];
  const named = await possibleKeys(namedKeys?.files ?? [], agent, settings, skipped);
  const usual = namedKeys?.files === undefined ? await usualKeys(settings, agent, skipped) : [];
  const files = [...named, ...usual];
  const isNamed = (key: AgentKey): boolean => files.some((one) => one.key === key);
  // As ssh(1): what the agent holds of the files, what else it holds, then the files themselves.
  const held = files.filter(({ key }) => 'comment' in key);
  const others = namedKeys?.only ? [] : agent.filter((key) => !isNamed(key));
  if (others.length > mostAgentKeys)
    skipped.push(`the agent holds ${agent.length} keys, and only the first ${mostAgentKeys} are tried: name one with ssh_identity_file`);
  return [...held, ...others.slice(0, mostAgentKeys).map((key) => ({ key, path: key.comment })), ...files.filter(({ key }) => !('comment' in key))];
}

// Nobody is asked for the passphrase of a key that only might be the right one, unless there is nothing else to try.
async function usualKeys(settings: ConnectionSettings, agent: readonly AgentKey[], skipped: string[]): Promise<readonly Candidate[]> {
  const closed: string[] = [];
  const open = await possibleKeys(usualKeyFiles(), agent, { connectTimeoutSeconds: settings.connectTimeoutSeconds }, closed);
  const isAlone = open.length === 0 && agent.length === 0 && settings.password === undefined;
  if (isAlone && settings.unlock && closed.length > 0) return await possibleKeys(usualKeyFiles(), agent, settings, skipped);
  skipped.push(...closed);
  return open;
}

async function possibleKeys(
  paths: readonly string[],
  agent: readonly AgentKey[],
  settings: Pick<ConnectionSettings, 'unlock' | 'connectTimeoutSeconds'>,
  skipped: string[],
): Promise<readonly Candidate[]> {
  const all: Candidate[] = [];
  for (const path of paths) {
    const key = await possibleKey(path, agent, settings, skipped);
    if (key) all.push({ key, path });
  }
  return all;
}

type Labelled = LoginPlan['attempts'][number];

// Keys of the agent that stand side by side are one attempt, which asks it once.
function keyAttempts(chosen: readonly Candidate[], socket: string | undefined): readonly Labelled[] {
  const attempts: Labelled[] = [];
  const held = chosen.flatMap(({ key }) => ('comment' in key ? [key] : []));
  if (socket !== undefined && held.length > 0) {
    const labels = held.map((key) => `${key.comment} ${fingerprint(key.key)}`).join(', ');
    attempts.push({
      attempt: { kind: 'agent', socket, keys: held.map((key) => key.key) },
      label: `the agent's ${held.length === 1 ? 'key' : 'keys'} ${labels}`,
    });
  }
  for (const { key, path } of chosen) {
    if (!('comment' in key)) attempts.push({ attempt: { kind: 'key', key }, label: `the key ${path} (${key.fingerprint})` });
  }
  return attempts;
}

function passwordAttempts({ password }: ConnectionSettings): readonly Labelled[] {
  if (password === undefined) return [];
  const text = revealed(password);
  return [
    { attempt: { kind: 'password', password: text }, label: 'the password' },
    { attempt: { kind: 'keyboard-interactive', password: text }, label: 'the password (keyboard-interactive)' },
  ];
}

/** Walks through a plan: each way once, and only those that the server takes. */
export function createLogin(plan: LoginPlan): Login {
  const waiting = [...plan.attempts];
  const tried: string[] = [];
  const skipped = [...plan.skipped];
  let taken: readonly string[] = [];
  const takes = (kind: Attempt['kind'], methods: readonly string[] | undefined): boolean => {
    if (methods === undefined) return kind !== 'keyboard-interactive';
    if (kind === 'keyboard-interactive') return methods.includes(kind) && !methods.includes('password');
    return methods.includes(kind === 'password' ? kind : 'publickey');
  };
  return {
    next(methods) {
      taken = methods ?? taken;
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        if (takes(one.attempt.kind, methods)) {
          tried.push(one.label);
          return one.attempt;
        }
        if (one.attempt.kind !== 'keyboard-interactive')
          skipped.push(`${one.label} was not tried: the host takes ${plainText(methods?.join(', ') ?? '', 100) || 'nothing'} only`);
      }
      return undefined;
    },
    taken: () => taken,
    report: () => `tried ${tried.length === 0 ? 'nothing' : tried.join(', then ')}${skipped.map((text) => `; ${text}`).join('')}`,
  };
}

function expandHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}
