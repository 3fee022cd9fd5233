import { curlAnswer, type HttpAnswer, parseHttp } from '../../questions/http.ts';
import { type Command, explainsItself, type Output, quote, withStdin } from '../../values/command.ts';
import { revealed, Secret, secretIf, type Text } from '../../values/secret.ts';

/** A request that may change something, or that holds what is secret: made at the task's turn, and once. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, Text>>;
  readonly body?: Text | undefined;
  readonly login?: { readonly user: string; readonly password: Text } | undefined;
  /** Statuses that are right. */
  readonly statuses: readonly number[];
  readonly timeoutSeconds: number;
  readonly caFile?: string | undefined;
  readonly address?: string | undefined;
  readonly insecure: boolean;
  readonly followRedirects: boolean;
}

/** Characters of a request that curl takes as its configuration: older ones read no longer lines. */
export const mostCharacters = 65_536;

/** The request as a command that fails where the status is wrong. What is sent goes in on standard input, as curl's configuration. */
export function sendRequest(request: HttpRequest): Command {
  const { url, statuses, timeoutSeconds } = request;
  const script = `command -v curl >/dev/null || { echo 'the host has no curl, which makes such a request: install it before (module apt)' >&2; exit ${explainsItself}; }
exec 5<&0
answer=$(${curlAnswer}
with_curl -K /dev/fd/5)
printf '%s\\n' "$answer"
status=$(printf '%s\\n' "$answer" | sed -e '1,/^:$/d' -e '/^\\.$/d' | base64 -d | sed -n 's/^homerun \\([0-9]*\\) .*/\\1/p' | tail -n 1)
case ' ${statuses.join(' ')} ' in *" $status "*) exit 0 ;; esac
url=${quote(url)}
if [ "\${status:-000}" = 000 ]; then printf '%s\\n' "$answer" | sed -e '1,/^:$/d' -e '/^\\.$/d' | base64 -d | grep '^curl: ' | sed "s/^curl: ([0-9]*) //" | sed "s|^|$(printf %s "$url" | sed 's/[&|\\\\]/\\\\&/g'): |" >&2
else printf '%s\\n' "$url answered $status, expected ${statuses.join(' or ')}" >&2; fi
exit ${explainsItself}`;
  return withStdin({ script, timeoutSeconds: timeoutSeconds + 30 }, configuration(request));
}

/** What such a command left, read. */
export function answerOf({ stdout }: Output, { url, address }: Pick<HttpRequest, 'url' | 'address'>): HttpAnswer {
  return parseHttp(stdout.replace(/\.\n$/, ''), { url, address });
}

function configuration({ url, method, headers, body, login, timeoutSeconds, caFile, address, insecure, followRedirects }: HttpRequest): Text {
  const options: readonly (readonly [name: string, value?: Text])[] = [
    ['url', url],
    ['proto', '=http,https'],
    ['max-time', String(timeoutSeconds)],
    ['globoff'],
    ...(method === 'HEAD' ? [['head'] as const] : [['request', method] as const]),
    ...(followRedirects ? [['location'] as const, ['max-redirs', '10'] as const] : []),
    ...(caFile === undefined ? [] : [['cacert', caFile] as const]),
    ...(address === undefined ? [] : [['connect-to', `::${address.includes(':') ? `[${address}]` : address}:`] as const]),
    ...(insecure ? [['insecure'] as const] : []),
    ...(login ? [['user', secretIf(login.password instanceof Secret, `${login.user}:${revealed(login.password)}`)] as const] : []),
    ...Object.entries(headers).map(([name, value]) => ['header', secretIf(value instanceof Secret, `${name}: ${revealed(value)}`)] as const),
    ...(body === undefined ? [] : [['data-raw', body] as const]),
  ];
  const text = options.map(([name, value]) => (value === undefined ? `${name}\n` : `${name} = "${escaped(revealed(value))}"\n`)).join('');
  return secretIf(
    options.some(([, value]) => value instanceof Secret),
    text,
  );
}

/** As curl reads text in quotes: curl(1), -K. */
function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t').replaceAll('\v', '\\v');
}
