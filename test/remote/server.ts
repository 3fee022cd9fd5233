import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Algorithms, type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2';
import type { ConnectionSettings } from '../../src/remote/session.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-hostile-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const hostKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey;

/** The line of known_hosts, without its end, that makes a server of this process known under `name`. */
export function publicHostKey(name: string, privateKey: string = hostKey): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return `${name} ${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
}

/** What a server of this process does. */
export interface Behaviour {
  /** Private keys in PEM; default: one of RSA. */
  readonly hostKeys?: readonly string[];
  /** What is done with an exec channel; the server says yes to it before. */
  readonly shell?: (channel: ServerChannel, client: Connection, command: string) => void;
  /** Once the client has said its name. */
  readonly connected?: (client: Connection) => void;
  /** What is done with the wish for a channel; default: it is opened. */
  readonly session?: (accept: () => Session, client: Connection) => Session | undefined;
  readonly authenticate?: (context: AuthContext, client: Connection) => void;
  readonly algorithms?: Algorithms;
  readonly client?: (client: Connection) => void;
}

/** A server of this process. */
export interface FakeServer {
  /** To connect to it as root, with the first host key known. */
  readonly settings: ConnectionSettings;
  /** Requests for a login that arrived. */
  readonly logins: () => number;
  /** Channels and forwardings that the client asked for, besides exec. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Starts a server that lets everybody in, unless told otherwise. */
export async function fakeServer(behaviour: Behaviour): Promise<FakeServer> {
  const hostKeys = [...(behaviour.hostKeys ?? [hostKey])];
  let logins = 0;
  const asked: string[] = [];
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys, ...(behaviour.algorithms && { algorithms: behaviour.algorithms }) }, (client) => {
    clients.add(client);
    client.on('error', () => undefined);
    behaviour.connected?.(client);
    client.on('authentication', (context) => {
      logins += 1;
      if (behaviour.authenticate) behaviour.authenticate(context, client);
      else context.accept();
    });
    client.on('request', (_accept, reject, name) => {
      asked.push(name);
      reject?.();
    });
    client.on('ready', () => behaviour.client?.(client));
    client.on('session', (accept) => {
      const session = behaviour.session ? behaviour.session(accept, client) : accept();
      if (!session) return;
      for (const name of ['pty', 'x11', 'auth-agent', 'env'] as const) session.on(name, () => asked.push(name));
      session.on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        channel.on('error', () => undefined);
        behaviour.shell?.(channel, client, command);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const file = join(folder, `known_hosts_${port}`);
  writeFileSync(file, `${publicHostKey(`[127.0.0.1]:${port}`, hostKeys[0])}\n`);
  return {
    settings: {
      name: 'evil',
      transport: 'ssh',
      host: '127.0.0.1',
      port,
      user: 'root',
      password: 'secret',
      knownHostsFiles: [file],
      connectTimeoutSeconds: 3,
    },
    logins: () => logins,
    asked,
    close: () =>
      new Promise((resolve) => {
        for (const client of clients) client.end();
        server.close(() => resolve());
      }),
  };
}
