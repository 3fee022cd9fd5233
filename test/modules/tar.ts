/** One member of a tar file, as written: nothing is checked, so that hostile archives can be made. */
export interface Member {
  readonly name: string;
  /** POSIX ustar: 0 file, 1 hard link, 2 symbolic link, 3 character device, 5 folder, 6 FIFO. Default 0. */
  readonly type?: '0' | '1' | '2' | '3' | '5' | '6';
  readonly content?: string;
  readonly target?: string;
  /** Default 0644; 0755 for a folder. */
  readonly mode?: number;
  /** Written instead of the content's length. */
  readonly size?: number;
}

const block = 512;

/** A tar file in POSIX ustar format (pax(1), "ustar Interchange Format"). */
export function tar(members: readonly Member[]): Buffer {
  return Buffer.concat([...members.flatMap((member) => [header(member), padded(Buffer.from(member.content ?? ''))]), Buffer.alloc(2 * block)]);
}

function header({ name, type = '0', content = '', target = '', mode = type === '5' ? 0o755 : 0o644, size }: Member): Buffer {
  const bytes = Buffer.alloc(block);
  bytes.write(name, 0, 100);
  bytes.write(octal(mode, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  bytes.write(octal(size ?? Buffer.byteLength(content), 11), 124);
  bytes.write(octal(1_700_000_000, 11), 136);
  bytes.write(' '.repeat(8), 148);
  bytes.write(type, 156);
  bytes.write(target, 157, 100);
  bytes.write('ustar\u000000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return bytes;
}

const octal = (number: number, length: number) => number.toString(8).padStart(length, '0');

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((block - (content.length % block)) % block)]);
}
