import type { Channel, ChannelEnd } from './channel.ts';

/** What goes on while somebody becomes another user. */
export interface Follower {
  /** A word of ours: `NONCE WORD` and a blank or the end of the line behind it, on either stream. */
  readonly word: (word: string) => void;
  /** Anything else, on either stream. */
  readonly text?: (text: string) => void;
  readonly closed: (end: ChannelEnd) => void;
}

/** So much of what was said is kept: its end. */
const mostSaid = 4096;

/**
 * Listens to a channel for words of ours, wherever in a line they stand: a prompt is no line.
 * @returns what else was said on it so far: first of standard error, then of standard output.
 */
export function follow(channel: Channel, nonce: string, follower: Follower): () => string {
  const pattern = new RegExp(`${nonce} ([a-z]+)[ \\r\\n]`);
  const said = { stdout: '', stderr: '' };
  const waiting = { stdout: '', stderr: '' };
  const take = (stream: keyof typeof said, chunk: Buffer): void => {
    // One character a byte: a chunk may end within one of UTF-8.
    let rest = waiting[stream] + chunk.toString('latin1');
    let other = '';
    const words: string[] = [];
    for (let found = pattern.exec(rest); found; found = pattern.exec(rest)) {
      other += rest.slice(0, found.index);
      words.push(found[1] ?? '');
      rest = rest.slice(found.index + found[0].length);
    }
    // What may be the beginning of a word waits for what comes next.
    const at = beginningOf(rest, nonce);
    waiting[stream] = rest.slice(at);
    other += rest.slice(0, at);
    said[stream] = (said[stream] + other).slice(-mostSaid);
    if (other !== '') follower.text?.(other);
    for (const word of words) follower.word(word);
  };
  channel.listen({
    stdout: (chunk) => take('stdout', chunk),
    stderr: (chunk) => take('stderr', chunk),
    closed: follower.closed,
  });
  return () => Buffer.from(`${said.stderr}\n${said.stdout}`, 'latin1').toString('utf8').trim();
}

/** Where in `text` something begins that may go on to be a word. */
function beginningOf(text: string, nonce: string): number {
  const whole = text.indexOf(nonce);
  if (whole >= 0) return text.length - whole > nonce.length + 32 ? text.length : whole;
  for (let length = Math.min(nonce.length - 1, text.length); length > 0; length -= 1) {
    if (nonce.startsWith(text.slice(text.length - length))) return text.length - length;
  }
  return text.length;
}
