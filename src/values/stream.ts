/** Bytes for the standard input of a command that are too many to be held at once: they are read while they are sent. */
export interface Stream {
  /** How many there are. */
  readonly length: number;
  /** All of them, in order; never more or fewer. Each call begins anew. A piece holds until the next but one is asked for: its memory is used again. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** A file of the user's own machine, of which the content is read when it is needed. */
export interface LocalBytes {
  /** Bytes. */
  readonly size: number;
  /** SHA-256 in hexadecimal; reads the whole file, unless it is known. @throws InputError */
  sha256(): string;
  /** All of it. @throws InputError */
  bytes(): Uint8Array;
  /**
   * All of it, in pieces, to be sent: always `size` bytes, as that many were promised. Returns the digest of what was read; undefined
   * when that is not the file as it was looked at (it became shorter, was written to, cannot be read on). A piece holds until the next
   * but one is asked for.
   */
  pieces(): AsyncGenerator<Uint8Array, string | undefined>;
}

export function isLocalBytes(content: unknown): content is LocalBytes {
  return typeof content === 'object' && content !== null && 'pieces' in content && 'sha256' in content;
}

export function isStream(stdin: unknown): stdin is Stream {
  return typeof stdin === 'object' && stdin !== null && 'pieces' in stdin && 'length' in stdin;
}
