import { z } from 'zod';
import { ask } from '../questions/question.ts';
import { defineModule } from './module.ts';

export default defineModule({
  summary: 'Print a message or a value during the run.',
  params: z.strictObject({
    msg: z.unknown().optional().describe('What to print: text, or any value. Default: `Hello world!`.'),
  }),
  examples: [
    { description: 'Print a text', task: 'debug:\n  msg: "The server is {{ inventory_hostname }}"' },
    { description: 'Print a list', task: 'debug:\n  msg: "{{ group_names }}"' },
  ],
  absent: { var: 'Write msg: "{{ NAME }}" instead.', verbosity: 'The message is always shown.' },
  ask: () => ask({}),
  plan: () => [],
  result: ({ msg }) => ({ msg: typeof msg === 'string' ? msg : msg === undefined ? 'Hello world!' : JSON.stringify(msg, null, 2) }),
});
