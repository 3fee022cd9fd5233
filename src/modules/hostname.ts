import * as z from 'zod';
import { hostname } from '../questions/hostname.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { type Command, sh } from '../values/command.ts';
import { defineModule } from './module.ts';
import { line } from './params.ts';
import { writeFile } from './support/write-file.ts';

/** Labels as hostname(7) has them, at most as long as what the kernel holds. */
const hostName = () =>
  line()
    .refine((name) => name.length <= 64, 'expected a name of at most 64 characters')
    .refine(
      (name) => /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(name),
      'expected a host name: letters, digits, - and dots between labels',
    );

const params = z.strictObject({
  name: hostName().describe('The name; with or without its domain. /etc/hosts stays as it is.'),
});

export default defineModule({
  summary: 'Set the name of the host, now and for each boot.',
  params,
  examples: [
    { description: 'As the inventory calls it', task: 'hostname:\n  name: "{{ inventory_hostname }}"' },
    { description: 'With its domain', task: 'hostname:\n  name: web01.example.org' },
  ],
  absent: { use: 'Whether systemd keeps the name is found out on the host; elsewhere /etc/hostname and hostname(1) are used.' },
  ask: () => ask({ hostname: hostname() }),
  plan: ({ name }, { hostname: found }) => {
    const changes: Change[] = [];
    if (found.static !== name)
      changes.push(
        change(
          `set the host name for each boot to ${name}${found.static === '' ? '' : ` (was ${found.static})`}`,
          found.isSystemd ? sh`hostnamectl --pretty set-hostname ${name} && hostnamectl --static set-hostname ${name}` : keep(name),
        ),
      );
    if (found.running !== name)
      changes.push(
        change(
          `set the host name to ${name} (was ${found.running})`,
          // Where a static name is set systemd takes no other, and says so in a hint.
          found.isSystemd ? sh`hostnamectl --transient set-hostname ${name} 2>/dev/null || hostname ${name}` : sh`hostname ${name}`,
        ),
      );
    return changes;
  },
  result: ({ name }) => ({ name }),
});

function keep(name: string): Command {
  return writeFile({ path: '/etc/hostname', content: `${name}\n`, mode: '0644' });
}

function change(summary: string, command: Command): Change {
  return { summary, commands: [command], writes: ['hostname:*', 'facts:*', 'file:/etc/hostname', 'file:/etc/machine-info'] };
}
