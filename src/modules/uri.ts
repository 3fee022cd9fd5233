import * as z from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { type HttpAnswer, type HttpParams, http, httpAtTurn } from '../questions/http.ts';
import { type Asking, ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret, secretIf, type Text } from '../values/secret.ts';
import type { Value, Vars } from '../values/vars.ts';
import { defineModule } from './module.ts';
import { bool, commaList, line, path, text } from './params.ts';
import { explain } from './support/explain.ts';
import { answerOf, type HttpRequest, mostCharacters, sendRequest } from './support/http-request.ts';

const status = () => z.coerce.number().int().min(100).max(599);

const header = () => text().refine((value) => !/[\r\n\0]/.test(revealed(value)), 'expected one line');

const params = z
  .strictObject({
    url: line()
      .refine((url) => /^https?:\/\/[^\s/]/.test(url), 'expected a URL that begins with http:// or https://')
      .describe('The URL, as the host reaches it.'),
    method: line()
      .transform((word) => word.toUpperCase())
      .refine((word) => /^[A-Z]+$/.test(word), 'expected one word, such as GET or POST')
      .default('GET')
      .describe('The method.'),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]+$/), header())
      .default({})
      .describe('Headers of the request.'),
    body: z.unknown().optional().describe('What is sent: text, or with `body_format` any value.'),
    body_format: z
      .enum(['raw', 'json', 'form-urlencoded'])
      .default('raw')
      .describe('What becomes of a `body` that is no text, and which Content-Type is sent where `headers` say none.'),
    url_username: line()
      .refine((name) => !name.includes(':'), 'expected a name without a colon')
      .optional()
      .describe('The name to log in with (basic authentication).'),
    url_password: text().optional().describe('The password for it.'),
    force_basic_auth: bool().default(true).describe('Name and password are sent at once, whatever is said here.'),
    status_code: commaList(status()).default([200]).describe('Statuses that are right, one or a list.'),
    return_content: bool().default(false).describe('Register the body as `content`.'),
    creates: path().optional().describe('If this path is there, the request is not made.'),
    removes: path().optional().describe('If this path is not there, the request is not made.'),
    timeout: z.coerce.number().int().min(1).max(600).default(30).describe('Seconds for the request.'),
    validate_certs: bool().default(true).describe('Check the certificate of the server.'),
    ca_path: path().optional().describe('A file on the host with the certificates to trust.'),
    follow_redirects: z
      .preprocess(
        (word) => (word === true || word === 'yes' ? 'all' : word === false || word === 'no' ? 'none' : word === 'urllib2' ? 'safe' : word),
        z.enum(['safe', 'all', 'none']),
      )
      .default('safe')
      .describe('Whether to follow redirects; `safe` follows those of GET and HEAD.'),
    address: line().optional().describe('Connect to this address whatever the name in the URL resolves to (not in Ansible).'),
  })
  .refine(({ body, body_format }) => body_format !== 'raw' || isText(body), 'expected body as text; say body_format: json for any other value')
  .refine(
    ({ body, body_format }) => body_format !== 'form-urlencoded' || isText(body) || areFields(body),
    'expected body as text, or as a mapping of names to texts',
  )
  .refine(({ body }) => !isText(body) || !revealed((body ?? '') as Text).includes('\0'), 'expected a body without NUL characters')
  .refine(
    ({ url_username, url_password }) => (url_username === undefined) === (url_password === undefined),
    'expected url_username and url_password',
  );

type Params = z.output<typeof params>;

interface Answers {
  readonly creates?: FileAnswer;
  readonly removes?: FileAnswer;
  readonly answer?: HttpAnswer;
}

const others = 'Use the module shell with curl.';

export default defineModule({
  summary:
    'Make an HTTP request on the host and check its status. One with another method than GET and HEAD, with a body, a password or a secret header is made with curl in its turn, is never "changed" (say changed_when), and check mode skips it.',
  params,
  examples: [
    { description: 'Check that Synapse is well', task: 'uri:\n  url: http://127.0.0.1:8008/health' },
    {
      description: 'Use what is answered',
      task: 'uri:\n  url: http://127.0.0.1:8008/_matrix/client/versions\nregister: versions',
    },
    {
      description: 'Send a value as JSON',
      task: 'uri:\n  url: http://127.0.0.1:9000/hooks\n  method: POST\n  body_format: json\n  body: {name: deploy}\n  status_code: [200, 201]',
    },
  ],
  aliases: { user: 'url_username', password: 'url_password' },
  absent: {
    src: 'Give the text with body.',
    remote_src: 'Give the text with body.',
    dest: 'Use the module get_url.',
    unix_socket: others,
    client_cert: others,
    client_key: others,
    unredirected_headers: others,
    decompress: others,
    ciphers: others,
    http_agent: 'Say User-Agent in headers.',
    use_proxy: others,
    use_netrc: 'No netrc is read.',
    use_gssapi: others,
    force: 'No answer is kept.',
  },
  // The quick request among the other questions is enough where it succeeds; where not, the task's own has its full time.
  *ask(params): Asking<Answers> {
    const { creates, removes } = params;
    const places = yield* ask({
      ...(creates !== undefined && { creates: file(creates, { digest: false }) }),
      ...(removes !== undefined && { removes: file(removes, { digest: false }) }),
    });
    if (isNeedless(places) || isSent(params)) return places;
    const { now } = yield* ask({ now: http(requestOf(params)) });
    if (isRight(params, now)) return { ...places, answer: now };
    const { answer } = yield* ask({ answer: httpAtTurn(requestOf(params)) });
    return { ...places, answer };
  },
  plan: (params, answers) => {
    if (isNeedless(answers)) return [];
    const { answer } = answers;
    if (!answer) {
      const command = sendRequest(sentOf(params));
      const summary = `send ${params.method} ${params.url}`;
      return [{ summary, commands: [command], writes: ['*'], opaque: true, uncounted: 'check mode makes no request that sends something' }];
    }
    if (!answer.ok) {
      const [hint] =
        answer.problem === 'no program' ? ['Install curl before (module apt).'] : [explain({ rc: 1, stdout: '', stderr: answer.message })?.hint];
      throw new TaskError(`${params.url}: ${answer.message}`, hint, resultOf(params, answer));
    }
    if (!isRight(params, answer))
      throw new TaskError(
        `${params.url} answered ${answer.status}, expected ${params.status_code.join(' or ')}`,
        begunBody(answer.body.trim()),
        resultOf(params, answer),
      );
    return [];
  },
  result: (params, answers, outputs) => {
    const output = outputs.at(-1);
    const answer = output ? answerOf(output, params) : answers.answer;
    return { ...(output && { stdout: '', stdout_lines: [] }), ...(answer && resultOf(params, answer)) };
  },
});

function isNeedless({ creates, removes }: Answers): boolean {
  return creates?.exists === true || removes?.exists === false;
}

/** Whether it may change something, or holds what may not stand in an argument list. */
function isSent({ method, body, url_username, headers }: Params): boolean {
  return (
    !['GET', 'HEAD'].includes(method) ||
    body !== undefined ||
    url_username !== undefined ||
    Object.values(headers).some((one) => one instanceof Secret)
  );
}

function requestOf({ url, method, headers, timeout, validate_certs, ca_path, follow_redirects, address }: Params): HttpParams {
  return {
    url,
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, revealed(value)])),
    timeoutSeconds: timeout,
    caFile: ca_path,
    address,
    followRedirects: follow_redirects !== 'none',
    ...(!validate_certs && { insecure: true as const }),
  };
}

/** @throws TaskError for a body that is too large. */
function sentOf(params: Params): HttpRequest {
  const { url, method, headers, timeout, validate_certs, ca_path, follow_redirects, address, url_username, url_password, status_code } = params;
  const sent = bodyOf(params);
  if (sent !== undefined && revealed(sent).length > mostCharacters)
    throw new TaskError(
      `the body is larger than ${mostCharacters} characters`,
      'Bring it to the host as a file, and use the module command with curl --data-binary @FILE.',
    );
  const isSafe = ['GET', 'HEAD'].includes(method);
  return {
    url,
    method,
    headers: { ...typeHeader(params), ...headers },
    body: sent,
    ...(url_username !== undefined && url_password !== undefined && { login: { user: url_username, password: url_password } }),
    statuses: status_code,
    timeoutSeconds: timeout,
    caFile: ca_path,
    address,
    insecure: !validate_certs,
    followRedirects: follow_redirects === 'all' || (follow_redirects === 'safe' && isSafe),
  };
}

const types = { raw: undefined, json: 'application/json', 'form-urlencoded': 'application/x-www-form-urlencoded' } as const;

function typeHeader({ headers, body, body_format }: Params): Readonly<Record<string, string>> {
  const type = types[body_format];
  const isSaid = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return type === undefined || isSaid || body === undefined ? {} : { 'Content-Type': type };
}

function bodyOf({ body, body_format }: Params): Text | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Secret) return body;
  const hasSecret = { found: false };
  if (body_format === 'json') {
    const open = JSON.stringify(opened(body, hasSecret));
    return secretIf(hasSecret.found, open);
  }
  const fields = Object.entries(body ?? {}).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value]).map((one) => [name, String(opened(one, hasSecret))] as [string, string]),
  );
  const form = new URLSearchParams(fields).toString();
  return secretIf(hasSecret.found, form);
}

/** The value with its secrets open, noting whether there were any. */
function opened(value: unknown, seen: { found: boolean }): unknown {
  if (value instanceof Secret) {
    seen.found = true;
    return value.reveal();
  }
  if (Array.isArray(value)) return value.map((one) => opened(one, seen));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, opened(one, seen)]));
}

function isText(body: unknown): boolean {
  return body === undefined || typeof body === 'string' || body instanceof Secret;
}

function areFields(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    !Array.isArray(body) &&
    Object.values(body)
      .flat()
      .every((one) => typeof one !== 'object' || one instanceof Secret)
  );
}

function begunBody(body: string): string | undefined {
  if (body === '') return undefined;
  return body.length > 200 ? `${body.slice(0, 200)}…` : body;
}

function isRight({ status_code }: Params, answer: HttpAnswer): boolean {
  return answer.ok && status_code.includes(answer.status);
}

/** What is registered, also of a request that failed: then its status is -1, as with Ansible. */
function resultOf({ url, return_content }: Params, answer: HttpAnswer): Vars {
  if (!answer.ok) return { status: -1, url, redirected: false };
  const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name.replaceAll('-', '_'), value]));
  const { location } = answer.headers;
  const isJson = /^[^;]*[/+]json\b/i.test(answer.headers['content-type'] ?? '');
  return {
    ...headers,
    ...(location !== undefined && { location: URL.canParse(location, url) ? new URL(location, url).href : location }),
    status: answer.status,
    url: answer.url,
    redirected: answer.url !== url,
    ...(return_content && { content: answer.body }),
    ...((return_content || isJson) && jsonOf(answer.body)),
  };
}

function jsonOf(body: string): { readonly json?: Value } {
  try {
    return { json: JSON.parse(body) as Value };
  } catch {
    return {};
  }
}
