import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { defineModule } from './module.ts';

const seconds = (least: number) => z.coerce.number().int().min(least).max(86_400);

export default defineModule({
  summary: 'Wait until the host can be reached and lets one in; it is connected to anew. Check mode does not wait.',
  params: z.strictObject({
    timeout: seconds(0).default(600).describe('Seconds until the task fails.'),
    delay: seconds(0).default(0).describe('Seconds before the first try.'),
    sleep: seconds(1).default(1).describe('Seconds between two tries.'),
    connect_timeout: seconds(1).default(5).describe('Seconds that one try may take.'),
  }),
  examples: [
    { description: 'Wait for a new machine, first in a play with gather_facts: false', task: 'wait_for_connection:\n  timeout: 300' },
    { description: 'Wait after something that cuts the network off', task: 'wait_for_connection:\n  delay: 10' },
  ],
  ask: () => ask({}),
  plan: ({ timeout, delay, sleep, connect_timeout }) => [
    {
      summary: 'wait for the connection',
      commands: [],
      writes: [],
      waitsSeconds: delay,
      reconnects: {
        timeoutSeconds: timeout,
        sleepSeconds: sleep,
        connectSeconds: connect_timeout,
        signs: [{ command: { script: ':' }, otherwise: 'its shell does not work' }],
      },
    },
  ],
});
