// An inventory for homeservers on a lab's hosts: what a user would write, with the lab's addresses, names and releases in it.

import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newIdentity } from '../../src/language/age.ts';
import { formatSecretsFile, openSecretsFile, parseSecretsFile, sealSecrets, secretsFileName } from '../../src/language/secrets-file.ts';
import { stringifyYaml } from '../../src/language/yaml.ts';
import type { Vars } from '../../src/values/vars.ts';
import { issueCertificate } from './authority.ts';
import { type Codename, usualRelease } from './distributions.ts';
import type { HostKind, HostRequest, Lab, LabHost, Release } from './types.ts';

/** The name of the secret that holds the password of the administrators. */
export const passwordSecret = 'matrix_admin_password';

/** A homeserver of the inventory, and where it can be looked at. */
export interface Homeserver {
  readonly name: string;
  /** In user IDs. */
  readonly serverName: string;
  /** Where Synapse is reached. */
  readonly homeserverName: string;
  readonly clientName: string;
  readonly panelPath: string;
  readonly host: LabHost;
}

export interface MatrixInventory {
  /** The folder to give to `-i`. */
  readonly folder: string;
  readonly certificateAuthority: string;
  readonly homeservers: readonly Homeserver[];
  readonly adminPassword: string;
}

export interface InventoryOptions {
  /** Takes the inventory, ca.pem, known_hosts and certificates; made when it is not there. What it holds of an earlier call stays. */
  readonly folder: string;
  /** Variables for all homeservers, over what the lab needs. */
  readonly variables?: Vars;
  /** Variables of one host, by name. */
  readonly hostVariables?: Readonly<Record<string, Vars>>;
  /** Further homeservers on hosts of the lab: the host under another name, with the server name and other names that lead to it. */
  readonly besides?: readonly LabHost[];
  /** The administrators' password; default a new one. One that is there already stays. */
  readonly adminPassword?: string;
  /** More for the secrets file, by name, where that is made anew. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What to ask the lab for, so that the names of a homeserver resolve: the web client has one of its own. */
export function homeserverRequest(name: string, kind: HostKind = 'plain', release: Codename = usualRelease): HostRequest {
  const serverName = `${name}.lab.test`;
  return { name, kind, release, serverName, names: [`chat.${serverName}`] };
}

/** Writes the inventory. Called again, it keeps passwords, paths and certificates, and follows the lab's addresses. */
export async function writeInventory(lab: Lab, options: InventoryOptions): Promise<MatrixInventory> {
  const { folder } = options;
  const inventory = join(folder, 'inventory');
  for (const path of [folder, inventory, join(inventory, 'group_vars'), join(inventory, 'host_vars'), join(folder, 'certificates')]) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  copyFileSync(lab.authority.certificateFile, join(folder, 'ca.pem'));
  copyFileSync(lab.knownHostsFile, join(folder, 'known_hosts'));
  const adminPassword = await password(inventory, options.adminPassword ?? randomBytes(15).toString('base64url'), options.secrets);
  const hosts = [...lab.hosts, ...(options.besides ?? [])];
  const homeservers = hosts.map((host) => homeserver(folder, host, { ...options.variables, ...options.hostVariables?.[host.name] }));
  write(join(inventory, 'hosts.yaml'), {
    all: {
      vars: { ssh_user: lab.users.root.name, ssh_identity_file: lab.identityFile, ssh_known_hosts_file: join(folder, 'known_hosts') },
      children: { matrix: { hosts: Object.fromEntries(hosts.map((host) => [host.name, { ssh_host: host.address }])) } },
    },
  });
  write(join(inventory, 'group_vars', 'matrix.yaml'), { ...labVariables(lab), ...options.variables });
  for (const one of homeservers) {
    write(join(inventory, 'host_vars', `${one.name}.yaml`), {
      matrix_server_name: one.serverName,
      matrix_admin_panel_path: one.panelPath,
      ...(await certificateVariables(lab, folder, one)),
      ...options.hostVariables?.[one.name],
    });
  }
  return { folder: inventory, certificateAuthority: readFileSync(lab.authority.certificateFile, 'utf8'), homeservers, adminPassword };
}

/** @param variables what the inventory says beyond the lab's: a layout, perhaps */
function homeserver(folder: string, host: LabHost, variables: Vars): Homeserver {
  const named = (variable: string, otherwise: string): string => String(variables[variable] ?? otherwise);
  const serverName = named('matrix_server_name', host.serverName);
  const homeserverName = named('matrix_homeserver_name', serverName);
  const clientName = named('matrix_client_name', `chat.${serverName}`);
  const file = join(folder, 'certificates', `${host.name}.path`);
  if (!existsSync(file)) writeFileSync(file, `admin-${randomBytes(6).toString('hex')}`, { mode: 0o600 });
  return { name: host.name, serverName, homeserverName, clientName, panelPath: readFileSync(file, 'utf8'), host };
}

/** What follows from the lab for every homeserver on it. */
function labVariables(lab: Lab): Vars {
  return {
    matrix_synapse_image: lab.synapseImages[0]?.names[0] ?? '',
    // What is not about PostgreSQL need not wait for it.
    matrix_database: 'sqlite',
    matrix_client: 'hydrogen',
    matrix_client_release: releaseOf(lab, 'hydrogen'),
    matrix_admin_panel_release: releaseOf(lab, 'ketesa'),
    matrix_admin_password: `{{ secret "${passwordSecret}" }}`,
    // This machine's requests come to the hosts from the gateway of their network.
    matrix_admin_allow: ['127.0.0.1', '::1', lab.network.gateway],
    matrix_synapse_settings: {
      // Nobody outside can be asked for keys, and the lab's servers have private addresses and certificates of the lab.
      trusted_key_servers: [],
      ip_range_whitelist: [lab.network.subnet],
      federation_certificate_verification_whitelist: ['*.lab.test'],
    },
  };
}

/** The newest release of an application that the lab offers, as the variable wants it. */
export function releaseOf(lab: Lab, application: Release['application'], index = 0): { version: string; url: string; sha256: string } {
  const release = lab.releases.filter((one) => one.application === application)[index];
  if (!release) throw new Error(`the lab has no release ${index} of ${application}`);
  return { version: release.version, url: release.url, sha256: release.sha256 };
}

/** A certificate of the lab's authority for all names of a homeserver, issued once. */
async function certificateVariables(lab: Lab, folder: string, { name, serverName, clientName, host }: Homeserver): Promise<Vars> {
  const certificateFile = join(folder, 'certificates', `${name}.pem`);
  const keyFile = join(folder, 'certificates', `${name}.key`);
  if (!existsSync(certificateFile)) {
    // A name that leads to the host and is not below its own is somebody else's.
    const names = new Set([host.serverName, ...host.names.filter((one) => one.endsWith(`.${serverName}`)), clientName]);
    const { certificate, key } = await issueCertificate(lab.authority, [...names]);
    writeFileSync(keyFile, key, { mode: 0o600 });
    writeFileSync(certificateFile, certificate);
  }
  return { matrix_certificate_method: 'files', matrix_certificate_file: certificateFile, matrix_certificate_key_file: keyFile };
}

/** The administrators' password in the secrets file, with a key that lies beside it: this inventory is to be thrown away. */
async function password(inventory: string, secret: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const file = join(inventory, secretsFileName);
  const identityFile = join(inventory, 'identity.txt');
  if (!existsSync(file)) {
    const { identity, recipient } = await newIdentity();
    writeFileSync(identityFile, `${identity}\n`, { mode: 0o600 });
    writeFileSync(file, formatSecretsFile(await sealSecrets(new Map([[passwordSecret, secret], ...Object.entries(more)]), [recipient])), {
      mode: 0o600,
    });
  }
  const values = await openSecretsFile(parseSecretsFile(readFileSync(file, 'utf8'), file), [readFileSync(identityFile, 'utf8').trim()], file);
  const value = values.get(passwordSecret);
  if (value === undefined) throw new Error(`${file} has no ${passwordSecret}`);
  return value;
}

function write(file: string, content: Vars): void {
  writeFileSync(file, stringifyYaml(content), { mode: 0o600 });
}
