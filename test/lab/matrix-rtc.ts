// The server side of group calls: LiveKit itself, built through the Go module proxy, and an authorization service of the lab's own.

import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Docker } from './docker.ts';
import { baseImage, built } from './images.ts';
import { assetsDirectory, cacheDirectory } from './places.ts';
import { publishImage, startRegistry } from './registry.ts';
import { attempt, run } from './run.ts';
import { type Say, stage } from './stage.ts';
import { buildSynapse, synapseVersions } from './synapse.ts';

/** What playbooks pull. */
const livekitVersion = '1.13.5';
const livekitName = `docker.io/livekit/livekit-server:v${livekitVersion}`;
const serviceName = 'ghcr.io/element-hq/lk-jwt-service:0.6.0';

/** The Go that LiveKit needs. */
const [leastMajor, leastMinor] = [1, 26];

/** Why the images cannot be made on this machine; undefined where they can. */
export async function cannotBuildLivekit(): Promise<string | undefined> {
  const { stdout } = await attempt(['go', 'env', 'GOVERSION'], { environment: { GOTOOLCHAIN: 'local' } });
  const [, major = '0', minor = '0'] = /^go(\d+)\.(\d+)/.exec(stdout) ?? [];
  const isNew = Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
  return isNew ? undefined : `LiveKit is built with Go ${leastMajor}.${leastMinor} or later, and this machine has ${stdout.trim() || 'none'}`;
}

/** Puts both images into the lab's registry, unless they are there. A first build of LiveKit takes minutes. */
export async function publishMatrixRtc(engine: Docker, say: Say): Promise<void> {
  const port = await startRegistry();
  const base = await baseImage(engine, false, say);
  const livekit = await livekitImage(engine, base, say);
  await publishImage(engine, port, livekit, [livekitName]);
  // It has a Python, and is there already.
  const python = await buildSynapse(engine, Promise.resolve(base), synapseVersions[0] ?? '', say);
  const recipe = { name: 'homerun-lab/lk-jwt-service', folder: join(assetsDirectory, 'lk-jwt-service'), arguments: { BASE: python } };
  const service = await built(engine, recipe, 'authorization service of MatrixRTC (stands in for lk-jwt-service)', say);
  await publishImage(engine, port, service, [serviceName]);
}

async function livekitImage(engine: Docker, base: string, say: Say): Promise<string> {
  const program = await buildLivekit(say);
  const files = new Map([['livekit-server', readFileSync(program)]]);
  const recipe = { name: 'homerun-lab/livekit', folder: join(assetsDirectory, 'livekit'), files, arguments: { BASE: base } };
  return built(engine, recipe, 'image of LiveKit', say);
}

/** Builds LiveKit from its published module. @returns the program */
async function buildLivekit(say: Say): Promise<string> {
  const folder = cacheDirectory('livekit');
  const program = join(folder, livekitVersion);
  if (existsSync(program)) return program;
  return stage(say, `LiveKit ${livekitVersion} through the Go module proxy (stands in for ${livekitName})`, async () => {
    mkdirSync(folder, { recursive: true });
    const environment = { GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' };
    const module = `github.com/livekit/livekit-server@v${livekitVersion}`;
    const said = await run(['go', 'mod', 'download', '-json', module], { directory: folder, environment });
    const { Dir: source } = JSON.parse(said) as { Dir: string };
    await run(['go', 'build', '-trimpath', '-ldflags=-s -w', '-o', `${program}.new`, './cmd/server'], { directory: source, environment });
    renameSync(`${program}.new`, program);
    return program;
  });
}
