// The real releases of web clients that the playbook pins, where they can be had: nothing stands in for their own pages.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { cacheDirectory, projectRoot } from './places.ts';

const release = z.object({ version: z.string(), url: z.string(), sha256: z.string() });
const plays = z.array(z.object({ vars: z.object({ releases: z.object({ element: release, cinny: release }) }) }));

/** A tarball on this machine. */
export interface ClientRelease {
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
  /** Whether it is the very file that the playbook pins. */
  readonly isPinned: boolean;
}

/** A folder with tarballs under the names that they have in the pinned addresses, for a machine that does not reach these. */
const folderVariable = 'HOMERUN_CLIENT_RELEASES';

/**
 * The release that the playbook pins: from the folder that HOMERUN_CLIENT_RELEASES names, from an earlier download, or from its address.
 * @returns the release, or why it cannot be had. @throws Error for a download with another digest
 */
export async function clientRelease(client: 'element' | 'cinny'): Promise<ClientRelease | string> {
  const { version, url, sha256 } = pinned(client);
  const name = basename(new URL(url).pathname);
  const folder = process.env[folderVariable];
  const given = folder ? join(folder, name) : undefined;
  if (given !== undefined) {
    if (!existsSync(given)) return `${folderVariable}: ${given} is not there`;
    const found = digest(readFileSync(given));
    return { version, file: given, sha256: found, isPinned: found === sha256 };
  }
  const file = join(cacheDirectory('clients'), name);
  if (!existsSync(file)) {
    const bytes = await download(url);
    if (bytes === undefined) return `${url} cannot be reached`;
    if (digest(bytes) !== sha256) throw new Error(`${url} has the digest ${digest(bytes)}, pinned is ${sha256}`);
    mkdirSync(cacheDirectory('clients'), { recursive: true });
    writeFileSync(`${file}.new`, bytes);
    renameSync(`${file}.new`, file);
  }
  return { version, file, sha256, isPinned: true };
}

function pinned(client: 'element' | 'cinny'): z.infer<typeof release> {
  const [play] = plays.parse(parse(readFileSync(join(projectRoot, 'playbooks/web-client.yaml'), 'utf8')));
  if (!play) throw new Error('playbooks/web-client.yaml has no play');
  return play.vars.releases[client];
}

/** @returns undefined where nobody answers */
async function download(url: string): Promise<Buffer | undefined> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) }).catch(() => undefined);
  return answer?.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
