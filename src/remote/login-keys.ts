import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UnreachableError } from '../values/errors.ts';
import { type AgentKey, listAgentKeys } from './agent.ts';
import { type PrivateKey, readPrivateKey } from './private-key.ts';
import { readFileWithin } from './read-file.ts';
import type { ConnectionSettings } from './session.ts';

const defaultKeyNames = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const usableTypes = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/** Where ssh-keygen keeps keys by itself. */
export function usualKeyFiles(): readonly string[] {
  return defaultKeyNames.map((name) => join(homedir(), '.ssh', name));
}

/** The keys of an agent that ssh2 can use. What it cannot, or why there are none, is added to `skipped`. */
export async function agentKeys(socket: string | undefined, skipped: string[]): Promise<readonly AgentKey[]> {
  if (socket === undefined) return [];
  const keys = await listAgentKeys(socket).catch((error: Error) => {
    skipped.push(`the ssh-agent at ${socket} cannot be asked (${error.message})`);
    return [];
  });
  for (const key of keys.filter((one) => !usableTypes.test(one.type))) {
    const why = key.type.includes('-cert-')
      ? 'certificates take ssh_transport: openssh'
      : key.type.startsWith('sk-')
        ? 'hardware keys (FIDO) take ssh_transport: openssh'
        : 'its type is not supported';
    skipped.push(`the agent's ${key.comment} (${key.type}) was not tried: ${why}`);
  }
  return keys.filter((key) => usableTypes.test(key.type));
}

/**
 * The key of a file that the inventory names: itself, opened with its passphrase if need be, or the agent's when it is encrypted and its public half is beside it.
 * @throws UnreachableError
 */
export async function inventoryKey(
  path: string,
  agent: readonly AgentKey[],
  { unlock, connectTimeoutSeconds }: Pick<ConnectionSettings, 'unlock' | 'connectTimeoutSeconds'>,
  skipped: string[],
): Promise<PrivateKey | AgentKey> {
  const text = await readFileWithin(path, connectTimeoutSeconds).catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ENOENT' ? 'does not exist' : error.code === 'EACCES' ? 'may not be read' : `cannot be read (${error.code ?? error.message})`;
    throw new UnreachableError(`the private key ${path} ${why}`, 'Check ssh_identity_file in the inventory, or --private-key.');
  });
  const found = readPrivateKey(text);
  if (await exists(`${path}-cert.pub`)) skipped.push(`the certificate ${path}-cert.pub is not used: certificates take ssh_transport: openssh`);
  if (found.kind === 'key') return found.key;
  if (found.kind === 'public') throw new UnreachableError(`${path} is a public key`, 'Name the private one: the file without .pub.');
  if (found.kind === 'encrypted') {
    const held = await heldByAgent(path, agent, connectTimeoutSeconds);
    if (held) return held;
    if (unlock) return await unlock(path, text);
    throw new UnreachableError(
      `the private key ${path} is protected by a passphrase, and there is no terminal to ask for it on`,
      `Let ssh-agent hold it: eval "$(ssh-agent)" and ssh-add ${path}, then run again in the same shell.`,
    );
  }
  throw new UnreachableError(
    `${path} is no private key that can be used: ${found.why}`,
    found.why.includes('sk-')
      ? 'Hardware keys (FIDO) take ssh_transport: openssh in the inventory.'
      : `OpenSSH's own format and PEM of RSA or EC keys are read; ssh-keygen -p -f ${path} converts other ones.`,
  );
}

/** A key of a file that may be there: as `inventoryKey`, but what cannot be used is added to `skipped`. Undefined then, and when there is no such file. */
export async function possibleKey(
  path: string,
  agent: readonly AgentKey[],
  settings: Pick<ConnectionSettings, 'unlock' | 'connectTimeoutSeconds'>,
  skipped: string[],
): Promise<PrivateKey | AgentKey | undefined> {
  if (!(await exists(path))) return undefined;
  try {
    const key = await inventoryKey(path, agent, settings, skipped);
    return 'comment' in key ? key : (agent.find((one) => one.key.equals(key.parsed.getPublicSSH())) ?? key);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    skipped.push(`${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
    return undefined;
  }
}

async function heldByAgent(path: string, agent: readonly AgentKey[], seconds: number): Promise<AgentKey | undefined> {
  const publicHalf = await readFileWithin(`${path}.pub`, seconds).catch(() => '');
  const wanted = Buffer.from(publicHalf.split(' ')[1] ?? '', 'base64');
  return agent.find((key) => key.key.equals(wanted));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
