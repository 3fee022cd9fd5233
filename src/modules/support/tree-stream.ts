import { createHash } from 'node:crypto';
import { isLocalBytes, type LocalBytes, type Stream } from '../../values/stream.ts';
import { type Content, changedMeanwhile, digestOf, type HostFile } from './content.ts';
import { tarEnd, tarHeader, tarHeaderLength, tarPadding } from './tar.ts';

export interface TreeFile {
  /** A path below the top. */
  readonly name: string;
  readonly content: LocalBytes | Uint8Array | string;
}

/** Names of what is in the stream besides the files. */
export const streamNames = { top: 'tree', digest: 'digest' } as const;

/** Small pieces are sent together: each costs its way through the SSH library. */
const leastPiece = 2 ** 17;

/** A tar file with all files below `tree/`, and last a file `digest` that holds what `treeDigest` prints for them; hyphens, if one was changed meanwhile. */
export function treeStream(folders: readonly string[], files: readonly TreeFile[]): Stream {
  const { top, digest } = streamNames;
  const tops = ['', ...folders.map((name) => `${name}/`)].map((name) => ({ name: `${top}/${name}`, size: 0 }));
  const entries = files.map(({ name, content }) => ({ name: `${top}/${name}`, size: sizeOf(content) }));
  const last = { name: digest, size: changedMeanwhile.length + 1 };
  const lengthOf = (entry: { readonly name: string; readonly size: number }) => tarHeaderLength(entry) + entry.size + tarPadding(entry.size).length;
  return {
    length: [...tops, ...entries, last].reduce((sum, entry) => sum + lengthOf(entry), tarEnd.length),
    async *pieces() {
      const held = createHeld();
      const digests: (string | undefined)[] = [];
      for (const entry of tops) held.add(tarHeader(entry));
      for (const [index, { content }] of files.entries()) {
        const entry = entries[index];
        if (!entry) continue;
        held.add(tarHeader(entry));
        const reading = piecesOf(content);
        let next = await reading.next();
        for (; !next.done; next = await reading.next()) {
          held.add(next.value);
          if (held.isEnough()) yield held.take();
        }
        digests.push(next.value);
        held.add(tarPadding(entry.size));
      }
      held.add(tarHeader(last));
      held.add(Buffer.from(`${digests.includes(undefined) ? changedMeanwhile : digestOfAll(files, digests)}\n`));
      held.add(tarPadding(last.size));
      held.add(tarEnd);
      yield held.take();
    },
  };
}

/** Pieces that are put together to one that is long enough. */
function createHeld() {
  let pieces: Uint8Array[] = [];
  let size = 0;
  return {
    add(piece: Uint8Array): void {
      pieces.push(piece);
      size += piece.length;
    },
    isEnough: () => size >= leastPiece,
    take(): Uint8Array {
      const all = Buffer.concat(pieces, size);
      pieces = [];
      size = 0;
      return all;
    },
  };
}

/**
 * sh: prints the digest of the digests of all files below the folder it is called in, in the order of their names. Not of the names: coreutils and
 * BusyBox do not write all of them the same way.
 */
export const treeDigest = `find . -type f -print0 | sort -z | xargs -0 -r sha256sum -- | sed 's/^[^0-9a-f]*//; s/ .*//' | sha256sum | cut -c 1-64`;

/** As `treeDigest`. */
function digestOfAll(files: readonly TreeFile[], digests: readonly (string | undefined)[]): string {
  const named = files.map(({ name }, index) => ({ name: Buffer.from(`./${name}`), digest: digests[index] ?? '' }));
  named.sort((one, other) => Buffer.compare(one.name, other.name));
  return createHash('sha256')
    .update(named.map(({ digest }) => `${digest}\n`).join(''))
    .digest('hex');
}

function sizeOf(content: TreeFile['content']): number {
  return isLocalBytes(content) ? content.size : Buffer.byteLength(content);
}

async function* piecesOf(content: Exclude<Content, HostFile>): AsyncGenerator<Uint8Array, string | undefined> {
  if (isLocalBytes(content)) return yield* content.pieces();
  yield Buffer.from(content as string | Uint8Array);
  return digestOf(content);
}
