// Three homeservers of three layouts, made by one run, and the people who have accounts on them.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Vars } from '../../src/values/vars.ts';
import { complaint, converge, type JsonRan } from '../e2e/homerun.ts';
import { removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, type MatrixInventory, releaseOf, writeInventory } from '../lab/matrix-inventory.ts';
import type { HostRequest, Lab } from '../lab/types.ts';
import { labFetch } from './fetch.ts';

const name = 'acceptance';

/** The largest file that may be uploaded to `one`. */
export const uploadLimit = 2 * 1024 * 1024;

/** `one` has everything on one name; `two` has names of its own for Synapse and the web client; the name in the IDs of `three` is a site of `two`. */
const requests: readonly HostRequest[] = [
  { name: 'one', kind: 'baked', names: ['matrix.one.lab.test', 'chat.one.lab.test'] },
  { name: 'two', kind: 'baked', names: ['matrix.two.lab.test', 'chat.two.lab.test', 'three.lab.test'] },
  { name: 'three', kind: 'baked', serverName: 'matrix.three.lab.test' },
];

const people: Readonly<Record<HostName, readonly string[]>> = { one: ['alice', 'carol', 'erin'], two: ['bob', 'dave'], three: ['mallory'] };

export type HostName = 'one' | 'two' | 'three';

export interface World {
  readonly lab: Lab;
  readonly inventory: MatrixInventory;
  readonly fetch: typeof fetch;
  /** Of everybody but the administrators. */
  readonly password: string;
  /** What the run that made it all said. */
  readonly first: JsonRan;
}

const folder = mkdtempSync(join(tmpdir(), 'homerun-acceptance-'));
const password = randomBytes(15).toString('base64url');

/** Starts the hosts, and makes the homeservers and accounts in one run. @throws Error with what went wrong in it */
export async function makeWorld(say: (line: string) => void): Promise<World> {
  await removeLab(name);
  const lab = await startLab({ name, hosts: requests, say });
  const inventory = await describe(lab);
  const first = await run(inventory);
  return { lab, inventory, fetch: labFetch(lab, inventory.certificateAuthority), password, first };
}

export async function removeWorld(): Promise<void> {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
}

/** Writes the inventory, with other variables for some hosts than they had. */
export function describe(lab: Lab, changes: Partial<Record<HostName, Vars>> = {}): Promise<MatrixInventory> {
  const variables = layouts(lab);
  const hostVariables = Object.fromEntries(
    Object.entries(people).map(([host, names]) => [host, { people: names, ...variables[host as HostName], ...changes[host as HostName] }]),
  );
  return writeInventory(lab, { folder, hostVariables, variables: privateNetwork(lab) });
}

function layouts(lab: Lab): Readonly<Record<HostName, Vars>> {
  return {
    one: { matrix_client_name: 'one.lab.test', matrix_max_upload_size: uploadLimit },
    two: {
      matrix_homeserver_name: 'matrix.two.lab.test',
      matrix_client_release: releaseOf(lab, 'hydrogen', 1),
      matrix_database: 'host',
      matrix_database_password: password,
    },
    three: {
      matrix_server_name: 'three.lab.test',
      matrix_homeserver_name: 'matrix.three.lab.test',
      matrix_serve_server_name: false,
      matrix_client: 'none',
    },
  };
}

/** The servers check each other's certificates, which are the lab's, and reach each other in its network. */
function privateNetwork(lab: Lab): Vars {
  return {
    matrix_synapse_settings: {},
    matrix_trusted_key_servers: [],
    matrix_ip_range_whitelist: [lab.network.subnet],
    matrix_certificate_authorities: [readFileSync(lab.authority.certificateFile, 'utf8')],
  };
}

/** Runs the playbooks on all hosts. @throws Error with what went wrong */
export async function run(inventory: MatrixInventory): Promise<JsonRan> {
  const playbooks = ['playbooks/site.yaml', 'test/acceptance/accounts.yaml'];
  const ran = await converge('run', [...playbooks, '-i', inventory.folder, '-e', JSON.stringify({ people_password: password })]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  return ran;
}

/** @throws Error when there is none of this name */
export function homeserver({ homeservers }: MatrixInventory, host: HostName): Homeserver {
  const found = homeservers.find((one) => one.name === host);
  if (!found) throw new Error(`the inventory has no homeserver ${host}`);
  return found;
}
