import { createHash } from 'node:crypto';
import * as z from 'zod';
import { file } from '../questions/file.ts';
import { type Asking, ask } from '../questions/question.ts';
import { type SynapseMedia, synapseMedia } from '../questions/synapse-media.ts';
import { TaskError } from '../values/errors.ts';
import { revealed } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { line, localFile, notBoth, path, text } from './params.ts';
import { dockerHint, objectParameter } from './support/docker.ts';
import { typeOf } from './support/media-types.ts';
import { synapseUrl } from './support/synapse-params.ts';
import { uploadMedia } from './support/synapse-upload.ts';
import { mustBeHere, userId } from './support/synapse-user-id.ts';

const secretLine = () =>
  text()
    .refine((value) => revealed(value) !== '', 'expected text that is not empty')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    .refine((value) => !/[\u0000-\u001f\u007f]/.test(revealed(value)), 'expected text without line breaks and control characters');

const params = z
  .strictObject({
    src: localFile().optional().describe('A file of your machine, looked for as by the module `copy`.'),
    host_src: path().optional().describe('Instead of `src`: a file that is on the host.'),
    user: userId().describe('Who uploads it: `admin`, or the whole id, `@admin:example.org`. It stays theirs.'),
    password: secretLine().optional().describe('The password of the user: it is logged in for the upload, and out again.'),
    access_token: secretLine().optional().describe('Instead of `password`: a token of the user.'),
    filename: line()
      .refine((name) => name !== '' && !name.includes('/') && name.length <= 255, 'expected a name without /')
      .optional()
      .describe('The name that it is given. Default: that of `src`.'),
    content_type: line()
      .refine((type) => /^[\w.+-]+\/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*$/.test(type), 'expected a media type, such as image/png')
      .optional()
      .describe('Its media type. Default: by the ending of its name.'),
    container: objectParameter().default('synapse').describe('The container that Synapse runs in.'),
    config: path().default('/data/homeserver.yaml').describe('The homeserver.yaml, as the container sees it.'),
    url: synapseUrl(),
  })
  .refine(({ src, host_src }) => (src === undefined) !== (host_src === undefined), 'expected either src or host_src')
  .refine(...notBoth('password', 'access_token'))
  .refine(({ password, access_token }) => password !== undefined || access_token !== undefined, 'expected password or access_token');
type Params = z.output<typeof params>;

interface Answers {
  readonly media: SynapseMedia;
  /** Why the file of the host cannot be taken; there is then nothing to look up. */
  readonly missing?: string;
}

export default defineModule({
  summary: 'Upload a file to a homeserver once, such as an icon or a picture of a room; what is registered has its address (`mxc`).',
  params,
  examples: [
    {
      description: 'Upload an icon, and keep its address.',
      task: 'synapse_media:\n  src: github.png\n  user: admin\n  password: "{{ secret \'admin_password\' }}"\nregister: icon',
    },
    {
      description: 'Upload a file that is on the host, with a token.',
      task: 'synapse_media: {host_src: /srv/logo.svg, user: "@admin:example.org", access_token: "{{ secret \'admin_token\' }}"}',
    },
  ],
  *ask(given): Asking<Answers> {
    const { container, config, user } = given;
    const found = yield* contentOf(given);
    if ('missing' in found) return { media: { state: 'unknown', reason: found.missing }, missing: found.missing };
    const { name, contentType } = namesOf(given);
    const { media } = yield* ask({
      media: synapseMedia({ container, config, localpart: user.localpart, sha256: found.sha256, size: found.size, name, contentType }),
    });
    return { media };
  },
  plan(given, { media, missing }) {
    const { container, user, url, host_src } = given;
    if (missing !== undefined) throw new TaskError(missing, 'Put it there before, or name another one.');
    if (media.state === 'unknown')
      throw new TaskError(
        `what has been uploaded cannot be looked up: ${media.reason}`,
        media.reason.startsWith('Docker on this host')
          ? dockerHint(media.reason)
          : `Have the container ${container} running before (docker_container with wait_healthy), or name the one that Synapse runs in.`,
      );
    mustBeHere(user, media.server);
    if (media.state === 'present') return [];
    const { name, contentType } = namesOf(given);
    const content = host_src ?? bytesOf(given);
    const upload = { container, url, user: user.localpart, proof: proofOf(given), name, contentType, content };
    return [
      { summary: `upload ${name} as ${user.localpart} (${contentType})`, commands: [uploadMedia(upload)], writes: [`synapse-media:${container}`] },
    ];
  },
  result: (_, { media }) => (media.state === 'present' ? { mxc: `mxc://${media.server}/${media.mediaId}` } : {}),
});

function* contentOf(given: Params): Asking<{ readonly sha256: string; readonly size: number } | { readonly missing: string }> {
  if (given.host_src === undefined) {
    const bytes = bytesOf(given);
    return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
  }
  const { src } = yield* ask({ src: file(given.host_src, { follow: true }) });
  if (!src.exists) return { missing: `there is no file ${given.host_src} on the host` };
  const { sha256, size } = src;
  return sha256 === undefined || size === undefined ? { missing: `${given.host_src} on the host is no file that can be read` } : { sha256, size };
}

function bytesOf({ src }: Params): Uint8Array {
  const content = src?.content ?? '';
  return content instanceof Uint8Array ? content : Buffer.from(revealed(content));
}

function namesOf({ src, host_src, filename, content_type }: Params): { readonly name: string; readonly contentType: string } {
  const name = filename ?? (src?.path ?? host_src ?? '').split('/').at(-1) ?? '';
  return { name, contentType: content_type ?? typeOf(name) };
}

function proofOf({ password, access_token }: Params): { readonly kind: 'password' | 'token'; readonly secret: string } {
  return access_token === undefined ? { kind: 'password', secret: revealed(password ?? '') } : { kind: 'token', secret: revealed(access_token) };
}
