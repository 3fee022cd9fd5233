import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UnreachableError } from '../values/errors.ts';
import { revealed } from '../values/secret.ts';
import { type AgentKey, listAgentKeys } from './agent.ts';
import { fingerprint } from './known-hosts.ts';
import { plainText } from './plain-text.ts';
import { type PrivateKey, readPrivateKey } from './private-key.ts';
import { readFileWithin } from './read-file.ts';
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
}

/** Most keys of an agent that are tried: servers hang up after six attempts (MaxAuthTries) and may then bar the address for a while. */
const mostAgentKeys = 4;
const defaultKeyNames = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const usableTypes = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/**
 * Gathers what there is to log in with: the named key, or else the agent's keys and the usual files below ~/.ssh; then the password.
 * @throws UnreachableError when a named key cannot be used, or there is nothing to try
 */
export async function planLogin(settings: ConnectionSettings): Promise<LoginPlan> {
  const attempts: { attempt: Attempt; label: string }[] = [];
  const skipped: string[] = [];
  const seconds = settings.connectTimeoutSeconds;
  const add = (attempt: Attempt, label: string): void => void attempts.push({ attempt, label });
  const agent = await agentKeys(settings.agentSocket, skipped);
  const useAgent = (keys: readonly AgentKey[]): void => {
    if (settings.agentSocket === undefined || keys.length === 0) return;
    const labels = keys.map((key) => `${key.comment} ${fingerprint(key.key)}`).join(', ');
    add(
      { kind: 'agent', socket: settings.agentSocket, keys: keys.map((key) => key.key) },
      `the agent's ${keys.length === 1 ? 'key' : 'keys'} ${labels}`,
    );
  };
  if (settings.identityFile !== undefined) {
    const found = await namedKey(expandHome(settings.identityFile), agent, skipped, seconds);
    if ('comment' in found) useAgent([found]);
    else add({ kind: 'key', key: found }, keyLabel(settings.identityFile, found));
  } else {
    useAgent(agent.slice(0, mostAgentKeys));
    if (agent.length > mostAgentKeys)
      skipped.push(`the agent holds ${agent.length} keys, and only the first ${mostAgentKeys} are tried: name one with ssh_identity_file`);
    for (const name of defaultKeyNames) {
      const path = join(homedir(), '.ssh', name);
      const key = await usualKey(path, skipped, seconds);
      if (key && !agent.some((one) => one.key.equals(key.parsed.getPublicSSH()))) add({ kind: 'key', key }, keyLabel(path, key));
    }
  }
  if (settings.password !== undefined) {
    add({ kind: 'password', password: revealed(settings.password) }, 'the password');
    add({ kind: 'keyboard-interactive', password: revealed(settings.password) }, 'the password (keyboard-interactive)');
  }
  if (attempts.length > 0) return { attempts, skipped };
  throw new UnreachableError(
    `there is nothing to log in with at ${settings.host}: no key, no agent, no password${skipped.length > 0 ? ` (${skipped.join('; ')})` : ''}`,
    'Name a private key (ssh_identity_file, --private-key), add one to ssh-agent, or ask for a password (--ask-pass).',
  );
}

/** Walks through a plan: each way once, and only those that the server takes. */
export function createLogin(plan: LoginPlan): Login {
  const waiting = [...plan.attempts];
  const tried: string[] = [];
  const skipped = [...plan.skipped];
  const takes = (kind: Attempt['kind'], methods: readonly string[] | undefined): boolean => {
    if (methods === undefined) return kind !== 'keyboard-interactive';
    if (kind === 'keyboard-interactive') return methods.includes(kind) && !methods.includes('password');
    return methods.includes(kind === 'password' ? kind : 'publickey');
  };
  return {
    next(methods) {
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
    report: () => `tried ${tried.length === 0 ? 'nothing' : tried.join(', then ')}${skipped.map((text) => `; ${text}`).join('')}`,
  };
}

function keyLabel(path: string, key: PrivateKey): string {
  return `the key ${path} (${key.fingerprint})`;
}

function expandHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

async function agentKeys(socket: string | undefined, skipped: string[]): Promise<readonly AgentKey[]> {
  if (socket === undefined) return [];
  const keys = await listAgentKeys(socket).catch((error: Error) => {
    skipped.push(`the ssh-agent at ${socket} cannot be asked (${error.message})`);
    return [];
  });
  for (const key of keys.filter((one) => !usableTypes.test(one.type))) {
    const why = key.type.includes('-cert-')
      ? 'certificates are not supported'
      : key.type.startsWith('sk-')
        ? 'hardware keys (FIDO) are not supported'
        : 'its type is not supported';
    skipped.push(`the agent's ${key.comment} (${key.type}) was not tried: ${why}`);
  }
  return keys.filter((key) => usableTypes.test(key.type));
}

// The key of a named file: itself, or the agent's when the file is encrypted and its public half is beside it.
async function namedKey(path: string, agent: readonly AgentKey[], skipped: string[], seconds: number): Promise<PrivateKey | AgentKey> {
  const text = await readFileWithin(path, seconds).catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ENOENT' ? 'does not exist' : error.code === 'EACCES' ? 'may not be read' : `cannot be read (${error.code ?? error.message})`;
    throw new UnreachableError(`the private key ${path} ${why}`, 'Check ssh_identity_file in the inventory, or --private-key.');
  });
  const found = readPrivateKey(text);
  if (await exists(`${path}-cert.pub`)) skipped.push(`the certificate ${path}-cert.pub is not used: certificates are not supported`);
  if (found.kind === 'key') return found.key;
  if (found.kind === 'public') throw new UnreachableError(`${path} is a public key`, 'Name the private one: the file without .pub.');
  if (found.kind === 'encrypted') {
    const publicHalf = await readFileWithin(`${path}.pub`, seconds).catch(() => '');
    const wanted = Buffer.from(publicHalf.split(' ')[1] ?? '', 'base64');
    const held = agent.find((key) => key.key.equals(wanted));
    if (held) return held;
    throw new UnreachableError(
      `the private key ${path} is protected by a passphrase`,
      `Let ssh-agent hold it: eval "$(ssh-agent)" and ssh-add ${path}, then run again in the same shell.`,
    );
  }
  throw new UnreachableError(
    `${path} is no private key that can be used: ${found.why}`,
    `OpenSSH's own format and PEM of RSA or EC keys are read; ssh-keygen -p -f ${path} converts other ones.`,
  );
}

async function usualKey(path: string, skipped: string[], seconds: number): Promise<PrivateKey | undefined> {
  const text = await readFileWithin(path, seconds).catch(() => undefined);
  if (text === undefined) return undefined;
  const found = readPrivateKey(text);
  if (found.kind === 'key') return found.key;
  if (found.kind === 'encrypted') skipped.push(`the key ${path} is protected by a passphrase: add it to ssh-agent (ssh-add)`);
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
