import { createHash } from 'node:crypto';
import type { FileAnswer } from '../../questions/file.ts';
import { Secret, type Text } from '../../values/secret.ts';
import { isLocalBytes, type LocalBytes, type Stream } from '../../values/stream.ts';

/** A file of the host by its path and digest (SHA-256, hexadecimal). */
export interface HostFile {
  readonly path: string;
  readonly sha256: string;
}

/** What a file shall hold. */
export type Content = Text | Uint8Array | LocalBytes | HostFile;

/** Bytes up to which the content of a file of the user's machine is held, and shown as text: 1 MiB. What is longer is sent while it is read. */
const mostHeld = 1_048_576;

export function isHostFile(content: Content): content is HostFile {
  return typeof content === 'object' && 'path' in content;
}

/** Too long to be held. */
export function isLong(content: Content): content is LocalBytes {
  return isLocalBytes(content) && content.size > mostHeld;
}

/** SHA-256 of `content` (text as UTF-8) in hexadecimal, as the question `file` gives it for what is there. */
export function digestOf(content: Content): string {
  if (isLocalBytes(content)) return content.sha256();
  if (isHostFile(content)) return content.sha256;
  return createHash('sha256')
    .update(content instanceof Secret ? content.reveal() : content)
    .digest('hex');
}

/** Whether a file that was found has this content. A file of the user's machine is read only where its length does not tell. */
export function holds(found: FileAnswer, content: Content): boolean {
  if (!found.exists || found.type !== 'file') return false;
  if (isLocalBytes(content) && found.size !== undefined && found.size !== content.size) return false;
  return found.sha256 === digestOf(content);
}

/** The content as text, for a diff; undefined for what is none, or too long. */
export function readable(content: Content): Text | undefined {
  if (typeof content === 'string' || content instanceof Secret) return content;
  if (isHostFile(content) || isLong(content)) return undefined;
  const bytes = isLocalBytes(content) ? content.bytes() : content;
  if (bytes.length > mostHeld || bytes.includes(0)) return undefined;
  const text = Buffer.from(bytes).toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** Stands where the digest of a file does that was changed while it was sent. */
export const changedMeanwhile = '-'.repeat(64);

/** sh: ends a script whose `want` says so. */
export const changedWhile = (to: string): string =>
  `case $want in -*) fail "a file was changed on your machine while it was copied to ${to}: run it again" ;; esac`;

/** Bytes of a digest with the line end behind it. */
const digestLength = 65;

/** The content, and behind it a line with its digest, which is known when all has been read: or one of hyphens, if the file was changed meanwhile. */
export function withDigestBehind(content: LocalBytes): Stream {
  return {
    length: content.size + digestLength,
    async *pieces() {
      const digest = yield* content.pieces();
      yield Buffer.from(`${digest ?? changedMeanwhile}\n`);
    },
  };
}

/** The content behind a line with its digest. */
export function withDigestBefore(content: Exclude<Content, HostFile>): Text | Uint8Array {
  if (content instanceof Secret) return new Secret(`${digestOf(content)}\n${content.reveal()}`);
  if (typeof content === 'string') return `${digestOf(content)}\n${content}`;
  const bytes = isLocalBytes(content) ? content.bytes() : content;
  return Buffer.concat([Buffer.from(`${digestOf(bytes)}\n`), bytes]);
}
