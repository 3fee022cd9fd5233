import * as z from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, type LocalFile, line, listOf, localOrHostFile, path } from './params.ts';
import { attributeParams } from './support/attributes.ts';
import { checksum } from './support/checksum.ts';
import { digestOf } from './support/content.ts';
import { unpack } from './support/unpack.ts';

/** What cannot lead out of the folder that is unpacked into. */
const allowedOption = /^--(strip-components=\d+|transform=.+|xform=.+|wildcards)$/;

const params = z
  .strictObject({
    src: localOrHostFile({ unless: 'remote_src' }).optional().describe('A tar file of your machine (plain, or packed by gzip, bzip2, xz or zstd).'),
    remote_src: bool().default(false).describe('`src` is a path on the host.'),
    host_src: path().optional().describe('Instead of src: a tar file that is on the host already.'),
    checksum: checksum().optional().describe('Of a tar file on the host: the digest that it must have, `sha256:…`.'),
    dest: path().describe('The folder on the host that it is unpacked into; it must be there.'),
    creates: path().describe('A path that the archive brings: when it is there, nothing is done.'),
    owner: attributeParams.owner,
    group: attributeParams.group,
    exclude: listOf(line()).optional().describe('Names in the archive that are left out, as tar(1) takes them.'),
    include: listOf(line()).optional().describe('Names in the archive, as tar(1) takes them: only these are unpacked.'),
    extra_opts: listOf(
      line().refine(
        (option) => allowedOption.test(option),
        'expected --strip-components=NUMBER, --transform=EXPRESSION or --wildcards (for others use the module command with tar)',
      ),
    )
      .optional()
      .describe('More for tar(1): `--strip-components=1` leaves out the top folder; `--transform=…` and `--wildcards` are taken as well.'),
  })
  .refine(({ src, host_src }) => (src === undefined) !== (host_src === undefined), 'expected either src or host_src')
  .refine(
    ({ src, remote_src }) => !remote_src || typeof src !== 'string' || path().safeParse(src).success,
    'expected an absolute src with remote_src',
  )
  .refine(
    ({ src, remote_src, checksum }) => src === undefined || remote_src || checksum === undefined,
    'checksum is for a file of the host: one of your machine is always checked',
  );

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Unpack a tar file into a folder of the host.',
  params,
  examples: [
    { description: 'From your machine', task: 'unarchive:\n  src: tool-1.2.tar.gz\n  dest: /opt\n  creates: /opt/tool-1.2/bin/tool' },
    {
      description: 'One that was downloaded',
      task: 'unarchive:\n  src: /opt/tool-1.2.tar.gz\n  remote_src: true\n  dest: /opt\n  creates: /opt/tool-1.2\n  owner: root',
    },
  ],
  absent: {
    copy: 'Use remote_src.',
    mode: 'The modes of the archive count; change them with the module file.',
    list_files: 'Use the module command with tar -t.',
    keep_newer: 'Use the module command with tar --keep-newer-files.',
    io_buffer_size: 'Leave it out.',
    validate_certs: 'Download with the module get_url before.',
    decrypt: 'Keep secrets in the secrets file (homerun secret).',
  },
  ask: (params) => {
    const { dest, creates } = params;
    const archive = onHost(params);
    return ask({
      creates: file(creates, { digest: false }),
      dest: file(dest, { digest: false, follow: true }),
      ...(archive !== undefined && { archive: file(archive, { digest: false, follow: true }) }),
    });
  },
  plan: (params, answers) => {
    if (answers.creates.exists) return [];
    const { dest } = params;
    if (!answers.dest.exists || answers.dest.type !== 'directory')
      throw new TaskError(`the folder ${dest} is not there on the host`, 'Create it first (module file, state: directory).');
    const archive: FileAnswer | undefined = answers.archive;
    const name = onHost(params);
    if (name !== undefined && !archive?.exists)
      throw new TaskError(`there is no file ${name} on the host`, 'Download it before with the module get_url.');
    const from = localOf(params)?.path ?? name ?? '';
    return [{ summary: `unpack ${from} into ${dest}`, commands: [unpackCommand(params)], writes: [`file:${dest}`] }];
  },
  result: ({ dest }) => ({ dest, handler: 'TarArchive' }),
});

/** The archive's path on the host, where it is there. */
function onHost({ src, host_src }: Params): string | undefined {
  return typeof src === 'string' ? src : host_src;
}

function localOf({ src }: Params): LocalFile | undefined {
  return typeof src === 'string' ? undefined : src;
}

function unpackCommand(params: Params) {
  const { checksum, dest, creates, owner, group, exclude = [], include = [], extra_opts = [] } = params;
  const local = localOf(params);
  return unpack({
    archive: onHost(params),
    ...(local && { stdin: local.content }),
    sha256: local ? digestOf(local.content) : checksum,
    folder: dest,
    creates,
    owner,
    group,
    exclude,
    include,
    options: extra_opts,
  });
}
