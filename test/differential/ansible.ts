import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { attempt } from '../lab/run.ts';
import { folder } from './cases.ts';
import { type Called, type Outcome, unforeseen } from './outcome.ts';
import { type HostName, hostOf, type Twins } from './twins.ts';

const line = z.object({
  host: z.string(),
  task: z.string(),
  module: z.string(),
  status: z.string(),
  message: z.unknown(),
  items: z.array(z.object({ status: z.string(), message: z.unknown() })),
});

/** The variables that connect Ansible with its host. */
export function ansibleHost(twins: Twins, name: HostName): Record<string, unknown> {
  return { ansible_host: hostOf(twins, 'ansible', name).address };
}

export function ansibleVars({ lab }: Twins): Record<string, unknown> {
  return { ansible_user: 'root', ansible_ssh_private_key_file: lab.identityFile, ansible_python_interpreter: '/usr/bin/python3' };
}

/** Runs a playbook. Never rejects for an exit code. */
export async function runAnsible(twins: Twins, directory: string, args: readonly string[]): Promise<Called> {
  const home = join(twins.folder, 'ansible');
  mkdirSync(home, { recursive: true });
  // What a person has set on this machine does not count.
  const configuration = join(home, 'ansible.cfg');
  writeFileSync(configuration, '');
  const environment = {
    HOME: home,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_HOME: home,
    ANSIBLE_CONFIG: configuration,
    ANSIBLE_CALLBACK_PLUGINS: folder,
    ANSIBLE_STDOUT_CALLBACK: 'outcomes',
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_GATHERING: 'explicit',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_SSH_CONTROL_PATH_DIR: join(home, 'cp'),
    ANSIBLE_SSH_ARGS: `-o ControlMaster=auto -o ControlPersist=60s -o IdentitiesOnly=yes -o UserKnownHostsFile=${twins.lab.knownHostsFile}`,
    ANSIBLE_RETRY_FILES_ENABLED: '0',
    ANSIBLE_DEPRECATION_WARNINGS: '0',
    ANSIBLE_COMMAND_WARNINGS: '0',
    ANSIBLE_LOCALHOST_WARNING: '0',
    ANSIBLE_INTERNAL_POLL_INTERVAL: '0.001',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const { code, stdout, stderr } = await attempt(['ansible-playbook', ...args], { directory, environment });
  const lines = stdout.split('\n');
  const outcomes = lines.flatMap((text): Outcome[] => {
    if (!text.startsWith('{')) return [];
    const { items, ...read } = line.parse(JSON.parse(text));
    return [{ ...read, status: foreseen(read), module: read.module.replace(/^.*\./, ''), items: items.map(foreseen) }];
  });
  const said = [stdout, stderr].join('\n').slice(-6000);
  return { outcomes, hasSucceeded: code === 0, said };
}

/**
 * In check mode a command that would run is `skipped` to Ansible, and says that it would: that is `changed` to homerun. Of what Ansible does
 * not check at all there is nothing to compare. Where `creates` is there, its `skipped` is homerun's `ok`. All that stands in docs/differences-from-ansible.md.
 */
function foreseen({ status, message }: { readonly status: string; readonly message: unknown }): string {
  if (status !== 'skipped' || typeof message !== 'string') return status;
  if (message === 'Command would have run if not in check mode') return 'changed';
  if (/^skipped, since .* exists$/.test(message)) return 'ok';
  return /check mode not \(yet\) supported|does not support check mode/.test(message) ? unforeseen : status;
}
