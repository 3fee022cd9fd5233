import { quote } from '../values/command.ts';
import { checkedBase64, fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** A request that only reads, made on the host. Nothing in it may be secret. */
export interface HttpParams {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds for the whole request, 1–600. */
  readonly timeoutSeconds: number;
  /** A file on the host with the certificates that the server's must come from. Default: those of the system. */
  readonly caFile?: string | undefined;
  /** Connect to this address whatever the URL's name resolves to. */
  readonly address?: string | undefined;
  /** Do not check the server's certificate. Default false. */
  readonly insecure?: true | undefined;
  readonly followRedirects: boolean;
}

/** What came back, or why nothing did. */
export type HttpAnswer =
  | {
      readonly ok: true;
      /** 100–599. */
      readonly status: number;
      /** The last response's headers by name in lower case; several of one name joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      /** The first `bodyCap` bytes, as UTF-8. */
      readonly body: string;
      readonly truncated: boolean;
      /** Where redirects led. */
      readonly url: string;
    }
  | { readonly ok: false; readonly problem: 'no program' | 'failed'; readonly message: string };

/** Bytes of a body that are read at most: 1 MiB. */
export const bodyCap = 1_048_576;

/** Makes the request when answers are gathered, with other questions; a few seconds at most. */
export function http(params: HttpParams): Question<HttpAnswer> {
  return question(httpKind, params);
}

/** Makes the request when the task's turn has come, and takes the time that it was given. */
export function httpAtTurn(params: HttpParams): Question<HttpAnswer> {
  return question(httpAtTurnKind, params);
}

/** Seconds that a request among other questions may take. */
const quickSeconds = 5;

// The body goes to head and base64 on descriptor 4; curl's words and its last line (status, size of the headers, URL) on descriptor 3. Times in
// their words are taken out, so that the same answer is the same text.
/** sh that defines `with_curl`, which prints what curl got in the form that `parseHttp` reads. */
export const curlAnswer = `exec 4>&1
http() {
  words=$( { { "$@" 2>&3 </dev/null; echo "exit $?" >&3; } | head -c ${bodyCap + 16_384} | base64 >&4; } 3>&1 )
  echo : && printf %s "$words" | sed -e 's/ after [0-9]* m[a-z]*//' -e 's/^20[0-9-]* [0-9:]* //' | base64 && echo .
}
with_curl() {
  http curl -q -sS -i -w '%{stderr}\\nhomerun %{http_code} %{size_header} %{url_effective}\\n' "$@"
}`;

const preamble = `${curlAnswer}
with_wget() {
  http wget -nv -S --save-headers --content-on-error -t 1 -O - "$@"
}
none() { printf ':\\nbm9uZQ==\\n.\\n'; }
has_curl=$(command -v curl) has_wget=$(command -v wget)
if [ -n "$has_wget" ] && ! wget --help 2>&1 | grep -q -e --save-headers; then has_wget=; fi`;

function scriptOf(cap: number): (params: readonly HttpParams[]) => string {
  return (params) => [preamble, ...params.map((one) => request(one, Math.min(cap, one.timeoutSeconds)))].join('\n');
}

function request(params: HttpParams, seconds: number): string {
  // Only curl can be told an address.
  const wget = params.address ? 'none' : `with_wget ${wgetArguments(params, seconds).map(quote).join(' ')}`;
  return `if [ -n "$has_curl" ]; then with_curl ${curlArguments(params, seconds).map(quote).join(' ')}
elif [ -n "$has_wget" ]; then ${wget}
else none; fi`;
}

function curlArguments({ url, method, headers, caFile, address, insecure, followRedirects }: HttpParams, seconds: number): readonly string[] {
  return [
    '--proto',
    '=http,https',
    '--max-time',
    String(seconds),
    ...(method === 'HEAD' ? ['--head'] : []),
    ...(followRedirects ? ['--location', '--max-redirs', '10'] : []),
    ...(caFile ? ['--cacert', caFile] : []),
    ...(address ? ['--connect-to', `::${address.includes(':') ? `[${address}]` : address}:`] : []),
    ...(insecure ? ['--insecure'] : []),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    '--globoff',
    '--',
    url,
  ];
}

function wgetArguments({ url, method, headers, caFile, insecure, followRedirects }: HttpParams, seconds: number): readonly string[] {
  return [
    `--timeout=${seconds}`,
    `--max-redirect=${followRedirects ? 10 : 0}`,
    ...(method === 'HEAD' ? ['--method=HEAD'] : []),
    ...(caFile ? [`--ca-certificate=${caFile}`] : []),
    ...(insecure ? ['--no-check-certificate'] : []),
    ...Object.entries(headers).map(([name, value]) => `--header=${name}: ${value}`),
    '--',
    url,
  ];
}

export const httpKind: QuestionKind<HttpParams, HttpAnswer> = {
  kind: 'http',
  // What answers a request may be anything on the host.
  reads: () => ['*'],
  volatile: true,
  script: scriptOf(quickSeconds),
  split: (output, params) => splitParts(output, params.length),
  parse: parseHttp,
  timeoutSeconds: (params) => 30 + params.length * quickSeconds,
};

export const httpAtTurnKind: QuestionKind<HttpParams, HttpAnswer> = {
  ...httpKind,
  kind: 'http at turn',
  atTurn: true,
  script: scriptOf(Number.POSITIVE_INFINITY),
  timeoutSeconds: (params) => 30 + params.reduce((sum, one) => sum + one.timeoutSeconds, 0),
};

/** Reads what `with_curl` printed, without its last line. @throws Error when that is not understood. */
export function parseHttp(part: string, params: Pick<HttpParams, 'url' | 'address'>): HttpAnswer {
  const lines = linesOf(part);
  const colon = lines.indexOf(':');
  if (colon < 0) throw new Error(`the host printed something about ${params.url} that is not understood`);
  const bytes = Buffer.from(checkedBase64(lines.slice(0, colon).join('')), 'base64');
  const words = fromBase64(lines.slice(colon + 1).join(''));
  if (words === 'none') return { ok: false, problem: 'no program', message: `the host has ${params.address ? 'no curl' : 'neither curl nor wget'}` };
  const told = /\nhomerun (\d{3}) (\d+) (\S+)$/m.exec(words);
  const head = told ? bytes.subarray(0, Number(told[2])) : bytes.subarray(0, headEnd(bytes));
  // Of a redirect that is not followed wget saves nothing; it shows the headers, indented.
  const response = lastResponse(head.toString('latin1')) ?? lastResponse(words.replaceAll(/^(?! {2}).*\n/gm, '').replaceAll(/^ {2}/gm, ''));
  if (!response || (told && told[1] === '000')) return { ok: false, problem: 'failed', message: complaint(words) };
  const body = bytes.subarray(head.length);
  return {
    ok: true,
    ...response,
    body: body.subarray(0, bodyCap).toString('utf8'),
    truncated: body.length > bodyCap,
    url: told?.[3] ?? params.url,
  };
}

/** Where the headers of one response end; wget saves those of the last alone. */
function headEnd(bytes: Buffer): number {
  const found = ['\r\n\r\n', '\n\n'].map((end) => [bytes.indexOf(end), end.length] as const).filter(([at]) => at >= 0);
  const [first] = found.toSorted(([one], [other]) => one - other);
  return first ? first[0] + first[1] : bytes.length;
}

/** The last of the responses whose headers are given (redirects and `100 Continue` come before it). */
function lastResponse(heads: string): { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined {
  const last = heads
    .split(/\r?\n\r?\n/)
    .filter((head) => head.startsWith('HTTP/'))
    .at(-1);
  const [first = '', ...fields] = (last ?? '').split(/\r?\n/);
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(first)?.[1];
  if (!status) return undefined;
  const headers = new Map<string, string>();
  for (const field of fields) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*?)\s*$/.exec(field);
    if (!match) continue;
    const [, name = '', value = ''] = match;
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers: Object.fromEntries(headers) };
}

/** What curl or wget said, without our own lines. */
function complaint(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '' && !/^(homerun \d{3} |exit \d)/.test(line));
  const code = /^exit (\d+)$/m.exec(words)?.[1] ?? '?';
  return lines.join(' ').replace(/^curl: \(\d+\) /, '') || `no answer (exit code ${code})`;
}
