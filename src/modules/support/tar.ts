const block = 512;

/** A regular file or a folder in a tar file. */
export interface TarEntry {
  /** Of any length; a folder's ends with a slash. */
  readonly name: string;
  /** Bytes of its content; 0 for a folder. */
  readonly size: number;
}

/** The bytes before the content of an entry, as GNU tar and BusyBox read them (a name too long for its field is an entry before). Nothing but the owner may read what comes of it. */
export function tarHeader({ name, size }: TarEntry): Buffer {
  const bytes = Buffer.from(name);
  const kind = name.endsWith('/') ? '5' : '0';
  if (bytes.length <= 100) return header(bytes, size, kind);
  const long = Buffer.concat([bytes, Buffer.alloc(1)]);
  return Buffer.concat([
    header(Buffer.from('././@LongLink'), long.length, 'L'),
    long,
    tarPadding(long.length),
    header(bytes.subarray(0, 100), size, kind),
  ]);
}

/** How long `tarHeader` is. */
export function tarHeaderLength({ name }: TarEntry): number {
  const length = Buffer.byteLength(name);
  return length <= 100 ? block : 2 * block + length + 1 + paddingLength(length + 1);
}

const paddingLength = (size: number): number => (block - (size % block)) % block;

/** What fills the last block of a content of `size` bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc(paddingLength(size));
}

/** What ends a tar file. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * block);

function header(name: Buffer, size: number, kind: '0' | '5' | 'L'): Buffer {
  const bytes = Buffer.alloc(block);
  name.copy(bytes, 0);
  bytes.write(`${kind === '5' ? '0000700' : '0000600'}\0${'0000000\0'.repeat(2)}`, 100, 'latin1');
  // What needs more than eleven octal digits stands there as a binary number.
  if (size < 8 ** 11) bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  else {
    bytes.writeUInt8(0x80, 124);
    bytes.writeBigUInt64BE(BigInt(size), 128);
  }
  bytes.write(`${'0'.repeat(11)}\0${' '.repeat(8)}${kind}`, 136, 'latin1');
  bytes.write('ustar  \0', 257, 'latin1');
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
