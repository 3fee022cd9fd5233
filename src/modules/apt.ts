import * as z from 'zod';
import { debFile } from '../questions/deb-file.ts';
import { installedPackage } from '../questions/package.ts';
import { type Asking, ask } from '../questions/question.ts';
import { defineModule } from './module.ts';
import { notBoth, path } from './params.ts';
import { type DebAnswers, planDeb } from './support/apt-file.ts';
import { type AptAnswers, aptAbsent, aptAliases, aptParams, askApt, planApt } from './support/apt-packages.ts';

interface Answers extends AptAnswers {
  readonly deb?: DebAnswers;
}

export default defineModule({
  summary: 'Install, upgrade or remove Debian packages.',
  params: z
    .strictObject({
      ...aptParams,
      deb: path()
        .refine((file) => file.endsWith('.deb'), 'expected the path of a file .deb on the host')
        .optional()
        .describe('A file on the host whose package shall be installed, in its version; what it needs comes from the repositories.'),
    })
    .refine(({ name, deb, update_cache }) => name !== undefined || deb !== undefined || update_cache, 'expected name, deb or update_cache')
    .refine(...notBoth('name', 'deb'))
    .refine(({ deb, state }) => deb === undefined || state === 'present', 'expected state: present with deb'),
  examples: [
    {
      description: 'Install two packages, with lists of at most an hour',
      task: 'apt:\n  name: [nginx, curl]\n  update_cache: true\n  cache_valid_time: 3600',
    },
    { description: 'Remove one with its configuration', task: 'apt:\n  name: apache2\n  state: absent\n  purge: true' },
    { description: 'A package that is brought as a file', task: 'apt:\n  deb: /srv/agent_1.2_amd64.deb' },
  ],
  aliases: aptAliases,
  absent: aptAbsent,
  *ask(params): Asking<Answers> {
    const answers = yield* askApt(params);
    if (params.deb === undefined) return answers;
    const { file } = yield* ask({ file: debFile(params.deb) });
    if (file.state !== 'package') return { ...answers, deb: { file } };
    const { found } = yield* ask({ found: installedPackage(file.name) });
    return { ...answers, deb: { file, found } };
  },
  plan: (params, answers) => [
    ...planApt(params, answers, 'This playbook is for Debian and Ubuntu.'),
    ...(params.deb !== undefined && answers.deb ? planDeb(params.deb, params, answers.deb) : []),
  ],
});
