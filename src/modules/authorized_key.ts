import { posix } from 'node:path';
import * as z from 'zod';
import { type ContentAnswer, content } from '../questions/content.ts';
import { type FileAnswer, file } from '../questions/file.ts';
import { type Asking, ask } from '../questions/question.ts';
import { type UserAnswer, user } from '../questions/user.ts';
import type { Change } from '../values/change.ts';
import { sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret, secretIf } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, line, path, text } from './params.ts';
import { accountName } from './support/accounts.ts';
import { attributeChanges, setAttributes } from './support/attributes.ts';
import { type AuthorizedKey, areOptions, keyProblem, parseKey, withKeys, withoutKeys } from './support/authorized-keys.ts';
import { planWritten } from './support/edit-file.ts';
import { readableText } from './support/readable-text.ts';

const params = z.strictObject({
  user: accountName().describe('The user of the host whose keys these are.'),
  key: text()
    .superRefine((given, context) => {
      const problem = problemOf(revealed(given));
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .describe('The public key, as it stands in a file `.pub`; several are written one a line. Lines that begin with `#` are skipped.'),
  state: z
    .enum(['present', 'absent'])
    .default('present')
    .describe('Whether the keys shall be there; `absent` removes them whatever their options and comments are.'),
  key_options: line()
    .refine(areOptions, 'expected options with commas between, such as from="10.0.1.1",no-pty: no blank outside quotes, every quote closed')
    .optional()
    .describe('What the keys may do (sshd(8)), instead of what is written before them.'),
  comment: line().optional().describe('A comment for the keys, instead of what is written behind them.'),
  exclusive: bool().default(false).describe('With `state: present`: nothing else stays in the file, also no comment.'),
  path: path().optional().describe('The file. Default: `.ssh/authorized_keys` in the home folder of the user.'),
  manage_dir: bool()
    .default(true)
    .describe('Make the folder of the file, and keep it for the user alone. Say `false` with a `path` in a folder that is not of the user alone.'),
  follow: bool().default(false).describe('Write to what a link at `path` points at, instead of replacing the link.'),
});

type Params = z.output<typeof params>;

interface Answers {
  readonly user: UserAnswer;
  /** What is known of the file; absent where there is no user, and so no home folder. */
  readonly place?: { readonly path: string; readonly file: FileAnswer; readonly content: ContentAnswer; readonly folder: FileAnswer };
}

export default defineModule({
  summary: 'Let the holder of an SSH key log in as a user of the host, or no longer.',
  params,
  examples: [
    {
      description: 'A key that may only do one thing',
      task: 'authorized_key:\n  user: backup\n  key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl backup@laptop\n  key_options: command="/usr/local/bin/backup",no-pty',
    },
    {
      description: 'These keys and no others',
      task: 'authorized_key:\n  user: root\n  exclusive: true\n  key: |\n    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl anna\n    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS boris',
    },
  ],
  absent: { validate_certs: 'A URL is not taken as key: keep the keys in a file of yours.' },
  *ask({ user: name, path: given, follow }): Asking<Answers> {
    const { user: found } = yield* ask({ user: user(name) });
    const path = given ?? (found.home?.startsWith('/') ? posix.join(found.home, '.ssh/authorized_keys') : undefined);
    if (!found.exists || path === undefined) return { user: found };
    const answers = yield* ask({
      file: file(path, follow ? { follow } : {}),
      content: content(path),
      folder: file(posix.dirname(path), { digest: false }),
    });
    return { user: found, place: { path: follow ? answers.file.real : path, ...answers } };
  },
  plan: (params, answers) => {
    const { user: name, state } = params;
    if (!answers.user.exists) throw new TaskError(`there is no user ${name} on the host`, 'Create it before with the module user.');
    if (!answers.place) throw new TaskError(`the user ${name} has no home folder`, 'Name the file with path.');
    const { path, file: found, content: before, folder } = answers.place;
    if (found.exists === false && found.isHidden)
      throw new TaskError(`this user may not look at ${path}`, `Run the task as root or as ${name}: become: true.`);
    const old = readableText(path, before);
    const after = state === 'present' ? withKeys(old, keysOf(params), params.exclusive) : withoutKeys(old, keysOf(params));
    const isKept = after === old && found.exists;
    // A file at a place of your own may belong to somebody else, as long as nothing is to be written.
    if (isKept && (state === 'absent' || params.path !== undefined || found.type === 'link')) return [];
    if (state === 'absent' && !found.exists) return [];
    const owner = { owner: String(answers.user.uid), group: String(answers.user.gid) };
    const wanted = { ...owner, mode: '0600' };
    const folders = folderChanges(params, posix.dirname(path), folder, owner);
    if (isKept) return [...folders, ...attributeChanges(path, wanted, found)];
    const written = { ...wanted, content: secretIf(params.key instanceof Secret, after), backup: false };
    return [...folders, ...planWritten(path, answers.place, written)];
  },
  result: ({ user: name, state, exclusive, manage_dir }, { place }) => ({ user: name, state, exclusive, manage_dir, keyfile: place?.path ?? null }),
});

/** What is wrong with the text of `key`; `undefined` when it holds keys. */
function problemOf(given: string): string | undefined {
  if (/^https?:/.test(given)) return 'expected public keys, not a URL: keep the keys in a file of yours';
  const lines = keyLines(given);
  if (lines.length === 0) return 'expected at least one public key';
  for (const one of lines) {
    const key = parseKey(one);
    const problem = key ? keyProblem(key) : 'it does not begin with a type such as ssh-ed25519 and the key in base64';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    if (problem === undefined && !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(one)) continue;
    return `expected a public key as in a file .pub: ${problem ?? 'there are control characters in it'}`;
  }
  return undefined;
}

function keyLines(given: string): readonly string[] {
  return given
    .split(/\r?\n/)
    .map((one) => one.trim())
    .filter((one) => one !== '' && !one.startsWith('#'));
}

/** The keys that are meant, each once, with the options and the comment that they shall have. */
function keysOf({ key, key_options, comment }: Params): readonly AuthorizedKey[] {
  const keys = keyLines(revealed(key)).flatMap((one) => parseKey(one) ?? []);
  const wanted = keys.map((one) => ({
    ...one,
    options: key_options ?? one.options,
    comment: (comment ?? one.comment).trim().replaceAll(/\s+/g, ' '),
  }));
  return [...new Map(wanted.map((one) => [one.blob, one])).values()];
}

/** sshd does not take keys from a folder that others may write to. */
function folderChanges(
  { manage_dir }: Params,
  path: string,
  found: FileAnswer,
  owner: { readonly owner: string; readonly group: string },
): readonly Change[] {
  const mode = '0700';
  if (!found.exists) {
    const commands = manage_dir ? [sh`mkdir -m ${mode} -- ${path}`, ...setAttributes(path, owner)] : [sh`mkdir -p -- ${path}`];
    return [{ summary: `create the folder ${path}`, commands, writes: [`file:${path}`] }];
  }
  if (!manage_dir) return [];
  // What a link of the user's own points at is not given away to that user.
  if (found.type !== 'directory')
    throw new TaskError(`${path} is not a folder on the host, but a ${found.type}`, 'Remove it, or say manage_dir: false.');
  return attributeChanges(path, { ...owner, mode }, found);
}
