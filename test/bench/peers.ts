// The peers as subjects of W1: Ansible as it comes, tuned, and with Mitogen; pyinfra.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peers } from './install-peers.ts';
import type { Counts, Subject } from './measure.ts';
import type { Site } from './site.ts';
import { checkRecap, type Expected, onLinks } from './subjects.ts';
import { workload } from './workload.ts';

export const peerNames = ['pyinfra', 'Ansible + Mitogen', 'Ansible tuned', 'Ansible stock'] as const;
export type PeerName = (typeof peerNames)[number];

/** One of the peers with W1. Each run connects anew; host keys are always checked. */
export function peer(name: PeerName, peers: Peers, site: Site, expected: Expected): Subject {
  return name === 'pyinfra' ? pyinfra(peers, site, expected) : ansible(name, peers, site, expected);
}

/** What Ansible reads besides its defaults. */
function settingsOf(name: PeerName, peers: Peers, site: Site): string {
  const tuned = ['gathering = explicit', `forks = ${site.endpoints.length}`];
  const mitogen = [`strategy_plugins = ${peers.mitogen.strategies}`, 'strategy = mitogen_linear'];
  const defaults = name === 'Ansible stock' ? [] : name === 'Ansible tuned' ? tuned : [...tuned, ...mitogen];
  const ssh = name === 'Ansible stock' ? [] : ['pipelining = True', 'ssh_args = -C -o ControlMaster=auto -o ControlPersist=60s'];
  return ['[defaults]', 'deprecation_warnings = False', 'interpreter_python = /usr/bin/python3', ...defaults, '[ssh_connection]', ...ssh, ''].join(
    '\n',
  );
}

function ansible(name: PeerName, peers: Peers, site: Site, expected: Expected): Subject {
  const home = join(site.folder, name.replaceAll(/\W+/g, '-').toLowerCase());
  mkdirSync(home, { recursive: true });
  const configuration = join(home, 'ansible.cfg');
  writeFileSync(configuration, settingsOf(name, peers, site));
  // A path for a socket may have 108 characters.
  const sockets = join('/tmp', `homerun-bench-${process.pid}`);
  return onLinks(site, {
    name,
    prepare: async () => rmSync(sockets, { recursive: true, force: true }),
    command: {
      argv: [peers.ansible.playbook, '-i', site.inventory, '-e', 'template_form=j2', join(workload.folder, 'playbook.yaml')],
      environment: {
        HOME: home,
        LC_ALL: 'C.UTF-8',
        ANSIBLE_HOME: home,
        ANSIBLE_CONFIG: configuration,
        ANSIBLE_NOCOLOR: '1',
        ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
        ANSIBLE_SSH_COMMON_ARGS: `-o IdentitiesOnly=yes -o UserKnownHostsFile=${site.knownHosts}`,
      },
    },
    check: ({ stdout }) => checkRecap(stdout, site, expected),
  });
}

function pyinfra(peers: Peers, site: Site, expected: Expected): Subject {
  return onLinks(site, {
    name: 'pyinfra',
    command: {
      argv: [
        peers.pyinfra.command,
        '-y',
        '--parallel',
        String(site.endpoints.length),
        '--chdir',
        workload.folder,
        site.pyinfraInventory,
        'deploy.py',
      ],
      environment: { LC_ALL: 'C.UTF-8', NO_COLOR: '1' },
    },
    check: ({ stdout, stderr }) => checkPyinfra(`${stdout}\n${stderr}`, site, expected),
  });
}

/** pyinfra's last table counts the operations of all hosts together: how many changed something, failed, changed nothing. @throws Error unless that is as expected */
export function checkPyinfra(said: string, { endpoints }: Site, { changed }: Expected): Counts {
  const [, , changes, failed] = /Grand total\s+(\d+)\s+(\d+|-)\s+(\d+|-)\s+(\d+|-)/.exec(said) ?? [];
  const isRight = failed === '-' && (changed === undefined || Number(changes?.replace('-', '0')) === changed * endpoints.length);
  if (!isRight) throw new Error(`pyinfra should end with ${changed ?? 'any'} changes on each host and no failure:\n${said.slice(-4000)}`);
  return {};
}
