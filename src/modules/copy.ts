import { z } from 'zod';
import { defineModule } from './module.ts';
import { bool, localFile, text } from './params.ts';
import { attributeParams } from './support/attributes.ts';
import { destination, validation } from './support/destination.ts';
import { askPlaced, type Placed, placedResult, planPlaced } from './support/place-content.ts';

const params = z
  .strictObject({
    src: localFile().optional().describe('A file of your machine, looked for beside the playbook, in its `files` folder and in the project.'),
    content: text().optional().describe('The content itself, instead of a file.'),
    dest: destination().describe('Where it goes on the host; a folder (or a trailing slash) takes the name of `src`.'),
    force: bool().default(true).describe('Replace a file that differs; without it, only write what is not there.'),
    backup: bool().default(false).describe('Keep the file that is replaced, beside it with the time in its name.'),
    validate: validation(),
    ...attributeParams,
  })
  .refine(({ src, content }) => (src === undefined) !== (content === undefined), 'expected either src or content');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Put a file or a text on the host.',
  params,
  examples: [
    { description: 'A file from your machine', task: 'copy:\n  src: motd\n  dest: /etc/motd\n  mode: "0644"' },
    { description: 'A text', task: 'copy:\n  content: "{{ inventory_hostname }}\\n"\n  dest: /etc/example\n  owner: root\n  mode: "0640"' },
  ],
  absent: {
    remote_src: 'Use the module command with cp and creates.',
    directory_mode: 'Folders are not copied; make them with the module file.',
    follow: 'A link at dest is replaced.',
    local_follow: 'Links on your machine are followed.',
    decrypt: 'Keep secrets in the secrets file (homerun secret).',
    checksum: 'The digest is always checked.',
    attributes: 'Use the module command with chattr(1).',
    unsafe_writes: 'Files are always replaced in one step.',
  },
  ask: (params) => askPlaced(placed(params)),
  plan: (params, answers) => planPlaced(placed(params), answers),
  result: (params, answers) => placedResult(placed(params), answers),
});

function placed({ src, content, ...rest }: Params): Placed {
  return { ...rest, name: src?.path.split('/').at(-1), content: src?.content ?? content ?? '' };
}
