// The peers, installed for the bench alone: pinned, from PyPI, into `.lab/bench`.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from '../lab/engine.ts';
import { attempt, run } from '../lab/run.ts';
import type { Say } from './hosts.ts';
import { benchDirectory } from './workload.ts';

/** Where each peer's programs are, and its version. */
export interface Peers {
  readonly ansible: { readonly playbook: string; readonly version: string };
  readonly mitogen: { readonly strategies: string; readonly version: string };
  readonly pyinfra: { readonly command: string; readonly version: string };
}

/** What is installed where; those that share an environment have to. */
const environments = {
  ansible: ['ansible-core==2.19.14', 'mitogen==0.3.54'],
  pyinfra: ['pyinfra==3.10.0'],
} as const;

// The system's own is an optimised build; that of a version manager need not be, and then costs the peers a quarter more.
const python = '/usr/bin/python3';

/**
 * Installs what is not there yet; takes about a minute.
 * @throws Error with what pip said
 */
export async function installPeers(say: Say): Promise<Peers> {
  const ansible = await environment('ansible', say);
  const pyinfra = await environment('pyinfra', say);
  const version = async (folder: string, name: string): Promise<string> =>
    (await run([join(folder, 'bin/python'), '-c', `from importlib.metadata import version; print(version("${name}"))`])).trim();
  const strategies = await run([
    join(ansible, 'bin/python'),
    '-c',
    'import importlib.util, os; print(os.path.join(os.path.dirname(importlib.util.find_spec("ansible_mitogen").origin), "plugins", "strategy"))',
  ]);
  return {
    ansible: { playbook: join(ansible, 'bin/ansible-playbook'), version: await version(ansible, 'ansible-core') },
    mitogen: { strategies: strategies.trim(), version: await version(ansible, 'mitogen') },
    pyinfra: { command: join(pyinfra, 'bin/pyinfra'), version: await version(pyinfra, 'pyinfra') },
  };
}

/** A virtual environment of Python with its packages. @returns its folder */
async function environment(name: keyof typeof environments, say: Say): Promise<string> {
  const packages = environments[name];
  // Programs of a virtual environment name its path: one that was moved is none.
  const peers = join(benchDirectory, 'peers');
  const folder = join(
    peers,
    `${name}-${createHash('sha256')
      .update([peers, ...packages].join())
      .digest('hex')
      .slice(0, 8)}`,
  );
  if (existsSync(join(folder, 'complete'))) return folder;
  say(`installing ${packages.join(', ')} from PyPI into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if ((await attempt([python, '-c', 'import ensurepip'])).code !== 0) await installPackages(['python3-venv'], say);
  await run([python, '-m', 'venv', folder]);
  const pip = [join(folder, 'bin/python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run([...pip, ...packages]);
  writeFileSync(join(folder, 'complete'), '');
  return folder;
}
