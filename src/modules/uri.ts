import { z } from 'zod';
import { type HttpAnswer, type HttpParams, http, httpAtTurn } from '../questions/http.ts';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import { defineModule } from './module.ts';
import { bool, line, listOf, path } from './params.ts';
import { explain } from './support/explain.ts';

const status = () => z.coerce.number().int().min(100).max(599);

const params = z.strictObject({
  url: line()
    .refine((url) => /^https?:\/\/[^\s/]/.test(url), 'expected a URL that begins with http:// or https://')
    .describe('The URL, as the host reaches it.'),
  method: z.enum(['GET', 'HEAD']).default('GET').describe('The method; only those that read.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/), line())
    .default({})
    .describe('Headers of the request; nothing secret, as the host shows arguments of its programs to its users.'),
  status_code: listOf(status()).default([200]).describe('Statuses that are right, one or a list.'),
  return_content: bool().default(false).describe('Register the body as `content`, and as `json` where it is JSON.'),
  timeout: z.coerce.number().int().min(1).max(600).default(30).describe('Seconds for the request.'),
  validate_certs: bool().default(true).describe('Check the certificate of the server.'),
  ca_path: path().optional().describe('A file on the host with the certificates to trust.'),
  follow_redirects: z.enum(['safe', 'all', 'none']).default('safe').describe('Whether to follow redirects.'),
  address: line().optional().describe('Connect to this address whatever the name in the URL resolves to (not in Ansible).'),
});

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Make an HTTP request on the host and check its status.',
  params,
  examples: [
    { description: 'Check that Synapse is well', task: 'uri:\n  url: http://127.0.0.1:8008/health' },
    {
      description: 'Use what is answered',
      task: 'uri:\n  url: http://127.0.0.1:8008/_matrix/client/versions\n  return_content: true\nregister: versions',
    },
  ],
  absent: {
    body: 'Only requests that read are made; use the module shell with curl for others.',
    body_format: 'Only requests that read are made; use the module shell with curl for others.',
    url_username: 'Use the module shell with curl and stdin: secrets must not be arguments.',
    url_password: 'Use the module shell with curl and stdin: secrets must not be arguments.',
    dest: 'Use the module get_url.',
  },
  // The quick request among the other questions is enough where it succeeds; where not, the task's own has its full time.
  *ask(params) {
    const { now } = yield* ask({ now: http(requestOf(params)) });
    if (isRight(params, now)) return { answer: now };
    const { answer } = yield* ask({ answer: httpAtTurn(requestOf(params)) });
    return { answer };
  },
  plan: (params, { answer }) => {
    if (!answer.ok)
      throw answer.problem === 'no program'
        ? new TaskError(`${params.url}: ${answer.message}`, 'Install curl before (module apt).')
        : new TaskError(`${params.url}: ${answer.message}`, explain({ rc: 1, stdout: '', stderr: answer.message })?.hint);
    if (!isRight(params, answer))
      throw new TaskError(
        `${params.url} answered ${answer.status}, expected ${params.status_code.join(' or ')}`,
        answer.body.trim().slice(0, 200) || undefined,
      );
    return [];
  },
  result: ({ return_content }, { answer }) => {
    if (!answer.ok) return {};
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name.replaceAll('-', '_'), value]));
    return { ...headers, status: answer.status, url: answer.url, ...(return_content && { content: answer.body, ...jsonOf(answer.body) }) };
  },
});

function requestOf({ url, method, headers, timeout, validate_certs, ca_path, follow_redirects, address }: Params): HttpParams {
  return {
    url,
    method,
    headers,
    timeoutSeconds: timeout,
    caFile: ca_path,
    address,
    followRedirects: follow_redirects !== 'none',
    ...(!validate_certs && { insecure: true as const }),
  };
}

function isRight({ status_code }: Params, answer: HttpAnswer): boolean {
  return answer.ok && status_code.includes(answer.status);
}

function jsonOf(body: string): { readonly json?: Value } {
  try {
    return { json: JSON.parse(body) as Value };
  } catch {
    return {};
  }
}
