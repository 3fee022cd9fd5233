// A mail server for the lab's hosts, on the gateway of their network: it takes mail over TLS and after a login only, and keeps it.

import { createServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { issueCertificate } from './authority.ts';
import { type Message, readMessage, textOf } from './mail-message.ts';
import { type Delivery, openSession } from './mail-session.ts';
import { waitFor } from './run.ts';
import type { Lab } from './types.ts';

/** The name that it has in every lab; its certificate is the lab's. */
export const mailServerName = 'mail.lab.test';

/** Where it listens. */
export const mailPorts = { tls: 465, startTls: 587 } as const;

/** A mail that was taken. */
export interface Mail extends Omit<Delivery, 'source'> {
  readonly port: number;
  readonly message: Message;
}

/** The link that a mail asks its reader to follow; `no link` where there is none. */
export function linkIn({ message }: Mail): string {
  return /https:\/\/\S+/.exec(textOf(message, 'text/plain'))?.[0] ?? 'no link';
}

export interface MailServer {
  /** The first mail to an address that was not given out yet; waits for it. @throws Error when none comes within 30 seconds. */
  readonly next: (to: string) => Promise<Mail>;
  /** How many mails were taken in all. */
  readonly count: () => number;
  readonly stop: () => void;
}

/** Who may log in. */
export interface MailAccount {
  readonly user: string;
  readonly password: string;
}

/** Starts it. It ends with this process, or by `stop`. */
export async function startMailServer({ authority, network }: Pick<Lab, 'authority' | 'network'>, account: MailAccount): Promise<MailServer> {
  const { certificate: cert, key } = await issueCertificate(authority, [mailServerName]);
  const secureContext = createSecureContext({ cert, key });
  const sockets = new Set<Socket>();
  const waiting: Mail[] = [];
  let count = 0;

  const greet = (socket: Socket, port: number, isEncrypted: boolean): void => {
    socket.write(`220 ${mailServerName} ESMTP\r\n`);
    talk(socket, port, isEncrypted);
  };
  const talk = (socket: Socket, port: number, isEncrypted: boolean): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const take = openSession({
      ...account,
      name: mailServerName,
      isEncrypted,
      send: (text) => void socket.write(text),
      end: () => void socket.end(),
      startTls: () => {
        socket.removeAllListeners('data');
        socket.write('220 begin\r\n');
        talk(new TLSSocket(socket, { isServer: true, secureContext }), port, true);
      },
      deliver: ({ source, ...envelope }) => {
        count += 1;
        waiting.push({ ...envelope, port, message: readMessage(source) });
      },
    });
    let rest = '';
    socket.on('data', (data: Buffer) => {
      const lines = (rest + data.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
  };
  const servers = [
    createTlsServer({ cert, key }, (socket) => greet(socket, mailPorts.tls, true)).listen(mailPorts.tls, network.gateway),
    createServer((socket) => greet(socket, mailPorts.startTls, false)).listen(mailPorts.startTls, network.gateway),
  ];
  await Promise.all(servers.map((server) => new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))));

  return {
    count: () => count,
    next: (to) =>
      waitFor(`a mail to ${to}`, 30, () => {
        const index = waiting.findIndex((mail) => mail.to.includes(to));
        return Promise.resolve(index < 0 ? undefined : waiting.splice(index, 1)[0]);
      }),
    stop: () => {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
