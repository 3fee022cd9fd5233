// Requests to the servers of a lab from this machine: their names resolve inside the lab alone, and the lab's authority signs for them.

import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

interface RequestBase {
  readonly url: string;
  /** Where to connect, whatever the name in the URL says. */
  readonly address: string;
  /** The certificates to trust, PEM. */
  readonly ca: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds without a byte until it is given up; default 15000. */
  readonly timeoutMs?: number;
  /** Send the path of the URL byte for byte instead of normalised. */
  readonly rawPath?: string;
}

export interface HttpsRequest extends RequestBase {
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** A request whose body is bytes, sent as they are. */
export interface RawRequest extends RequestBase {
  readonly payload?: Uint8Array;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

interface AnswerBase {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpsAnswer extends AnswerBase {
  readonly body: string;
}

export interface RawAnswer extends AnswerBase {
  readonly bytes: Buffer<ArrayBuffer>;
}

/** Makes one request. @throws Error when there is no answer, or the certificate does not verify. */
export async function https({ body, headers, ...rest }: HttpsRequest): Promise<HttpsAnswer> {
  const json = body !== undefined && { payload: Buffer.from(JSON.stringify(body)), headers: { 'content-type': 'application/json', ...headers } };
  const { bytes, ...answer } = await exchange({ ...(headers && { headers }), ...rest, ...json });
  return { ...answer, body: bytes.toString() };
}

/** Makes one request, byte for byte. @throws Error as above, or the reason of the signal. */
export function exchange({
  url,
  address,
  ca,
  method = 'GET',
  headers = {},
  payload,
  timeoutMs = 15_000,
  rawPath,
  signal,
}: RawRequest): Promise<RawAnswer> {
  const { hostname, port, pathname, search } = new URL(url);
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
        ...(signal && { signal }),
        headers: {
          host: hostname,
          ...(payload !== undefined && { 'content-length': payload.length }),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not answer within ${timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
