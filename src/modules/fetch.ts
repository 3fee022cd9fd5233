import { basename, join } from 'node:path/posix';
import * as z from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule, type Here } from './module.ts';
import { bool, line, path } from './params.ts';

const params = z.strictObject({
  src: path().describe('The file on the host; a link is followed.'),
  dest: line()
    .refine((value) => value !== '', 'expected a path')
    .describe(
      'The folder on your machine that it goes into, as `dest/HOST/src`; with `flat` the file itself, or a folder when it ends with a slash. A relative path begins at the playbook.',
    ),
  flat: bool().default(false).describe('Put it at `dest` itself, not into a folder for each host.'),
  fail_on_missing: bool().default(true).describe('Fail when the file is not there, or is a folder; without it, that is well.'),
  validate_checksum: bool()
    .default(true)
    .describe('What arrives must have the digest that the file had before. Switch it off for a file that is written all the time.'),
});

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Bring a file of the host to your machine.',
  params,
  examples: [
    {
      description: 'A key of each host, into backup/HOST/etc/app/signing.key',
      task: 'fetch:\n  src: /etc/app/signing.key\n  dest: backup/',
    },
    {
      description: 'One file under a name of its own',
      task: 'fetch:\n  src: /var/lib/app/report.json\n  dest: "reports/{{ inventory_hostname }}.json"\n  flat: true\n  fail_on_missing: false',
    },
  ],
  absent: { encrypt: 'Keep secrets in the secrets file (homerun secret).', vault_id: 'Keep secrets in the secrets file (homerun secret).' },
  ask: ({ src }) => ask({ found: file(src, { follow: true }) }),
  plan: (params, { found }, here) => {
    const missing = missingIn(params.src, found);
    if (missing && params.fail_on_missing) throw missing;
    if (missing || !found.exists) return [];
    const to = placeOf(params, here);
    const there = here.look(to);
    if (there?.isFolder) throw new TaskError(`${to} is a folder on this machine`, 'With flat, end dest with a slash to put the file into it.');
    if (there?.sha256() === found.sha256) return [];
    const brought = { from: found.real, to, ...(params.validate_checksum && { sha256: found.sha256, size: found.size }) };
    return [
      {
        summary: `fetch ${params.src} to ${to}`,
        commands: [],
        writes: [],
        brings: [brought],
        // It may be another by the time that it has arrived: then nothing can be compared.
        ...(!params.validate_checksum && { opaque: true as const }),
      },
    ];
  },
  result: (params, { found }, _outputs, here) => {
    const missing = missingIn(params.src, found);
    if (missing || !found.exists) return { file: params.src, msg: `${missing?.message ?? params.src}: not fetched` };
    const dest = placeOf(params, here);
    const there = here.look(dest);
    return {
      file: params.src,
      dest,
      ...(there && !there.isFolder && { checksum: there.sha256() }),
      ...(found.sha256 !== undefined && { remote_checksum: found.sha256 }),
    };
  },
});

/** Why there is nothing to fetch, as far as `fail_on_missing` may pass over it. @throws TaskError for what it may not. */
function missingIn(src: string, found: FileAnswer): TaskError | undefined {
  if (!found.exists) return new TaskError(`there is no file ${src} on the host`, 'Say fail_on_missing: false where that is well.');
  if (found.type === 'directory') return new TaskError(`${src} is a folder on the host`, 'Name a file; find lists those of a folder.');
  if (found.type !== 'file') throw new TaskError(`${src} is not a regular file on the host`, 'Name a file.');
  if (found.sha256 === undefined) throw new TaskError(`${src} may not be read by this user`, 'Run the task as root: become: true.');
  return undefined;
}

function placeOf({ src, dest, flat }: Params, here: Here): string {
  const place = here.resolve(dest);
  if (flat) return dest.endsWith('/') ? join(place, basename(src)) : place;
  if (/^\.{0,2}$|\//.test(here.host))
    throw new TaskError(`a folder cannot be called ${JSON.stringify(here.host)} like the host`, 'Say flat: true, and name the file.');
  return join(place, here.host, src);
}
