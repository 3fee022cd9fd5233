// The image registry of the lab: Debian's docker-registry on this machine's loopback, one for all labs of this clone. The outside
// server stands in front of it with the names of the real registries.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Docker, docker } from './docker.ts';
import { unpackPackage } from './engine.ts';
import { stateDirectory } from './places.ts';
import { waitFor } from './run.ts';

const folder = join(stateDirectory, 'registry');
const program = 'docker-registry';

/** The registries that it stands in for. */
export const registryHosts: readonly string[] = ['registry-1.docker.io', 'ghcr.io', 'quay.io'];

/** Makes sure that the registry runs. @returns its port on 127.0.0.1 */
export async function startRegistry(): Promise<number> {
  const running = runningRegistry();
  if (running !== undefined) return running.port;
  const root = await unpackPackage(program);
  mkdirSync(join(folder, 'images'), { recursive: true });
  const port = await freePort();
  writeFileSync(join(folder, 'configuration.yaml'), configuration(port));
  const log = openSync(join(folder, 'registry.log'), 'a');
  const command = join(root, 'usr', 'bin', program);
  const child = spawn(command, ['serve', join(folder, 'configuration.yaml')], { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  await waitFor(`the image registry (its log: ${join(folder, 'registry.log')})`, 20, async () =>
    (await responds(`http://127.0.0.1:${port}/v2/`)) ? true : undefined,
  );
  writeFileSync(join(folder, 'registry.json'), JSON.stringify({ port, pid: child.pid }));
  return port;
}

/** Stops the registry, if it runs; its images stay. */
export function stopRegistry(): void {
  const running = runningRegistry();
  if (running !== undefined) process.kill(running.pid);
  rmSync(join(folder, 'registry.json'), { force: true });
}

/**
 * Puts an image into the registry.
 * @param tag the image in this machine's engine
 * @param names what hosts pull it as, such as `docker.io/matrixdotorg/synapse:v1.163.2`
 */
export async function publishImage(engine: Docker, port: number, tag: string, names: readonly string[]): Promise<void> {
  const id = (await docker(engine, ['image', 'inspect', '--format', '{{.Id}}', tag])).trim();
  for (const name of names) {
    const [path = '', version = 'latest'] = name.replace(/^[^/]*\.[^/]*\//, '').split(':');
    // Official images, which have a name of one word, live under library/.
    const repository = path.includes('/') ? path : `library/${path}`;
    // Several registries share this one, and a repository of the same name holds the same image.
    if ((await publishedId(port, repository, version)) === id) continue;
    const target = `127.0.0.1:${port}/${repository}:${version}`;
    await docker(engine, ['tag', tag, target]);
    await docker(engine, ['push', '-q', target]);
    await docker(engine, ['image', 'rm', '--no-prune', target]);
  }
}

async function publishedId(port: number, repository: string, version: string): Promise<string | undefined> {
  const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
  const answer = await fetch(`http://127.0.0.1:${port}/v2/${repository}/manifests/${version}`, { headers });
  if (!answer.ok) return undefined;
  const manifest: unknown = await answer.json();
  const digest = /"config":\{[^}]*"digest":"([^"]+)"/.exec(JSON.stringify(manifest));
  return digest?.[1];
}

function runningRegistry(): { port: number; pid: number } | undefined {
  const file = join(folder, 'registry.json');
  if (!existsSync(file)) return undefined;
  // Written above, and by nothing else.
  const state = JSON.parse(readFileSync(file, 'utf8')) as { port: number; pid: number };
  // The number may have been given to another process since.
  const commandLine = join('/proc', String(state.pid), 'cmdline');
  return existsSync(commandLine) && readFileSync(commandLine, 'utf8').includes(program) ? state : undefined;
}

function configuration(port: number): string {
  return [
    'version: 0.1',
    'log: {level: warn}',
    `storage: {filesystem: {rootdirectory: ${JSON.stringify(join(folder, 'images'))}}, delete: {enabled: true}}`,
    `http: {addr: "127.0.0.1:${port}"}`,
    '',
  ].join('\n');
}

async function responds(url: string): Promise<boolean> {
  return fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
