// `npm run demo`: a homeserver on a throw-away host of this machine, set up over SSH by playbooks/site.yaml, and shown to work.

import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { command } from '../command.ts';
import { checkHomeserver } from './demo-checks.ts';
import { removeLab, startLab } from './lab.ts';
import { homeserverRequest, type MatrixInventory, passwordSecret, writeInventory } from './matrix-inventory.ts';
import { startPebble } from './pebble.ts';
import { projectRoot } from './places.ts';
import { stage } from './stage.ts';

const usage = `usage: npm run demo [-- OPTIONS]
  --hosts N   servers, 1 to 9 (default 1)
  --acme      certificates from an ACME server (Pebble) instead of files
  --down      remove the demo`;

const labName = 'demo';
const adminUser = 'admin';
const folder = join(projectRoot, '.demo');
const say = (line: string): void => console.log(line);

try {
  const { hosts, acme, down } = options();
  process.exitCode = down ? await remove() : await demo(hosts, acme);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function options(): { readonly hosts: number; readonly acme: boolean; readonly down: boolean } {
  const { values } = parseArgs({
    options: { hosts: { type: 'string', default: '1' }, acme: { type: 'boolean', default: false }, down: { type: 'boolean', default: false } },
  });
  const hosts = Number(values.hosts);
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > 9) throw new Error(`--hosts wants a number from 1 to 9, got ${values.hosts}\n${usage}`);
  return { hosts, acme: values.acme, down: values.down };
}

async function remove(): Promise<number> {
  await stage(say, 'removing the demo', () => removeLab(labName));
  rmSync(folder, { recursive: true, force: true });
  return 0;
}

async function demo(count: number, acme: boolean): Promise<number> {
  const started = performance.now();
  const requests = Array.from({ length: count }, (_, index) => homeserverRequest(`server${index + 1}`));
  const lab = await startLab({ name: labName, hosts: requests, say });
  const pebble = acme ? await stage(say, 'starting Pebble, a stand-in for an ACME server such as Let’s Encrypt', () => startPebble(lab)) : undefined;
  try {
    const variables = pebble && {
      matrix_certificate_method: 'acme',
      matrix_acme_directory: pebble.directoryUrl,
      matrix_acme_email: 'admin@lab.test',
      matrix_acme_terms_agreed: true,
    };
    const hostVariables = variables && Object.fromEntries(lab.hosts.map(({ name }) => [name, variables]));
    const inventory = await writeInventory(lab, { folder, ...(hostVariables && { hostVariables }) });
    const authority = pebble ? `${inventory.certificateAuthority}\n${await pebble.rootCertificate()}` : inventory.certificateAuthority;
    writeFileSync(join(folder, 'ca.pem'), authority);
    writeFileSync(join(folder, 'demo.json'), `${JSON.stringify(description(inventory), null, 2)}\n`);
    const args = ['run', 'playbooks/site.yaml', '-i', relative(projectRoot, inventory.folder)];
    say(`\n$ homerun ${args.join(' ')}`);
    const code = await homerun(args);
    if (code !== 0) return code;
    const isRight = await show({ ...inventory, certificateAuthority: authority });
    say(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all.`);
    return isRight ? 0 : 1;
  } finally {
    pebble?.stop();
  }
}

function homerun(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { cwd: projectRoot, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function show(inventory: MatrixInventory): Promise<boolean> {
  let isRight = true;
  for (const server of inventory.homeservers) {
    say(`\n${server.serverName}`);
    for (const check of await checkHomeserver(inventory, server, adminUser)) {
      say(`  ${check.isRight ? '✓' : '✗'} ${check.what}: ${check.said}`);
      isRight &&= check.isRight;
    }
  }
  const names = inventory.homeservers.map(({ serverName, clientName, host }) => `${host.address} ${serverName} ${clientName}`);
  say(`
Look at it from this machine: trust .demo/ca.pem in a browser, and let the names resolve, in /etc/hosts:
${names.map((line) => `  ${line}`).join('\n')}
${inventory.homeservers.map(({ clientName, panelPath }) => `  web client  https://${clientName}/\n  admin panel https://${clientName}/${panelPath}/`).join('\n')}
Log in as ${adminUser}; the password: homerun secret get ${passwordSecret} -i .demo/inventory
The same run again, by hand: homerun run playbooks/site.yaml -i .demo/inventory   (homerun is: node ${relative(projectRoot, command)})
Remove it all: npm run demo -- --down`);
  return isRight;
}

/** demo.json, for other programs. */
function description({ homeservers }: MatrixInventory): unknown {
  return {
    hosts: homeservers.map(({ name, serverName, clientName, panelPath, host }) => ({
      name,
      ssh: { host: host.address, port: 22 },
      server_name: serverName,
      homeserver_url: `https://${serverName}`,
      client_url: `https://${clientName}/`,
      admin_panel_url: `https://${clientName}/${panelPath}/`,
      admin_user: adminUser,
      resolve: { [serverName]: host.address, [clientName]: host.address },
    })),
  };
}
