import * as z from 'zod';
import { homerun } from '../e2e/homerun.ts';
import type { Called, Outcome } from './outcome.ts';
import { type HostName, hostOf, type Twins } from './twins.ts';

const line = z.object({
  event: z.enum(['task', 'handler']),
  host: z.string(),
  task: z.string(),
  module: z.string(),
  status: z.string(),
  message: z.unknown().optional(),
  items: z.array(z.object({ status: z.string() })).default([]),
});

/** The variables that connect homerun with its host. */
export function homerunHost(twins: Twins, name: HostName): Record<string, unknown> {
  return { ssh_host: hostOf(twins, 'homerun', name).address };
}

export function homerunVars({ lab }: Twins): Record<string, unknown> {
  return { ssh_user: 'root', ssh_identity_file: lab.identityFile, ssh_known_hosts_file: lab.knownHostsFile };
}

/** Runs or checks a playbook. Never rejects for an exit code. */
export async function runHomerun(directory: string, action: 'run' | 'check', args: readonly string[]): Promise<Called> {
  const { exitCode, stdout, stderr } = await homerun([action, ...args, '--output', 'json'], { folder: directory });
  const outcomes = stdout.split('\n').flatMap((text): Outcome[] => {
    if (!text.startsWith('{')) return [];
    const read = line.safeParse(JSON.parse(text)).data;
    if (read === undefined) return [];
    const { host, task, module, status, message, items } = read;
    return [{ host, task, module, status, message, items: items.map((item) => item.status) }];
  });
  // 3: check has found differences.
  return { outcomes, hasSucceeded: exitCode === 0 || exitCode === 3, said: `${stderr}\n${stdout}`.slice(-6000) };
}
