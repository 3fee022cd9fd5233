// A name server for the lab's hosts and the containers on them: it knows the lab's names and passes on all other questions.

import { createSocket, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** DNS name, lower case → IPv4 address. */
export type Records = ReadonlyMap<string, string>;

export interface Question {
  /** Lower case, without the last dot. */
  readonly name: string;
  /** 1 = A, 28 = AAAA, … (RFC 1035, 3.2.2). */
  readonly type: number;
  /** Where the question ends in the message. */
  readonly end: number;
}

const headerLength = 12;
const typeA = 1;
const noError = 0;
const serverFailure = 2;
const noSuchName = 3;

/**
 * Starts the name server.
 * @param records asked for at each question, so that names can change while it runs
 * @param upstream addresses of the servers that get the other questions, the first one that answers counts
 */
export async function startNameServer(address: string, records: () => Records, upstream: readonly string[]): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (message, sender) => {
    const send = (reply: Buffer): void => socket.send(reply, sender.port, sender.address);
    const own = answer(message, records());
    if (own !== undefined) send(own);
    else forward(message, upstream, (reply) => send(reply ?? respond(message, undefined, serverFailure)));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(53, address, resolve);
  });
  return socket;
}

/**
 * The answer to a question about the lab's own names.
 * @returns undefined when the question is for others. A lab name has no record but A; a name below `test` that is not in the
 *   records does not exist.
 */
export function answer(message: Buffer, records: Records): Buffer | undefined {
  const question = parseQuestion(message);
  if (question === undefined) return undefined;
  const address = records.get(question.name);
  if (address !== undefined) return respond(message, question, noError, question.type === typeA ? [address] : []);
  return question.name === 'test' || question.name.endsWith('.test') ? respond(message, question, noSuchName) : undefined;
}

/** Reads the first question of a DNS message (RFC 1035, 4.1); undefined when it is not one. */
export function parseQuestion(message: Buffer): Question | undefined {
  if (message.length < headerLength || message.readUInt16BE(4) < 1) return undefined;
  const labels: string[] = [];
  let at = headerLength;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString('latin1', at, at + length));
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at), end: at + 4 };
}

function respond(message: Buffer, question: Question | undefined, code: number, addresses: readonly string[] = []): Buffer {
  const header = Buffer.alloc(headerLength);
  header.writeUInt16BE(message.length >= 2 ? message.readUInt16BE(0) : 0, 0);
  // A response, authoritative, recursion desired and available.
  header.writeUInt16BE(0x8580 | code, 2);
  header.writeUInt16BE(question === undefined ? 0 : 1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const asked = question === undefined ? Buffer.alloc(0) : message.subarray(headerLength, question.end);
  return Buffer.concat([header, asked, ...addresses.filter((address) => isIPv4(address)).map(addressRecord)]);
}

// The name is a pointer to the question; class IN, five seconds to live.
function addressRecord(address: string): Buffer {
  return Buffer.from([0xc0, headerLength, 0, typeA, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number)]);
}

function forward(message: Buffer, upstream: readonly string[], done: (reply: Buffer | undefined) => void): void {
  const [first, ...others] = upstream;
  if (first === undefined) return done(undefined);
  const socket = createSocket(first.includes(':') ? 'udp6' : 'udp4');
  const end = (reply: Buffer | undefined): void => {
    clearTimeout(limit);
    socket.close();
    if (reply === undefined) forward(message, others, done);
    else done(reply);
  };
  const limit = setTimeout(() => end(undefined), 3000);
  socket.once('error', () => end(undefined));
  socket.once('message', (reply) => end(reply));
  socket.send(message, 53, first);
}
