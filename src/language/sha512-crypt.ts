import { createHash } from 'node:crypto';
import { HelperError } from './coerce.ts';

// Source: Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", version 0.6; the numbers of its steps stand beside them.

const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const rounds = 5000;
/** What it takes grows with the square of the length. */
const longest = 512;

/** A run takes some milliseconds, and the same password is asked for by each host and task. */
const made = new Map<string, string>();

/** The hash of a password as crypt(3) makes it under `$6$`. @throws HelperError for a salt that it would cut or misread. */
export function sha512Crypt(password: string, salt: string): string {
  if (!/^[./0-9A-Za-z]{1,16}$/.test(salt)) throw new HelperError('the salt wants 1 to 16 letters, digits, "." and "/"');
  if (Buffer.byteLength(password) > longest) throw new HelperError(`expected a password of at most ${longest} bytes`);
  const key = `${salt}$${password}`;
  const known = made.get(key) ?? `$6$${salt}$${encoded(digestOf(Buffer.from(password), Buffer.from(salt)))}`;
  made.set(key, known);
  return known;
}

function digestOf(password: Buffer, salt: Buffer): Buffer {
  const other = sha512(password, salt, password); // 4–8
  const first = [password, salt, repeated(other, password.length)]; // 1–3, 9–10
  for (let bits = password.length; bits > 0; bits >>= 1) first.push(bits & 1 ? other : password); // 11
  let digest = sha512(...first); // 12
  const ofPassword = repeated(sha512(...Array<Buffer>(password.length).fill(password)), password.length); // 13–16
  const ofSalt = repeated(sha512(...Array<Buffer>(16 + (digest[0] ?? 0)).fill(salt)), salt.length); // 17–20
  for (let round = 0; round < rounds; round += 1) {
    const parts = [round % 2 ? ofPassword : digest]; // 21
    if (round % 3) parts.push(ofSalt);
    if (round % 7) parts.push(ofPassword);
    parts.push(round % 2 ? digest : ofPassword);
    digest = sha512(...parts);
  }
  return digest;
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** As many bytes of `block`, over and over. */
function repeated(block: Buffer, length: number): Buffer {
  return Buffer.alloc(length, block);
}

/** The digest in crypt's own Base64: three bytes each, a third of the digest apart, and in turns (22). */
function encoded(digest: Buffer): string {
  let text = '';
  for (let at = 0; at < 21; at += 1) {
    const bytes = [at, at + 21, at + 42];
    const turned = [0, 1, 2].map((place) => digest[bytes[(place + at) % 3] ?? 0] ?? 0);
    text += fourOf(((turned[0] ?? 0) << 16) | ((turned[1] ?? 0) << 8) | (turned[2] ?? 0), 4);
  }
  return text + fourOf(digest[63] ?? 0, 2);
}

function fourOf(value: number, count: number): string {
  return Array.from({ length: count }, (_, place) => letters[(value >> (6 * place)) & 63]).join('');
}
