import * as z from 'zod';
import { content } from '../questions/content.ts';
import { type FileAnswer, file } from '../questions/file.ts';
import { type NginxAnswer, nginx } from '../questions/nginx.ts';
import { type Asking, ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret, secretIf, type Text } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, type LocalFile, line, templateFile, text } from './params.ts';
import { digestOf } from './support/content.ts';
import { adaptNginx } from './support/nginx-adapt.ts';
import { nginxTransaction } from './support/nginx-transaction.ts';

const params = z
  .strictObject({
    name: line()
      .pipe(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'expected letters, digits and ._-, beginning with a letter or digit'))
      .describe('Name of the site; the file under `/etc/nginx` is called so.'),
    src: templateFile()
      .optional()
      .describe(
        "Template of the site: what stands in the `http` block, usually one or more `server` blocks. Written for today's nginx, see the notes.",
      ),
    content: text().optional().describe('The site itself, instead of `src`.'),
    enabled: bool().default(true).describe('Whether nginx serves the site.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the site is there at all.'),
  })
  .refine(({ src, content: given, state }) => state === 'absent' || (src === undefined) !== (given === undefined), 'give either src or content');

type Params = z.output<typeof params>;

interface Answers {
  readonly nginx: NginxAnswer;
  readonly file: FileAnswer;
  /** What enables it: the link of Debian's layout; with `conf.d` the file itself. */
  readonly link: FileAnswer;
  /** The file under the name that it has when enabled is the other way round; `conf.d` only. */
  readonly other: FileAnswer;
  /** A transaction that was cut. */
  readonly unfinished: FileAnswer;
  readonly before?: Text;
}

interface Places {
  readonly file: string;
  readonly link?: string;
  readonly obsolete?: string;
  readonly work: string;
}

/** Debian's `sites-available` with a link, or nginx.org's `conf.d`, where a name that does not end in `.conf` is not read. */
function placesOf({ name, enabled }: Params, layout: NginxAnswer['layout']): Places {
  const work = `/etc/nginx/.homerun-${name}`;
  if (layout === 'sites') return { file: `/etc/nginx/sites-available/${name}`, link: `/etc/nginx/sites-enabled/${name}`, work };
  const [on, off] = [`/etc/nginx/conf.d/${name}.conf`, `/etc/nginx/conf.d/${name}.conf.disabled`];
  return { file: enabled ? on : off, obsolete: enabled ? off : on, work };
}

/** The content as it shall be on this host: the user's, in the words of the nginx found. */
function wanted({ src, content: given }: Params, found: NginxAnswer): Text {
  const source = textOf(src) ?? given ?? '';
  if (!found.version) return source;
  const { version, tlsLibrary = '', ipv6 } = found;
  return secretIf(source instanceof Secret, adaptNginx(revealed(source), { version, tlsLibrary, ipv6 }));
}

function textOf(source: LocalFile | undefined): Text | undefined {
  return source?.content instanceof Uint8Array ? Buffer.from(source.content).toString() : source?.content;
}

function* look(params: Params): Asking<Answers> {
  const sites = placesOf(params, 'sites');
  const confD = placesOf(params, 'conf.d');
  const answers = yield* ask({
    nginx: nginx(),
    available: file(sites.file),
    enabled: file(sites.link ?? sites.file),
    conf: file(confD.file),
    other: file(confD.obsolete ?? confD.file),
    unfinished: file(sites.work),
  });
  const debian = answers.nginx.layout !== 'conf.d';
  const found = {
    nginx: answers.nginx,
    file: debian ? answers.available : answers.conf,
    link: debian ? answers.enabled : answers.conf,
    other: answers.other,
    unfinished: answers.unfinished,
  };
  const isSame = params.state === 'present' && found.file.exists && found.file.sha256 === digestOf(wanted(params, found.nginx));
  if (!found.file.exists || found.file.type !== 'file' || isSame) return found;
  const { before } = yield* ask({ before: content(placesOf(params, found.nginx.layout).file) });
  return { ...found, ...(before.text !== undefined && { before: before.text }) };
}

function plan(params: Params, answers: Answers): readonly Change[] {
  const { layout, installed } = answers.nginx;
  if (layout === 'neither') {
    throw new TaskError(
      '/etc/nginx/nginx.conf includes neither sites-enabled/* nor conf.d/*.conf, so that no site put there would be served',
      'Add "include /etc/nginx/conf.d/*.conf;" to its http block.',
    );
  }
  const places = placesOf(params, layout);
  if (answers.file.exists && answers.file.type !== 'file') throw new TaskError(`${places.file} is there, but is not a regular file`, 'Move it away.');
  if (places.link !== undefined && answers.link.exists && answers.link.type !== 'link')
    throw new TaskError(
      `${places.link} is there, and is no link to ${places.file}: somebody has put a site of their own there`,
      'Move it away, or give this site another name.',
    );
  const reasons = params.state === 'absent' ? leftOvers(answers, places) : differences(params, answers, places);
  if (reasons.length === 0) return [];
  if (params.state === 'absent') return [change(`remove nginx site ${params.name}`, answers, places, { enabled: false, mode: '0644' })];
  const after = wanted(params, answers.nginx);
  const summary = `${answers.file.exists ? 'update' : 'create'} nginx site ${params.name}${answers.file.exists ? ` (${reasons.join(', ')})` : ''}`;
  return [
    change(installed ? `${summary} and reload nginx` : summary, answers, places, { content: after, enabled: params.enabled, mode: modeFor(after) }),
  ];
}

function modeFor(text: Text): string {
  return text instanceof Secret ? '0600' : '0644';
}

function differences(params: Params, answers: Answers, places: Places): readonly string[] {
  const { file: found, link, other, unfinished } = answers;
  const content = wanted(params, answers.nginx);
  const isEnabled = link.exists && link.type === 'link' && link.real === places.file;
  return [
    !found.exists && 'new',
    found.exists && found.sha256 !== digestOf(content) && 'content',
    found.exists && (found.mode !== modeFor(content) || found.uid !== 0 || found.gid !== 0) && 'owner or mode',
    places.link !== undefined && (params.enabled ? !isEnabled : link.exists) && (params.enabled ? 'enable' : 'disable'),
    places.obsolete !== undefined && other.exists && (params.enabled ? 'enable' : 'disable'),
    unfinished.exists && 'finish what was cut',
  ].filter((reason) => reason !== false);
}

function leftOvers(answers: Answers, places: Places): readonly string[] {
  return [
    answers.file.exists && 'file',
    places.link !== undefined && answers.link.exists && 'link',
    places.obsolete !== undefined && answers.other.exists && 'other file',
    answers.unfinished.exists && 'finish what was cut',
  ].filter((reason) => reason !== false);
}

function change(summary: string, answers: Answers, places: Places, to: { content?: Text; enabled: boolean; mode: string }): Change {
  const { file: path, link, obsolete, work } = places;
  const paths = [path, link, obsolete, work].filter((each) => each !== undefined);
  const isDifferent = to.content === undefined || !answers.file.exists || answers.file.sha256 !== digestOf(to.content);
  return {
    summary,
    ...(isDifferent && {
      diff: { label: path, ...(answers.before !== undefined && { before: answers.before }), ...(to.content !== undefined && { after: to.content }) },
    }),
    commands: [nginxTransaction({ ...places, ...to })],
    writes: [...paths.map((each) => `file:${each}` as const), 'unit:nginx.service', 'port:*', 'http:*'],
  };
}

export default defineModule({
  summary:
    'Puts one site of nginx in place: the file and its link are written, nginx checks its whole configuration and reloads; when it refuses, the old files are put back and serve on.',
  params,
  examples: [
    { description: 'A site from a template', task: 'nginx_site:\n  name: matrix\n  src: nginx/matrix.conf.hbs\n' },
    {
      description: 'A small site written here',
      task: 'nginx_site:\n  name: hello\n  content: |\n    server {\n        listen 80;\n        server_name hello.example.org;\n        return 200 "hello\\n";\n    }\n',
    },
    { description: 'Taken out of service, the file stays', task: 'nginx_site:\n  name: matrix\n  src: nginx/matrix.conf.hbs\n  enabled: false\n' },
    { description: 'Removed', task: 'nginx_site:\n  name: matrix\n  state: absent\n' },
  ],
  ask: look,
  plan,
  result: (given, answers) => ({ path: placesOf(given, answers.nginx.layout).file, nginx_version: answers.nginx.version ?? '' }),
});
