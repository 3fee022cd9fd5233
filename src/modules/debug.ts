import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { defineModule } from './module.ts';
import { notBoth, variable } from './params.ts';

export default defineModule({
  summary: 'Print a message or a value during the run.',
  params: z
    .strictObject({
      msg: z.unknown().optional().describe('What to print: text, or any value. Default: `Hello world!`.'),
      var: variable().optional().describe('The name of a variable whose value is printed.'),
    })
    .refine(...notBoth('msg', 'var')),
  examples: [
    { description: 'Print a text', task: 'debug:\n  msg: "The server is {{ inventory_hostname }}"' },
    { description: 'Print a list', task: 'debug:\n  var: group_names' },
  ],
  absent: { verbosity: 'The message is always shown.' },
  ask: () => ask({}),
  plan: () => [],
  result: ({ msg, var: value = msg }) => ({
    msg: typeof value === 'string' ? value : value === undefined ? 'Hello world!' : JSON.stringify(value, null, 2),
  }),
});
