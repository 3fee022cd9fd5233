import { z } from 'zod';
import { defineModule } from './module.ts';
import { aptAbsent, aptAliases, aptParams, askApt, planApt } from './support/apt-packages.ts';

export default defineModule({
  summary: 'Install, upgrade or remove Debian packages.',
  params: z.strictObject(aptParams).refine(({ name, update_cache }) => name !== undefined || update_cache, 'expected name, update_cache or both'),
  examples: [
    {
      description: 'Install two packages, with lists of at most an hour',
      task: 'apt:\n  name: [nginx, curl]\n  update_cache: true\n  cache_valid_time: 3600',
    },
    { description: 'Remove one with its configuration', task: 'apt:\n  name: apache2\n  state: absent\n  purge: true' },
  ],
  aliases: aptAliases,
  absent: aptAbsent,
  ask: askApt,
  plan: (params, answers) => planApt(params, answers, 'This playbook is for Debian and Ubuntu.'),
});
