// Three homeservers of three layouts, made by one run, and the people who have accounts on them.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Vars } from '../../src/values/vars.ts';
import { declaration, elsewhere, startElsewhere } from '../e2e/elsewhere.ts';
import { complaint, converge, type JsonRan } from '../e2e/homerun.ts';
import type { IdentityProvider } from '../lab/identity-provider.ts';
import { hostNamed, onHost, removeLab, startLab } from '../lab/lab.ts';
import { type MailServer, mailServerName, startMailServer } from '../lab/mail-server.ts';
import { type Homeserver, type MatrixInventory, releaseOf, writeInventory } from '../lab/matrix-inventory.ts';
import type { HostRequest, Lab } from '../lab/types.ts';
import { labFetch } from './fetch.ts';

const name = 'acceptance';

/** The largest file that may be uploaded to `one`. */
export const uploadLimit = 2 * 1024 * 1024;

/** `one` has everything on one name, mails, TURN, and accounts from elsewhere; `two` has names of its own for Synapse and the web client; the name in the IDs of `three` is a site of `two`. */
const requests: readonly HostRequest[] = [
  { name: 'one', kind: 'baked', names: ['matrix.one.lab.test', 'chat.one.lab.test'] },
  { name: 'two', kind: 'baked', names: ['matrix.two.lab.test', 'chat.two.lab.test', 'three.lab.test'] },
  { name: 'three', kind: 'baked', serverName: 'matrix.three.lab.test' },
];

const people: Readonly<Record<HostName, readonly string[]>> = { one: ['alice', 'carol', 'erin', 'grace'], two: ['bob', 'dave'], three: ['mallory'] };

export type HostName = 'one' | 'two' | 'three';

export interface World {
  readonly lab: Lab;
  readonly inventory: MatrixInventory;
  readonly fetch: typeof fetch;
  /** Takes the mails of `one`. */
  readonly mails: MailServer;
  /** Where somebody has an account that `one` takes, too. */
  readonly provider: IdentityProvider;
  /** Of everybody but the administrators. */
  readonly password: string;
  /** What the run that made it all said. */
  readonly first: JsonRan;
}

const folder = mkdtempSync(join(tmpdir(), 'homerun-acceptance-'));
const password = randomBytes(15).toString('base64url');
const mailbox = { user: 'matrix@mail.lab.test', password };
const secrets = { matrix_turn_shared_secret: randomBytes(32).toString('hex') };

/** Starts the hosts, and makes the homeservers and accounts in one run. @throws Error with what went wrong in it */
export async function makeWorld(say: (line: string) => void): Promise<World> {
  await removeLab(name);
  const provider = await startElsewhere('one.lab.test');
  const lab = await startLab({ name, hosts: requests, forwards: { [elsewhere.name]: provider.port }, say });
  const mails = await startMailServer(lab, mailbox);
  const inventory = await describe(lab);
  writeFileSync(join(inventory.folder, 'group_vars', 'all.yaml'), declaration({ variable: 'elsewhere', issuer: provider.issuer }), { mode: 0o600 });
  const first = await run(inventory);
  return { lab, inventory, fetch: labFetch(lab, inventory.certificateAuthority), mails, provider, password, first };
}

export async function removeWorld(world?: World): Promise<void> {
  world?.mails.stop();
  world?.provider.stop();
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
}

/** Writes the inventory, with other variables for some hosts than they had. */
export function describe(lab: Lab, changes: Partial<Record<HostName, Vars>> = {}): Promise<MatrixInventory> {
  const variables = layouts(lab);
  const hostVariables = Object.fromEntries(
    Object.entries(people).map(([host, names]) => [host, { people: names, ...variables[host as HostName], ...changes[host as HostName] }]),
  );
  return writeInventory(lab, { folder, hostVariables, variables: privateNetwork(lab), secrets });
}

/** People of tests write and invite faster than Synapse lets people (429: what a verification sends is lost then, and an invitation to another server fails). */
const quick = { per_second: 100, burst_count: 1000 };
const generous = { rc_message: quick, rc_invites: { per_room: quick, per_user: quick, per_issuer: quick } };

function layouts(lab: Lab): Readonly<Record<HostName, Vars>> {
  return {
    one: {
      matrix_client_name: 'one.lab.test',
      matrix_max_upload_size: uploadLimit,
      matrix_email_smtp_host: mailServerName,
      matrix_email_smtp_user: mailbox.user,
      matrix_email_smtp_pass: mailbox.password,
      matrix_oidc_providers: '{{ elsewhere }}',
      // All people of the tests, and those who come with a wrong password, come from one address.
      matrix_synapse_settings: { ...generous, rc_login: { address: { per_second: 1, burst_count: 100 } } },
      matrix_turn: true,
      // The addresses of the lab are private.
      matrix_turn_allowed_peers: [hostNamed(lab, 'three').labAddress],
    },
    two: {
      matrix_homeserver_name: 'matrix.two.lab.test',
      matrix_client_release: releaseOf(lab, 'hydrogen', 1),
      matrix_database: 'host',
      matrix_database_password: password,
      matrix_allow_profile_lookup_over_federation: true,
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
    matrix_synapse_settings: generous,
    matrix_trusted_key_servers: [],
    matrix_ip_range_whitelist: [lab.network.subnet],
    matrix_certificate_authorities: [readFileSync(lab.authority.certificateFile, 'utf8')],
  };
}

/** Runs the playbooks on all hosts. @throws Error with what went wrong */
export async function run(inventory: MatrixInventory): Promise<JsonRan> {
  const ran = await tryRun(inventory);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  return ran;
}

/** The same, however it ends. */
export function tryRun(inventory: MatrixInventory, ...more: readonly string[]): Promise<JsonRan> {
  const playbooks = ['playbooks/site.yaml', 'test/acceptance/accounts.yaml'];
  return converge('run', [...playbooks, '-i', inventory.folder, '-e', JSON.stringify({ people_password: password }), ...more]);
}

/** Runs a POSIX shell script as root on a host. @returns what it said. @throws Error with all that it said when it fails */
export async function onServer(lab: Lab, host: HostName, script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, host, script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

/** @throws Error when there is none of this name */
export function homeserver({ homeservers }: MatrixInventory, host: HostName): Homeserver {
  const found = homeservers.find((one) => one.name === host);
  if (!found) throw new Error(`the inventory has no homeserver ${host}`);
  return found;
}
