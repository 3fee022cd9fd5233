import * as z from 'zod';
import { file } from '../questions/file.ts';
import { ask } from '../questions/question.ts';
import { defineModule } from './module.ts';
import { bool, path } from './params.ts';
import { bitNames } from './support/mode.ts';

export default defineModule({
  summary: 'Look at a file or folder, and register what is there.',
  params: z.strictObject({
    path: path().describe('The path.'),
    follow: bool().default(false).describe('Look at what a link points at.'),
    get_checksum: bool().default(true).describe('Compute the checksum of a regular file.'),
    checksum_algorithm: z
      .literal('sha256', 'only sha256 is there')
      .default('sha256')
      .describe('Only `sha256`, which is the default here (in Ansible it is `sha1`).'),
  }),
  examples: [
    { description: 'Do something only if a file is there', task: 'stat:\n  path: /etc/nginx/nginx.conf\nregister: nginx_conf' },
    { description: 'Only whether it is there, of a large file', task: 'stat:\n  path: /var/lib/backup.tar\n  get_checksum: false\nregister: backup' },
  ],
  aliases: { dest: 'path', name: 'path' },
  absent: {
    get_mime: 'Use the module command with file(1).',
    get_attributes: 'Use the module command with lsattr(1).',
    get_selinux_context: 'Use the module command with ls -Z.',
  },
  ask: ({ path, follow, get_checksum }) =>
    ask({ file: file(path, { ...(follow && { follow }), ...(!get_checksum && { digest: false as const }), times: true }) }),
  plan: () => [],
  result: ({ path }, { file: found }) => {
    if (!found.exists) return { stat: { exists: false } };
    const { type, times } = found;
    return {
      stat: {
        exists: true,
        path,
        mode: found.mode,
        isreg: type === 'file',
        isdir: type === 'directory',
        islnk: type === 'link',
        isfifo: found.special === 'fifo',
        issock: found.special === 'socket',
        isblk: found.special === 'block',
        ischr: found.special === 'character',
        ...bitNames(Number.parseInt(found.mode, 8)),
        ...(found.access !== undefined && {
          readable: found.access.includes('r'),
          writeable: found.access.includes('w'),
          executable: found.access.includes('x'),
        }),
        uid: found.uid,
        gid: found.gid,
        pw_name: found.owner,
        gr_name: found.group,
        ...(found.size !== undefined && { size: found.size }),
        ...(found.sha256 !== undefined && { checksum: found.sha256 }),
        ...(found.target !== undefined && { lnk_target: found.target, lnk_source: found.real }),
        ...(times && { atime: times.accessed, mtime: times.modified, ctime: times.changed, inode: times.inode, nlink: times.links }),
      },
    };
  },
});
