import type { Readable } from 'node:stream';
import type { Traffic } from './session.ts';

/** Tells whether a host sends without end what nobody asked for: requests, announcements, banners, new keys, data for no channel. */
export interface Unasked {
  /** The same stream, whose data is what was asked for. */
  output<Stream extends Readable>(stream: Stream): Stream;
  isTooMuch(traffic: Traffic): boolean;
}

/** Bytes of a packet beside its data, and of what sshd says along with it. */
const perPacket = 256;

/** A host says it has taken what it was sent, with some forty bytes each time. An answer to what nobody asked for is longer than that. */
const shareOfSent = 1 / 16;

/** Most bytes: of a week of signs of life, of the longest lists of algorithms and keys, of any banner that somebody would read. */
const most = 4 * 2 ** 20;

/** Counts for one connection. Each answer to what a host sends would be kept here until the host takes it, so that it could fill this machine's memory. */
export function createUnasked(): Unasked {
  let asked = 0;
  return {
    output(stream) {
      // In place of a listener, which would set the data flowing.
      const push = stream.push.bind(stream);
      stream.push = (chunk: Uint8Array | null, encoding?: BufferEncoding): boolean => {
        if (chunk !== null && chunk.length > 0) asked += chunk.length + perPacket;
        return push(chunk, encoding);
      };
      return stream;
    },
    isTooMuch: ({ bytesReceived, bytesSent }) => bytesReceived - asked - bytesSent * shareOfSent > most,
  };
}
