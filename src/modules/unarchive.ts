import { z } from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { line, localFile, path } from './params.ts';
import { attributeParams } from './support/attributes.ts';
import { checksum } from './support/checksum.ts';
import { unpack } from './support/unpack.ts';
import { digestOf } from './support/write-file.ts';

const params = z
  .strictObject({
    src: localFile().optional().describe('A tar file of your machine (plain, or packed by gzip, bzip2, xz or zstd).'),
    host_src: path().optional().describe('Instead of src: a tar file that is on the host already.'),
    checksum: checksum().optional().describe('With host_src: the digest that the tar file must have, `sha256:…`.'),
    dest: path().describe('The folder on the host that it is unpacked into; it must be there.'),
    creates: path().describe('A path that the archive brings: when it is there, nothing is done.'),
    owner: attributeParams.owner,
    group: attributeParams.group,
    exclude: z.array(line()).optional().describe('Names in the archive that are left out, as tar(1) takes them.'),
  })
  .refine(({ src, host_src }) => (src === undefined) !== (host_src === undefined), 'expected either src or host_src')
  .refine(({ src, checksum }) => src === undefined || checksum === undefined, 'checksum is for host_src: a file of your machine is always checked');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Unpack a tar file into a folder of the host.',
  params,
  examples: [
    { description: 'From your machine', task: 'unarchive:\n  src: tool-1.2.tar.gz\n  dest: /opt\n  creates: /opt/tool-1.2/bin/tool' },
    {
      description: 'One that was downloaded',
      task: 'unarchive:\n  host_src: /opt/tool-1.2.tar.gz\n  dest: /opt\n  creates: /opt/tool-1.2\n  owner: root',
    },
  ],
  absent: {
    copy: 'Use src or host_src.',
    remote_src: 'Name a file that is on the host with host_src: PATH.',
    mode: 'The modes of the archive count; change them with the module file.',
    include: 'Use exclude.',
    extra_opts: 'Use the module command with tar(1).',
    list_files: 'Use the module command with tar -t.',
    keep_newer: 'Use the module command with tar --keep-newer-files.',
    io_buffer_size: 'Leave it out.',
    validate_certs: 'Download with the module get_url before.',
    decrypt: 'Keep secrets in the secrets file (homerun secret).',
  },
  ask: ({ dest, creates, host_src }) =>
    ask({
      creates: file(creates, { digest: false }),
      dest: file(dest, { digest: false, follow: true }),
      ...(host_src !== undefined && { archive: file(host_src, { digest: false, follow: true }) }),
    }),
  plan: (params, answers) => {
    if (answers.creates.exists) return [];
    const { dest, host_src } = params;
    if (!answers.dest.exists || answers.dest.type !== 'directory')
      throw new TaskError(`the folder ${dest} is not there on the host`, 'Create it first (module file, state: directory).');
    const archive: FileAnswer | undefined = answers.archive;
    if (host_src !== undefined && !archive?.exists)
      throw new TaskError(`there is no file ${host_src} on the host`, 'Download it before with the module get_url.');
    const from = params.src?.path ?? host_src ?? '';
    return [{ summary: `unpack ${from} into ${dest}`, commands: [unpackCommand(params)], writes: [`file:${dest}`] }];
  },
  result: ({ dest }) => ({ dest, handler: 'TarArchive' }),
});

function unpackCommand({ src, host_src, checksum, dest, creates, owner, group, exclude = [] }: Params) {
  return unpack({
    archive: host_src,
    ...(src && { stdin: src.content }),
    sha256: src ? digestOf(src.content) : checksum,
    folder: dest,
    creates,
    owner,
    group,
    exclude,
  });
}
