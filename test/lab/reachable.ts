// Whether the real outside world can be reached from this machine. Each answer is asked for once a process.

import { attempt } from './run.ts';

/** The parts of the outside world that the lab can stand in for. */
export interface Reachable {
  /** Docker Hub: the images of Synapse and of Debian. */
  readonly registry: boolean;
  /** download.docker.com: Docker's Debian packages. */
  readonly dockerPackages: boolean;
  /** github.com: releases of the web client and of the admin panel. */
  readonly releases: boolean;
}

/** `auto`: stand-ins only for what cannot be reached. `always`: stand-ins for everything, as tests need it. */
export type StandInPolicy = 'auto' | 'always';

/** Asks each part of the outside world, at most five seconds. */
export async function probe(policy: StandInPolicy): Promise<Reachable> {
  if (policy === 'always') return { registry: false, dockerPackages: false, releases: false };
  const [registry, dockerPackages, releases] = await Promise.all([
    answers('https://registry-1.docker.io/v2/'),
    answers('https://download.docker.com/linux/debian/gpg'),
    answers('https://github.com/etkecc/ketesa/releases'),
  ]);
  return { registry, dockerPackages, releases };
}

// Any answer of the real server counts; the registry, for one, answers 401 to a stranger. In a process of its own, so that it
// a hanging connection ends with it.
async function answers(url: string): Promise<boolean> {
  const program = 'fetch(process.argv[1], { method: "HEAD" }).then(() => process.exit(0), () => process.exit(1))';
  return (await attempt([process.execPath, '-e', program, url], { timeoutSeconds: 5 })).code === 0;
}
