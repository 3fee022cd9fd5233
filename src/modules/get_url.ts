import * as z from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { type Asking, ask } from '../questions/question.ts';
import { type Command, quote } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, line } from './params.ts';
import { attributeChanges, attributeParams } from './support/attributes.ts';
import { checksum } from './support/checksum.ts';
import { destination } from './support/destination.ts';
import { resolvedMode } from './support/mode.ts';
import { cleanUp, fail } from './support/shell.ts';
import { temporary } from './support/temporary.ts';
import { enter, own, replace } from './support/write-file.ts';

const params = z
  .strictObject({
    url: line()
      .refine((url) => /^https?:\/\/[^\s/]/.test(url), 'expected a URL that begins with http:// or https://')
      .describe('What the host downloads.'),
    dest: destination().describe('Where it goes on the host; a folder (or a trailing slash) takes the name in the URL.'),
    checksum: checksum()
      .optional()
      .describe('The digest that the file must have, `sha256:…`; a file that has another one is downloaded again, and refused if it still differs.'),
    force: bool().default(false).describe('Replace a file that differs from `checksum`. Without `checksum` a file that is there is left alone.'),
    timeout: z.coerce.number().int().min(1).max(86_400).default(300).describe('Seconds for the download.'),
    validate_certs: bool().default(true).describe('Check the certificate of the server.'),
    ...attributeParams,
  })
  .refine(
    ({ force, checksum }) => !force || checksum !== undefined,
    'expected checksum with force: without it nobody can tell whether the file differs',
  );

type Params = z.output<typeof params>;

interface Answers {
  readonly path: string;
  readonly found: FileAnswer;
}

export default defineModule({
  summary: 'Let the host download a file.',
  params,
  examples: [
    {
      description: 'A release, held to its digest',
      task: 'get_url:\n  url: https://example.org/tool-1.2.tar.gz\n  dest: /opt/\n  checksum: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    {
      description: 'Once, as long as it is not there',
      task: 'get_url:\n  url: https://example.org/key.asc\n  dest: /etc/apt/keyrings/example.asc\n  mode: "0644"',
    },
  ],
  absent: {
    headers: 'Use the module shell with curl; what is secret goes to its standard input.',
    url_username: 'Use the module shell with curl; what is secret goes to its standard input.',
    url_password: 'Use the module shell with curl; what is secret goes to its standard input.',
    backup: 'Use the module copy.',
    tmp_dest: 'The file is written beside its place.',
    use_proxy: 'Set the proxy with environment.',
    attributes: 'Use the module command with chattr(1).',
  },
  *ask({ dest, url }): Asking<Answers> {
    const bare = dest === '/' ? dest : dest.replace(/\/+$/, '');
    const { dest: found } = yield* ask({ dest: file(bare) });
    if (!dest.endsWith('/') && !(found.exists && found.type === 'directory')) return { path: bare, found };
    const name = new URL(url).pathname.split('/').at(-1) ?? '';
    if (!/^[A-Za-z0-9._+-]+$/.test(name))
      throw new TaskError(`${url} does not end with the name of a file`, 'Write the name of the file behind dest.');
    const path = `${bare === '/' ? '' : bare}/${name}`;
    const { inside } = yield* ask({ inside: file(path) });
    return { path, found: inside };
  },
  plan: (params, { path, found }) => {
    if (found.exists && found.type !== 'file') throw new TaskError(`${path} is not a file on the host`, 'Remove it, or choose another name.');
    const isWanted = params.checksum === undefined || (found.exists && found.sha256 === params.checksum);
    if (found.exists && isWanted) return attributeChanges(path, params, found);
    return [{ summary: `download ${path} from ${params.url}`, commands: [download(params, path)], writes: [`file:${path}`] }];
  },
  result: ({ url }, { path, found }) => ({
    url,
    dest: path,
    ...(found.exists && {
      mode: found.mode,
      owner: found.owner,
      group: found.group,
      size: found.size ?? 0,
      ...(found.sha256 !== undefined && { checksum_dest: found.sha256 }),
    }),
  }),
});

/** Into a folder beside its place; its digest is checked before it gets its name. */
function download({ url, checksum, timeout, validate_certs, owner, group, mode }: Params, path: string): Command {
  const wanted = [owner ?? '', group ?? '', mode === undefined ? '' : resolvedMode(mode, '0644', false)].map(quote).join(' ');
  const curl = `curl -q -fsSL --proto '=http,https' --retry 2 --max-time ${timeout}${validate_certs ? '' : ' --insecure'} -o "$t" -- "$url"`;
  const wget = `wget -q --timeout=${timeout}${validate_certs ? '' : ' --no-check-certificate'} -O "$t" -- "$url"`;
  const check = `got=$(sha256sum <"$t")\n[ "\${got%% *}" = ${checksum} ] || fail "$url has the sha256 \${got%% *}, expected ${checksum}: nothing was changed"`;
  const script = [
    `p=${quote(path)} url=${quote(url)}`,
    fail,
    'd=${p%/*}',
    '[ -d "${d:-/}" ] || fail "the folder ${d:-/} does not exist: create it first (module file, state: directory)"',
    'umask 077',
    temporary,
    cleanUp('leave_temporary'),
    enter,
    `if command -v curl >/dev/null; then ${curl} || fail "$url cannot be downloaded"`,
    `elif command -v wget >/dev/null; then ${wget} || fail "$url cannot be downloaded"`,
    "else fail 'neither curl nor wget is installed on this host: install one first (module apt, name: curl)'; fi",
    ...(checksum === undefined ? [] : [check]),
    own,
    `own ${wanted} 0644`,
    replace,
  ];
  return { script: script.join('\n'), timeoutSeconds: timeout + 60 };
}
