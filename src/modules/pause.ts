import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { defineModule } from './module.ts';

const params = z
  .strictObject({
    seconds: z.coerce.number().int().min(0).max(86_400).optional().describe('Seconds to wait.'),
    minutes: z.coerce.number().int().min(0).max(1440).optional().describe('Minutes to wait.'),
  })
  .refine(({ seconds, minutes }) => (seconds === undefined) !== (minutes === undefined), 'expected either seconds or minutes');

const secondsOf = ({ seconds, minutes = 0 }: z.output<typeof params>): number => seconds ?? minutes * 60;

export default defineModule({
  summary: 'Wait for a while: each host by itself, in its turn. Check mode does not wait.',
  params,
  examples: [
    { description: 'Let a service settle', task: 'pause:\n  seconds: 20' },
    { description: 'Wait for a name server to forget', task: 'pause:\n  minutes: 5\nrun_once: true' },
  ],
  absent: {
    prompt: 'A run waits for nobody: say seconds or minutes, show a text with the module debug, and give what a person decides with -e NAME=VALUE.',
    echo: 'A run asks nothing: give what a person decides with -e NAME=VALUE.',
  },
  ask: () => ask({}),
  plan: (params) => {
    const waitsSeconds = secondsOf(params);
    return waitsSeconds === 0 ? [] : [{ summary: `wait ${waitsSeconds} seconds`, commands: [], writes: [], waitsSeconds }];
  },
  result: (params) => ({ delta: secondsOf(params) }),
});
