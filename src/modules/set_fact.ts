import * as z from 'zod';
import { ask } from '../questions/question.ts';
import type { Value } from '../values/vars.ts';
import { defineModule } from './module.ts';

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export default defineModule({
  summary: 'Set variables of the host for the rest of the run.',
  params: z.record(
    z.string().regex(variableName, 'expected the name of a variable: letters, digits and _, the first being no digit'),
    z.custom<Value>(() => true),
  ),
  examples: [
    { description: 'Keep a result under a name of its own', task: 'set_fact:\n  admin_name: "{{ inventory_hostname }}-admin"' },
    { description: 'Set two at once', task: 'set_fact:\n  first: 1\n  second: [a, b]' },
  ],
  absent: { cacheable: 'Facts last for the run; write what shall last into the inventory.' },
  ask: () => ask({}),
  plan: () => [],
  // The engine makes variables of what stands under this name, as Ansible does.
  result: (params) => ({ ansible_facts: params }),
});
