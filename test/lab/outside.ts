// Starts and stops the process that stands in for the outside world, one a lab.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { type Authority, issueCertificate } from './authority.ts';
import { healthPath, type OutsideConfiguration } from './outside-server.ts';
import { labDirectory } from './places.ts';
import { waitFor } from './run.ts';

export type OutsideSettings = Pick<OutsideConfiguration, 'address' | 'records' | 'documents' | 'forwards'>;

// A name of the server's own, so that it can be asked how it is.
const ownName = 'outside.lab.test';

/** Makes sure that the process runs with these settings; one that runs with others is replaced. */
export async function startOutside(lab: string, authority: Authority, settings: OutsideSettings): Promise<void> {
  const upstream = nameServers();
  const digest = createHash('sha256')
    .update(JSON.stringify([settings, upstream]))
    .digest('hex');
  const present = await health(settings.address, authority);
  if (present?.digest === digest) return;
  if (present !== undefined) await end(present.pid, settings.address, authority);
  const names = [ownName, ...Object.keys(settings.documents), ...Object.keys(settings.forwards)];
  const certificate = await issueCertificate(authority, names);
  const configuration: OutsideConfiguration = { digest, upstream, ...certificate, ...settings };
  const file = join(labDirectory(lab), 'outside.json');
  writeFileSync(`${file}.new`, JSON.stringify(configuration, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  const logFile = join(labDirectory(lab), 'outside.log');
  const log = openSync(logFile, 'a');
  const program = join(import.meta.dirname, 'outside-server.js');
  const child = spawn(process.execPath, [program, file], { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  await waitFor(`the stand-in for the outside world on ${settings.address} (its log: ${logFile})`, 15, async () => {
    if (child.exitCode !== null) throw new Error(`the stand-in for the outside world ended:\n${readFileSync(logFile, 'utf8')}`);
    return (await health(settings.address, authority))?.digest === digest ? true : undefined;
  });
}

/** Stops the process of a lab, if it runs. */
export async function stopOutside(address: string, authority: Authority): Promise<void> {
  const present = await health(address, authority);
  if (present !== undefined) await end(present.pid, address, authority);
}

async function end(pid: number, address: string, authority: Authority): Promise<void> {
  process.kill(pid);
  await waitFor(`process ${pid} to end`, 10, async () => ((await health(address, authority)) === undefined ? true : undefined));
}

async function health(address: string, authority: Authority): Promise<{ digest: string; pid: number } | undefined> {
  const ca = readFileSync(authority.certificateFile);
  return new Promise((resolve) => {
    const options = { host: address, path: healthPath, servername: ownName, ca, timeout: 2000, agent: false };
    const request = get(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      // The certificate has shown that this is our own process.
      response.on('end', () => resolve(JSON.parse(text) as { digest: string; pid: number }));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
  });
}

/** The name servers of this machine. */
export function nameServers(file = '/etc/resolv.conf'): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => line.match(/^\s*nameserver\s+([0-9a-fA-F.:]+)/)?.[1] ?? []);
}
