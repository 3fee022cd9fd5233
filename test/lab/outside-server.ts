// The process that stands in for the outside world: `node outside-server.js CONFIGURATION.json`. It answers on the gateway of the
// lab's network: names on port 53, https on port 443 for documents and for what it forwards to (the image registry, programs of tests). It goes on when its parent ends.

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join, normalize } from 'node:path';
import { type Records, startNameServer } from './name-server.ts';

export interface OutsideConfiguration {
  /** Tells one configuration from another. */
  readonly digest: string;
  /** The address to listen on. */
  readonly address: string;
  readonly records: Readonly<Record<string, string>>;
  readonly upstream: readonly string[];
  /** PEM: for all names below. */
  readonly certificate: string;
  readonly key: string;
  /** Host name → folder whose files it serves. */
  readonly documents: Readonly<Record<string, string>>;
  /** Host name → port on this machine's loopback that answers for it. */
  readonly forwards: Readonly<Record<string, number>>;
}

/** Answers with the configuration's digest and the process id. */
export const healthPath = '/.well-known/homerun-lab';

const types: Readonly<Record<string, string>> = { gz: 'application/gzip', deb: 'application/vnd.debian.binary-package' };

async function main(file: string): Promise<void> {
  // Written by outside.ts, and by nothing else.
  const read = (): OutsideConfiguration => JSON.parse(readFileSync(file, 'utf8')) as OutsideConfiguration;
  const configuration = read();
  const { address, certificate, key, upstream } = configuration;
  const records: Records = new Map(Object.entries(configuration.records));
  await startNameServer(address, () => records, upstream);
  const server = createServer({ cert: certificate, key }, (incoming, response) => {
    response.once('close', () => {
      const path = `https://${incoming.headers.host ?? '?'}${incoming.url ?? ''}`;
      console.log(new Date().toISOString(), incoming.socket.remoteAddress, incoming.method, path, response.statusCode);
    });
    serve(configuration, incoming, response);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.listen(443, address);
}

function serve(configuration: OutsideConfiguration, incoming: IncomingMessage, response: ServerResponse): void {
  const host = (incoming.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const path = new URL(incoming.url ?? '/', 'https://host/').pathname;
  const port = configuration.forwards[host];
  const folder = configuration.documents[host];
  if (path === healthPath) end(response, 200, JSON.stringify({ digest: configuration.digest, pid: process.pid }));
  else if (port !== undefined) forward(port, incoming, response);
  else if (folder !== undefined) document(join(folder, normalize(decodeURIComponent(path))), incoming, response);
  else end(response, 404, `the lab does not stand in for ${host}`);
}

function document(file: string, incoming: IncomingMessage, response: ServerResponse): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) return end(response, 404, 'not found');
  response.writeHead(200, {
    'content-type': types[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'content-length': found.size,
    'last-modified': found.mtime.toUTCString(),
  });
  if (incoming.method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

function forward(port: number, incoming: IncomingMessage, response: ServerResponse): void {
  const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' };
  const options = { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers };
  const outgoing = request(options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('error', () => response.destroy()).pipe(response);
  });
  outgoing.once('error', () =>
    response.headersSent ? response.destroy() : end(response, 502, `nothing answers for ${incoming.headers.host ?? '?'}`),
  );
  incoming.on('error', () => outgoing.destroy()).pipe(outgoing);
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

// A request that breaks one answer must not end the process for all the others.
process.on('uncaughtException', (error) => {
  console.error(new Date().toISOString(), error);
  if ('syscall' in error && (error.syscall === 'listen' || error.syscall === 'bind')) process.exit(1);
});

const [, , file] = process.argv;
if (file !== undefined && process.argv[1] === import.meta.filename) await main(file);
