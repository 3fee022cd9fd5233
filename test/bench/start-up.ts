// W7: how long the command takes to start, beside node itself.

import { command } from '../command.ts';
import { measure, type Subject } from './measure.ts';
import { columns, type Section, section, times } from './table.ts';

/** The first is what the others are compared with. */
const subjects: readonly Subject[] = [
  { name: 'node -e 0', command: { argv: [process.execPath, '-e', '0'] } },
  { name: 'homerun --version', command: { argv: [process.execPath, command, '--version'] } },
  { name: 'homerun --help', command: { argv: [process.execPath, command, '--help'] } },
  {
    name: 'homerun lint playbooks/site.yaml',
    command: {
      argv: [
        process.execPath,
        command,
        'lint',
        'playbooks/site.yaml',
        '-i',
        'inventory/example',
        '-e',
        'matrix_admin_password=x matrix_database_password=x',
      ],
    },
  },
];

/** Measures start-up; 25 rounds take about half a minute. */
export async function startUp(rounds: number, say: (line: string) => void): Promise<Section[]> {
  const measured = await measure(subjects, { rounds, warmUps: 1, say });
  const shown = [columns.milliseconds, times('× node', measured[0]), columns.cpu, columns.memory, columns.rounds];
  return [section({ id: 'w7', title: 'W7 start-up' }, measured, shown)];
}
