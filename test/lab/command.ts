// A lab by hand: `node build/test/lab/command.js up NAME HOST[:baked|:RELEASE]… | down NAME | clean`.

import { isCodename } from './distributions.ts';
import { removeImages, removeLab, startLab } from './lab.ts';
import { synapseVersions } from './synapse.ts';
import type { HostRequest } from './types.ts';

const usage = `usage: command.js up NAME [--all-versions] HOST[:baked|:RELEASE]…   start a lab, or more hosts in it (RELEASE: trixie, jammy, noble)
       command.js down NAME                                        remove it
       command.js clean                                            remove the images that labs are made from`;

const [action, name, ...rest] = process.argv.slice(2);
const say = (line: string): void => console.log(line);

if (action === 'up' && name !== undefined) await up(name, rest);
else if (action === 'down' && name !== undefined) await removeLab(name);
else if (action === 'clean') await removeImages();
else {
  console.error(usage);
  process.exitCode = 1;
}

async function up(name: string, args: readonly string[]): Promise<void> {
  const hosts = args
    .filter((word) => !word.startsWith('--'))
    .map((word): HostRequest => {
      const [host = '', kind = 'plain'] = word.split(':');
      return isCodename(kind) ? { name: host, release: kind } : { name: host, kind: kind === 'baked' ? 'baked' : 'plain' };
    });
  const versions = args.includes('--all-versions') ? synapseVersions : synapseVersions.slice(0, 1);
  const lab = await startLab({ name, hosts, synapseVersions: versions, say });
  for (const host of lab.hosts) {
    say(`${host.name} (${host.kind}, ${host.serverName}, ${host.labAddress} in the lab):`);
    say(`  ssh -i ${lab.identityFile} -o IdentitiesOnly=yes -o UserKnownHostsFile=${lab.knownHostsFile} root@${host.address}`);
  }
}
