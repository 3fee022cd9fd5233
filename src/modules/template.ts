import * as z from 'zod';
import { defineModule } from './module.ts';
import { bool, templateFile } from './params.ts';
import { attributeParams } from './support/attributes.ts';
import { destination, validation } from './support/destination.ts';
import { askPlaced, type Placed, placedResult, planPlaced } from './support/place-content.ts';

const params = z.strictObject({
  src: templateFile().describe(
    'A Handlebars template of your machine, looked for beside the playbook, in its `templates` folder and in that of the project.',
  ),
  dest: destination().describe('Where it goes on the host; a folder (or a trailing slash) takes the name of `src` without `.hbs`.'),
  force: bool().default(true).describe('Replace a file that differs; without it, only write what is not there.'),
  follow: bool().default(false).describe('Write to what a link at `dest` points at, instead of replacing the link.'),
  backup: bool().default(false).describe('Keep the file that is replaced, beside it with the time in its name.'),
  validate: validation(),
  ...attributeParams,
});

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Put a rendered template on the host.',
  params,
  examples: [
    {
      description: 'A configuration file, tested before it is put in place',
      task: 'template:\n  src: sudoers.hbs\n  dest: /etc/sudoers.d/team\n  mode: "0440"\n  validate: visudo -cf %s',
    },
    { description: 'Keep the old one', task: 'template:\n  src: app.conf.hbs\n  dest: /etc/app.conf\n  backup: true' },
  ],
  absent: {
    newline_sequence: 'Lines end as they do in the template.',
    block_start_string: 'Templates are Handlebars.',
    variable_start_string: 'Templates are Handlebars.',
    trim_blocks: 'Templates are Handlebars: use {{~ and ~}}.',
    lstrip_blocks: 'Templates are Handlebars: use {{~ and ~}}.',
    output_encoding: 'Files are written as UTF-8.',
    attributes: 'Use the module command with chattr(1).',
    unsafe_writes: 'Files are always replaced in one step.',
  },
  ask: (params) => askPlaced(placed(params)),
  plan: (params, answers) => planPlaced(placed(params), answers),
  result: (params, answers, outputs) => placedResult(placed(params), answers, outputs),
});

function placed({ src, ...rest }: Params): Placed {
  return {
    ...rest,
    name: src.path
      .split('/')
      .at(-1)
      ?.replace(/\.hbs$/, ''),
    content: src.content,
  };
}
