// What the lab needs on this machine: a Docker engine and a few programs. Says what it installs before it does.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Docker, findDocker } from './docker.ts';
import { stateDirectory } from './places.ts';
import { attempt, run, waitFor } from './run.ts';
import type { Say } from './stage.ts';

const folder = join(stateDirectory, 'engine');

/** Programs that the lab runs, and the Debian package that brings each. */
const programs: Readonly<Record<string, string>> = {
  debootstrap: 'debootstrap',
  gpg: 'gnupg',
  gzip: 'gzip',
  openssl: 'openssl',
  'ssh-keygen': 'openssh-client',
  tar: 'tar',
  xz: 'xz-utils',
};

/**
 * Installs what is missing and returns a running engine. Where no init runs, the engine is started in the background, with its
 * log and process id below `.lab/engine/`; one that runs already is used as it is.
 * @throws Error that says what is missing and how to get it
 */
export async function prepareMachine(say: Say): Promise<Docker> {
  const found = await findDocker();
  const missing = await missingPackages(found !== undefined);
  if (missing.length > 0) await installPackages(missing, say);
  return found ?? (await startEngine(say));
}

/** Installs Debian packages, after saying so. */
export async function installPackages(packages: readonly string[], say: Say): Promise<void> {
  const names = packages.join(' ');
  if (process.getuid?.() !== 0) {
    throw new Error(`the lab needs these packages: ${names}\n  install them (apt-get install ${names}) or run this as root`);
  }
  if ((await attempt(['apt-get', '--version'])).code !== 0) {
    throw new Error(`the lab needs ${names}, and this machine has no apt-get to install them with`);
  }
  say(`  installing on this machine with apt-get: ${names}`);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  await run(['apt-get', 'update', '-q'], { environment });
  await run(['apt-get', 'install', '-q', '-y', '--no-install-recommends', ...packages], { environment });
}

/** Whether a program is found in PATH. */
export async function hasProgram(program: string): Promise<boolean> {
  return (await attempt(['sh', '-c', 'command -v "$1"', 'sh', program])).code === 0;
}

/**
 * Unpacks a Debian package below the lab's state without installing it, so that none of its services start.
 * @returns the folder that stands for `/`
 */
export async function unpackPackage(name: string): Promise<string> {
  const target = join(stateDirectory, 'tools', name);
  if (existsSync(join(target, 'usr'))) return target;
  const downloads = join(stateDirectory, 'tools', 'downloads', name);
  mkdirSync(downloads, { recursive: true });
  const download = ['apt-get', 'download', '-q', name];
  if ((await attempt(download, { directory: downloads })).code !== 0) {
    await run(['apt-get', 'update', '-q']);
    await run(download, { directory: downloads });
  }
  await run(['sh', '-c', `dpkg-deb -x ${name}_*.deb "$1"`, 'sh', target], { directory: downloads });
  return target;
}

async function missingPackages(engineRuns: boolean): Promise<string[]> {
  const wanted = Object.entries(programs);
  if (!engineRuns) wanted.push(['dockerd', 'docker.io'], ['iptables', 'iptables']);
  const found = await Promise.all(wanted.map(([program]) => hasProgram(program)));
  return wanted.flatMap(([, name], index) => (found[index] === true ? [] : [name]));
}

async function startEngine(say: Say): Promise<Docker> {
  if (existsSync('/run/systemd/system')) {
    await run(['systemctl', 'start', 'docker']);
  } else {
    mkdirSync(folder, { recursive: true });
    removeStalePid();
    say('  starting the Docker engine in the background');
    const log = openSync(join(folder, 'dockerd.log'), 'a');
    const args = ['--pidfile', join(folder, 'dockerd.pid')];
    // It outlives the tests, and their temporary folder.
    const { TMPDIR: _, ...environment } = process.env;
    spawn('dockerd', args, { detached: true, env: environment, stdio: ['ignore', log, log] }).unref();
  }
  return waitFor('the Docker engine to answer', 60, findDocker).catch((error: unknown) => {
    throw new Error(`the Docker engine does not start: ${lastLines(join(folder, 'dockerd.log'))}`, { cause: error });
  });
}

// dockerd refuses to start beside a pid file whose number is in use by anything, and after a reboot it often is.
function removeStalePid(): void {
  const file = join(folder, 'dockerd.pid');
  if (!existsSync(file)) return;
  const name = join('/proc', readFileSync(file, 'utf8').trim(), 'comm');
  const runs = existsSync(name) && readFileSync(name, 'utf8').trim() === 'dockerd';
  if (!runs) rmSync(file);
}

function lastLines(file: string): string {
  if (!existsSync(file)) return 'it left no log';
  return `the last lines of ${file}:\n  ${readFileSync(file, 'utf8').trim().split('\n').slice(-10).join('\n  ')}`;
}
