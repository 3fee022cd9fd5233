import * as z from 'zod';
import { defineModule } from './module.ts';
import { aptAbsent, aptParams, askApt, planApt } from './support/apt-packages.ts';

export default defineModule({
  summary: "Install, upgrade or remove packages with the host's own package manager, which has to be apt.",
  params: z
    .strictObject({
      ...aptParams,
      use: z.enum(['auto', 'apt']).default('auto').describe('The package manager; no other than apt is known.'),
    })
    .refine(({ name }) => name !== undefined, 'expected name'),
  examples: [
    { description: 'Two packages', task: 'package:\n  name: [curl, ca-certificates]' },
    { description: 'No such package', task: 'package:\n  name: telnet\n  state: absent' },
  ],
  absent: aptAbsent,
  ask: askApt,
  plan: (params, answers) =>
    planApt(params, answers, 'The module package knows apt alone: use the module command with the package manager of the host.'),
});
