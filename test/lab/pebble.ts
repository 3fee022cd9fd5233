// Pebble: an ACME server for tests, which asks the lab's name server and reaches the lab's hosts on the ports of the real world.

import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueCertificate } from './authority.ts';
import { unpackPackage } from './engine.ts';
import { labDirectory } from './places.ts';
import { attempt, waitFor } from './run.ts';
import type { Lab } from './types.ts';

export interface Pebble {
  /** The ACME directory, as hosts of the lab see it; its certificate is the lab's. */
  readonly directoryUrl: string;
  /** The root of the certificates that it issues, PEM; a new one at each start, and hosts do not trust it. */
  readonly rootCertificate: () => Promise<string>;
  /** Ends it: it forgets all accounts and certificates. */
  readonly stop: () => void;
}

const acmePort = 14000;
const managementPort = 15000;

/**
 * Starts Pebble for a lab, on the gateway of its network. It ends with this process, or by `stop`.
 * @throws Error with the end of its log when it does not start
 */
export async function startPebble(lab: Lab): Promise<Pebble> {
  const root = await unpackPackage('pebble');
  const folder = join(labDirectory(lab.name), 'pebble');
  mkdirSync(folder, { recursive: true });
  const { gateway } = lab.network;
  const { certificate, key } = await issueCertificate(lab.authority, [gateway]);
  writeFileSync(join(folder, 'certificate.pem'), certificate);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
  writeFileSync(join(folder, 'configuration.json'), JSON.stringify(configuration(folder, gateway)));
  const logFile = join(folder, 'pebble.log');
  const log = openSync(logFile, 'w');
  const args = ['-config', join(folder, 'configuration.json'), '-dnsserver', `${gateway}:53`];
  const child = spawn(join(root, 'usr', 'bin', 'pebble'), args, {
    stdio: ['ignore', log, log],
    // No waiting for show, no nonce refused for show, and no name taken as shown because it once was.
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' },
  });
  child.unref();
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  const pebble: Pebble = {
    directoryUrl: `https://${gateway}:${acmePort}/dir`,
    rootCertificate: () => fetchWith(lab, `https://${gateway}:${managementPort}/roots/0`),
    stop,
  };
  await waitFor(`Pebble (its log: ${logFile})`, 15, async () => {
    if (child.exitCode !== null) throw new Error(`Pebble ended:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    return fetchWith(lab, pebble.directoryUrl).catch(() => undefined);
  });
  return pebble;
}

function configuration(folder: string, address: string): unknown {
  return {
    pebble: {
      listenAddress: `${address}:${acmePort}`,
      managementListenAddress: `${address}:${managementPort}`,
      certificate: join(folder, 'certificate.pem'),
      privateKey: join(folder, 'key.pem'),
      httpPort: 80,
      tlsPort: 443,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    },
  };
}

async function fetchWith(lab: Lab, url: string): Promise<string> {
  const program = 'fetch(process.argv[1]).then((answer) => answer.text()).then((text) => process.stdout.write(text), () => process.exit(1))';
  const environment = { NODE_EXTRA_CA_CERTS: lab.authority.certificateFile };
  const answer = await attempt([process.execPath, '-e', program, url], { environment, timeoutSeconds: 10 });
  if (answer.code !== 0) throw new Error(`${url} does not answer`);
  return answer.stdout;
}
