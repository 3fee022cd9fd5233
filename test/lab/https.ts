// Requests to the servers of a lab from this machine: their names resolve inside the lab alone, and the lab's authority signs for them.

import { request } from 'node:https';

export interface HttpsRequest {
  readonly url: string;
  /** Where to connect, whatever the name in the URL says. */
  readonly address: string;
  /** The certificates to trust, PEM. */
  readonly ca: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds until it is given up; default 15000. */
  readonly timeoutMs?: number;
  /** Send the path of the URL byte for byte instead of normalised. */
  readonly rawPath?: string;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Makes one request. @throws Error when there is no answer, or the certificate does not verify. */
export function https({ url, address, ca, method = 'GET', headers = {}, body, timeoutMs = 15_000, rawPath }: HttpsRequest): Promise<HttpsAnswer> {
  const { hostname, port, pathname, search } = new URL(url);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: address,
        servername: hostname,
        port: port === '' ? 443 : Number(port),
        path: rawPath ?? `${pathname}${search}`,
        method,
        ca,
        agent: false,
        timeout: timeoutMs,
        headers: {
          host: hostname,
          ...(payload !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not answer within ${timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
