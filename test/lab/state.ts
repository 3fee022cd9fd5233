// What a lab remembers between two processes, in `.lab/labs/NAME/`.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { labDirectory } from './places.ts';
import { run } from './run.ts';
import type { LabHost, LabUsers, Release, StandIn, SynapseImage } from './types.ts';

/** The parts of a lab that its state file holds. */
export interface LabState {
  readonly hosts: readonly LabHost[];
  readonly users: LabUsers;
  readonly synapseImages: readonly SynapseImage[];
  readonly releases: readonly Release[];
  readonly standIns: readonly StandIn[];
}

/** Reads a lab's state; undefined when there is no such lab. */
export function readState(lab: string): LabState | undefined {
  const file = stateFile(lab);
  if (!existsSync(file)) return undefined;
  // Written by writeState below, and by nothing else.
  return JSON.parse(readFileSync(file, 'utf8')) as LabState;
}

/** The names of all labs of this clone. */
export function labNames(): string[] {
  const folder = dirname(labDirectory('any'));
  return existsSync(folder) ? readdirSync(folder) : [];
}

export function writeState(lab: string, state: LabState): void {
  mkdirSync(labDirectory(lab), { recursive: true });
  writeWhole(stateFile(lab), `${JSON.stringify(state, null, 2)}\n`);
}

/** The lab's SSH key; made at the first call. */
export async function openIdentity(lab: string): Promise<{ publicKey: string }> {
  const file = identityFile(lab);
  if (!existsSync(file)) {
    mkdirSync(labDirectory(lab), { recursive: true });
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `homerun lab ${lab}`, '-f', file]);
  }
  return { publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}

/** New passwords for the users of a lab. */
export function newUsers(): LabUsers {
  const password = (): string => randomBytes(12).toString('hex');
  return { root: { name: 'root' }, sudo: { name: 'deploy', password: password() }, plain: { name: 'guest', password: password() } };
}

export function identityFile(lab: string): string {
  return join(labDirectory(lab), 'id_ed25519');
}

export function knownHostsFile(lab: string): string {
  return join(labDirectory(lab), 'known_hosts');
}

export function writeKnownHosts(lab: string, keys: ReadonlyMap<LabHost, readonly string[]>): void {
  const lines = [...keys].flatMap(([host, own]) => own.map((key) => `${host.address} ${key}\n`));
  writeWhole(knownHostsFile(lab), lines.join(''));
}

function stateFile(lab: string): string {
  return join(labDirectory(lab), 'lab.json');
}

function writeWhole(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
