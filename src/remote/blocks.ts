/** Bytes in the order they came. */
export interface Blocks {
  add(bytes: Uint8Array): void;
  /** All of them. */
  all(): Buffer;
  readonly size: () => number;
  /** Keeps the last `count` of them alone. */
  keepLast(count: number): void;
}

const largestBlock = 65_536;

/** Joins what comes in small pieces: a host may send its output byte by byte, and a piece alone takes far more memory than a byte. */
export function createBlocks(): Blocks {
  let blocks: Buffer[] = [];
  /** Bytes of the last block that are taken. */
  let used = 0;
  let size = 0;
  const all = (): Buffer => {
    const last = blocks.at(-1);
    return last ? Buffer.concat([...blocks.slice(0, -1), last.subarray(0, used)]) : Buffer.alloc(0);
  };
  return {
    size: () => size,
    all,
    add(bytes) {
      for (let at = 0; at < bytes.length; ) {
        let block = blocks.at(-1);
        if (!block || used === block.length) {
          // Twice as long as the one before: short output takes little.
          const length = Math.max(bytes.length - at, Math.min(largestBlock, 2 * (block?.length ?? 0)));
          block = Buffer.allocUnsafeSlow(length);
          blocks.push(block);
          used = 0;
        }
        const part = bytes.subarray(at, at + block.length - used);
        block.set(part, used);
        used += part.length;
        at += part.length;
        size += part.length;
      }
    },
    keepLast(count) {
      const kept = count === 0 ? Buffer.alloc(0) : all().subarray(-count);
      blocks = kept.length === 0 ? [] : [kept];
      used = kept.length;
      size = kept.length;
    },
  };
}
