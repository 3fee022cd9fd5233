import * as z from 'zod';
import { content } from '../questions/content.ts';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { path } from './params.ts';

export default defineModule({
  summary: 'Read a file of the host, and register what it holds.',
  params: z.strictObject({
    src: path().describe('The file on the host, of 1 MiB at most; a link is followed.'),
  }),
  examples: [
    {
      description: 'A version that another program wrote',
      task: 'slurp:\n  src: /etc/debian_version\nregister: version_file',
    },
    {
      description: 'A key that is not to be shown; its text is `{{ b64decode signing_key.content }}`',
      task: 'slurp:\n  src: /etc/app/signing.key\nregister: signing_key\nno_log: true',
    },
  ],
  aliases: { path: 'src' },
  ask: ({ src }) => ask({ content: content(src) }),
  plan: ({ src }, { content: found }) => {
    if (!found.exists) throw new TaskError(`there is no file ${src} on the host`, 'Look first with the module stat, or set failed_when: false.');
    if (found.problem === 'permission denied') throw new TaskError(`${src} may not be read by this user`, 'Run the task as root: become: true.');
    if (found.problem) throw new TaskError(`${src} is ${found.problem} on the host`, 'Name a file.');
    if (found.truncated) throw new TaskError(`${src} is longer than 1 MiB: too long to be registered`, 'Read a part of it with the module command.');
    return [];
  },
  result: ({ src }, { content: found }) => ({
    content: found.base64 ?? Buffer.from(found.text ?? '').toString('base64'),
    encoding: 'base64',
    source: src,
  }),
});
