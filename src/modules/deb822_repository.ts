import * as z from 'zod';
import { content } from '../questions/content.ts';
import { type FileAnswer, file } from '../questions/file.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { quote, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, commaList, line } from './params.ts';
import { digestOf } from './support/content.ts';
import { cleanUp, fail } from './support/shell.ts';
import { temporary } from './support/temporary.ts';
import { enter, replace, writeFile } from './support/write-file.ts';

const keyrings = '/etc/apt/keyrings';
const sourcesFolder = '/etc/apt/sources.list.d';

const word = () => line().refine((value) => /^\S+$/.test(value), 'expected one word');

const params = z
  .strictObject({
    name: line()
      .refine((name) => /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/.test(name), 'expected a name of letters, digits, spaces, . _ -')
      .describe(
        'What the repository is called; its file in /etc/apt/sources.list.d has this name in small letters, with - for blanks and _, and without dots.',
      ),
    state: z.enum(['present', 'absent']).default('present').describe('Whether it shall be there.'),
    types: commaList(z.enum(['deb', 'deb-src']))
      .default(['deb'])
      .describe('`deb`, `deb-src` or both.'),
    uris: commaList(word()).optional().describe('Where the repository is, one URL or several.'),
    suites: commaList(word())
      .optional()
      .describe('Suites, such as the code name of the distribution; a path that ends with `/` for a flat repository.'),
    components: commaList(word()).optional().describe('Components, such as `main`.'),
    architectures: commaList(word()).optional().describe('Only these architectures.'),
    enabled: bool().optional().describe('Whether apt uses it.'),
    languages: commaList(word()).optional().describe('Languages of translations, such as `en`, or `none`.'),
    targets: commaList(word()).optional().describe('Which files apt fetches from it.'),
    by_hash: bool().optional().describe('Whether files are fetched by their digest.'),
    check_date: bool().optional().describe('Whether dates of the repository are checked against the clock.'),
    check_valid_until: bool().optional().describe('Whether lists that are out of date are refused.'),
    date_max_future: z.coerce.number().int().min(0).optional().describe('Seconds that its dates may lie in the future.'),
    inrelease_path: word().optional().describe('Where its InRelease is, below the URL.'),
    pdiffs: bool().optional().describe('Whether lists are brought up to date by differences.'),
    signed_by: z
      .string()
      .refine(
        (value) => /^(https:\/\/|\/)\S+$/.test(value) || value.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----'),
        'expected a URL (https), the path of a key on the host, or a public key as text',
      )
      .optional()
      .describe('The key that the repository is signed with: a URL that the host fetches once, a path on the host, or the key itself.'),
    mode: z.literal('0644').default('0644').describe('The mode of the file: apt reads it as a user of its own.'),
  })
  .refine(({ state, uris, suites }) => state === 'absent' || (uris !== undefined && suites !== undefined), 'expected uris and suites');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Add or remove a repository of apt, with the key that it is signed with.',
  params,
  examples: [
    {
      description: "Docker's own repository",
      task: 'deb822_repository:\n  name: docker\n  uris: https://download.docker.com/linux/debian\n  suites: "{{ facts.distribution_release }}"\n  components: stable\n  signed_by: https://download.docker.com/linux/debian/gpg',
    },
    { description: 'No longer', task: 'deb822_repository:\n  name: docker\n  state: absent' },
  ],
  absent: {
    trusted: 'A repository without a key is not taken: give signed_by.',
    allow_insecure: 'A repository without a key is not taken: give signed_by.',
    allow_weak: 'A repository without a key is not taken: give signed_by.',
    allow_downgrade_to_insecure: 'A repository without a key is not taken: give signed_by.',
  },
  // Digests tell whether anything is to be done; the content is asked for only where it is, for the diff.
  *ask(params) {
    const { sources, key } = yield* ask({ sources: file(sourcesPath(params)), key: file(keyPath(params)) });
    const differs = sources.exists && sources.type === 'file' && sources.sha256 !== digestOf(sourcesText(params));
    const { before } = differs && params.state === 'present' ? yield* ask({ before: content(sourcesPath(params)) }) : { before: undefined };
    return { sources, key, before: before?.text };
  },
  plan: (params, { sources, key, before }) => {
    const path = sourcesPath(params);
    if (params.state === 'absent') return removal([...(sources.exists ? [path] : []), ...(key.exists ? [keyPath(params)] : [])], params.name);
    if (sources.exists && sources.type !== 'file') throw new TaskError(`${path} is not a file`, 'Remove it from the host.');
    const after = sourcesText(params);
    const isRight = sources.exists && sources.sha256 === digestOf(after) && sources.mode === params.mode && sources.uid === 0;
    return [
      ...keyChanges(params, key),
      ...(isRight ? [] : [write(`${sources.exists ? 'change' : 'add'} repository ${params.name}`, path, before, after)]),
    ];
  },
  result: (params) => ({
    dest: sourcesPath(params),
    repo: params.state === 'present' ? sourcesText(params) : null,
    key_filename: params.state === 'absent' || isKeyWritten(params) ? keyPath(params) : (params.signed_by ?? null),
  }),
});

/** Whether the key is put into a file of its own. */
function isKeyWritten({ signed_by }: Params): boolean {
  return signed_by !== undefined && !signed_by.startsWith('/');
}

function sourcesPath({ name }: Params): string {
  return `${sourcesFolder}/${fileName(name)}.sources`;
}

/** apt takes a key as text by the ending `.asc`. */
function keyPath({ name }: Params): string {
  return `${keyrings}/${fileName(name)}.asc`;
}

function fileName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[_\s]+/g, '-')
    .replaceAll(/[^a-z0-9-]+/g, '');
}

function isKeyText({ signed_by }: Params): boolean {
  return signed_by?.includes('-----BEGIN') ?? false;
}

/** The fields in the order in which Ansible writes them. */
function sourcesText(params: Params): string {
  const { signed_by } = params;
  const list = (items: readonly string[] | undefined): string | undefined => items?.join(' ');
  const word = (is: boolean | undefined): string | undefined => (is === undefined ? undefined : is ? 'yes' : 'no');
  const key = signed_by === undefined ? undefined : signed_by.startsWith('/') ? signed_by : keyPath(params);
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['Architectures', list(params.architectures)],
    ['By-Hash', word(params.by_hash)],
    ['Check-Date', word(params.check_date)],
    ['Check-Valid-Until', word(params.check_valid_until)],
    ['Components', list(params.components)],
    ['Date-Max-Future', params.date_max_future?.toString()],
    ['Enabled', word(params.enabled)],
    ['Inrelease-Path', params.inrelease_path],
    ['Languages', list(params.languages)],
    ['X-Repolib-Name', params.name],
    ['Pdiffs', word(params.pdiffs)],
    ['Signed-By', key],
    ['Suites', list(params.suites)],
    ['Targets', list(params.targets)],
    ['Types', list(params.types)],
    ['URIs', list(params.uris)],
  ];
  return fields.flatMap(([field, value]) => (value === undefined || value === '' ? [] : [`${field}: ${value}\n`])).join('');
}

function keyChanges(params: Params, found: FileAnswer): readonly Change[] {
  const { signed_by, name } = params;
  if (signed_by === undefined || !isKeyWritten(params)) return [];
  const path = keyPath(params);
  if (isKeyText(params)) {
    const wanted = `${signed_by.trimEnd()}\n`;
    return found.exists && found.sha256 === digestOf(wanted) ? [] : [write(`write the key of repository ${name}`, path, undefined, wanted)];
  }
  return found.exists
    ? []
    : [{ summary: `fetch the key of repository ${name} from ${signed_by}`, commands: [fetchKey(signed_by, path)], writes: [`file:${path}`] }];
}

/** curl or wget, with certificates checked; what is no public key as text is refused. */
function fetchKey(url: string, path: string) {
  const script = `url=${quote(url)} d=${quote(keyrings)} p=${quote(path)}
${fail}
mkdir -p -m 0755 -- "$d"
umask 077
${temporary}
${cleanUp('leave_temporary')}
${enter}
if command -v curl >/dev/null; then curl -q -fsSL --proto '=https' --max-time 60 -- "$url" >"$t" || fail "the key cannot be fetched from $url"
elif command -v wget >/dev/null; then wget -q -O - "$url" >"$t" || fail "the key cannot be fetched from $url"
else fail 'neither curl nor wget is installed on this host: install one first (module apt, name: curl)'; fi
grep -q -e '-----BEGIN PGP PUBLIC KEY BLOCK-----' "$t" || fail "$url does not hold a public key as text (ASCII armour)"
chmod 0644 -- "$t" || fail "the mode of $p could not be set"
${replace}`;
  return { script, timeoutSeconds: 120 };
}

function write(summary: string, path: string, before: string | undefined, after: string): Change {
  const makeFolder = sh`mkdir -p -m 0755 -- ${keyrings} ${sourcesFolder}`;
  return {
    summary,
    diff: { label: path, ...(before !== undefined && { before }), after },
    commands: [makeFolder, writeFile({ path, content: after, owner: '0', group: '0', mode: '0644' })],
    writes: [`file:${path}`],
  };
}

function removal(paths: readonly string[], name: string): readonly Change[] {
  return paths.length === 0
    ? []
    : [{ summary: `remove repository ${name}`, commands: [sh`rm -f -- ${paths}`], writes: paths.map((path) => `file:${path}` as const) }];
}
