// What ssh2's server does not offer: packets as somebody likes them.

import type { Socket } from 'node:net';
import type { Connection } from 'ssh2';

/** The parts of ssh2's server that are meant for itself. */
interface Protocol {
  readonly _packetRW: { readonly write: { readonly allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer } };
  readonly _cipher: { encrypt(packet: Buffer): void };
  /** What is done with a message, by its name. */
  readonly _handlers: Record<string, (protocol: unknown, content: { readonly recipient: number }) => void>;
  channelOpenConfirm(remote: number, local: number, window: number, packetSize: number): void;
  channelOpenFail(remote: number, reason: number, description: string): void;
  channelWindowAdjust(channel: number, bytes: number): void;
}

/** Numbers of messages (RFC 4250 and what follows it). */
export const message = {
  disconnect: 1,
  ignore: 2,
  kexinit: 20,
  newkeys: 21,
  userauthFailure: 51,
  userauthSuccess: 52,
  userauthBanner: 53,
  globalRequest: 80,
  channelOpen: 90,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelRequest: 98,
} as const;

/** What a field is made of: a string with its length, a number of four bytes, a boolean, or bytes as they are. */
type Field = string | number | boolean | Buffer;

/** The content of a packet. */
export function payload(type: number, ...fields: readonly Field[]): Buffer {
  return Buffer.concat([Buffer.from([type]), ...fields.map(bytesOf)]);
}

function bytesOf(field: Field): Buffer {
  if (Buffer.isBuffer(field)) return field;
  if (typeof field === 'boolean') return Buffer.from([field ? 1 : 0]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(typeof field === 'number' ? field : Buffer.byteLength(field));
  return typeof field === 'number' ? length : Buffer.concat([length, Buffer.from(field)]);
}

/** A packet before any key: length, padding, content. */
export function plainPacket(content: Buffer): Buffer {
  const fill = 8 - ((content.length + 5) % 8);
  const padding = fill < 4 ? fill + 8 : fill;
  const packet = Buffer.alloc(5 + content.length + padding);
  packet.writeUInt32BE(packet.length - 4);
  packet[4] = padding;
  content.copy(packet, 5);
  return packet;
}

export function protocolOf(client: Connection): Protocol {
  return Reflect.get(client, '_protocol') as Protocol;
}

export function socketOf(client: Connection): Socket {
  return Reflect.get(client, '_sock') as Socket;
}

/** Sends a packet with this content, whatever state the connection is in. */
export function send(client: Connection, content: Buffer): void {
  const { _packetRW, _cipher } = protocolOf(client);
  const { allocStart } = _packetRW.write;
  const packet = _packetRW.write.alloc(content.length);
  packet.set(content, allocStart);
  _cipher.encrypt(_packetRW.write.finalize(packet));
}

/** Does something again and again until the connection is gone: so often every five milliseconds, as what else is tested on this machine needs its turn. */
export function withoutEnd(client: Connection, act: () => void, times = 20): void {
  const socket = socketOf(client);
  const more = (): void => {
    for (let count = 0; count < times && !socket.destroyed; count += 1) {
      try {
        act();
      } catch {
        return;
      }
    }
    if (socket.destroyed) return;
    if (socket.writableNeedDrain) socket.once('drain', more);
    else setTimeout(more, 5);
  };
  more();
}

/** Hangs up as soon as it has sent a message of this type before there are keys. */
export function hangUpAfter(client: Connection, type: number): void {
  const socket = socketOf(client);
  const write: (chunk: Buffer | string) => boolean = socket.write.bind(socket);
  socket.write = (chunk: Buffer | string): boolean => {
    const result = write(chunk);
    if (chunk[5] === type) socket.destroySoon();
    return result;
  };
}
