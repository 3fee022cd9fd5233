// Under which conditions the bench ran.

import { cpus, loadavg, release, totalmem } from 'node:os';
import { run } from '../lab/run.ts';
import type { Peers } from './install-peers.ts';

/** What a reader of the results has to know, as `name: value` in words. */
export type Conditions = Readonly<Record<string, string>>;

/** Called before anything is measured: the load is that of others then. */
export async function conditionsNow(peers: Peers): Promise<Conditions> {
  const [processor] = cpus();
  const python = (await run(['/usr/bin/python3', '--version'])).trim();
  // ssh says its version on standard error.
  const ssh = (await run(['sh', '-c', 'ssh -V 2>&1'])).trim().split(',')[0] ?? '';
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: `${cpus().length} cores (${processor?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1e9)} GB, shared by client and hosts`,
    kernel: release(),
    'load before': loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
    versions: `Node ${process.version}, ansible-core ${peers.ansible.version}, Mitogen ${peers.mitogen.version}, pyinfra ${peers.pyinfra.version}, ${python}, ${ssh}`,
  };
}
