// What the tests run on this machine, so that none of them is skipped: a real sshd, the shells and tools that hosts have, and Ansible for the
// differential suite.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { installPackages } from './lab/engine.ts';
import { attempt } from './lab/run.ts';
import type { Say } from './lab/stage.ts';

/** A file of each Debian package that is wanted. */
const packages: Readonly<Record<string, string>> = {
  '/bin/dash': 'dash',
  '/usr/bin/setfacl': 'acl',
  '/usr/bin/setfattr': 'attr',
  '/usr/bin/ansible-playbook': 'ansible-core',
  '/usr/bin/busybox': 'busybox',
  '/usr/bin/fish': 'fish',
  '/bin/mksh': 'mksh',
  '/usr/bin/doas': 'opendoas',
  '/usr/share/i18n/locales/de_DE': 'locales',
  '/usr/bin/nsenter': 'util-linux',
  '/usr/bin/ssh-keygen': 'openssh-client',
  '/usr/bin/sudo': 'sudo',
  '/bin/tcsh': 'tcsh',
  '/usr/bin/zsh': 'zsh',
  // Modules that are no part of ansible-core: authorized_key, sysctl, cron's beside it.
  '/usr/lib/python3/dist-packages/ansible_collections/ansible/posix/MANIFEST.json': 'ansible',
  '/usr/sbin/sshd': 'openssh-server',
};

const policy = '/usr/sbin/policy-rc.d';
const noStarts = '#!/bin/sh\n# No service starts while homerun installs packages for its tests.\nexit 101\n';

/**
 * Installs what is missing, as root on Debian or Ubuntu; elsewhere the tests that need it are skipped and say why.
 * The sshd is for the tests alone: the service of its package is neither started nor enabled.
 */
export async function prepareTools(say: Say): Promise<void> {
  const missing = Object.entries(packages).flatMap(([file, name]) => (existsSync(file) ? [] : [name]));
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  // One that is ours was left by a run that was killed.
  const isOurs = !existsSync(policy) || readFileSync(policy, 'utf8') === noStarts;
  if (isOurs) writeFileSync(policy, noStarts, { mode: 0o755 });
  try {
    await installPackages(missing, say);
    if (missing.includes('openssh-server')) await attempt(['systemctl', 'disable', 'ssh.service', 'ssh.socket']);
  } finally {
    if (isOurs) rmSync(policy);
  }
}
