import type { ParsedKey } from 'ssh2';
// The package's reader of keys alone: keys are read before a host is contacted, and all of ssh2 is loaded while the first one answers.
import keyParser from 'ssh2/lib/protocol/keyParser.js';
import { fingerprint } from './known-hosts.ts';

/** A private key read from a file. */
export interface PrivateKey {
  /** `SHA256:…` of its public half. */
  readonly fingerprint: string;
  readonly parsed: ParsedKey;
}

/** What a file that should hold a private key holds. */
export type KeyText =
  | { readonly kind: 'key'; readonly key: PrivateKey }
  | { readonly kind: 'encrypted' }
  | { readonly kind: 'public' }
  | { readonly kind: 'unknown'; readonly why: string };

/** Reads a private key's text (OpenSSH's own format, or PEM of RSA and EC keys), with a passphrase if it is encrypted. */
export function readPrivateKey(text: string, passphrase?: string): KeyText {
  const result: ParsedKey | ParsedKey[] | Error = keyParser.parseKey(text, passphrase);
  const parsed = Array.isArray(result) ? (result[0] ?? new Error('it holds no key')) : result;
  if (parsed instanceof Error) {
    return /passphrase/i.test(parsed.message) ? { kind: 'encrypted' } : { kind: 'unknown', why: parsed.message };
  }
  if (!parsed.isPrivateKey()) return { kind: 'public' };
  return { kind: 'key', key: { fingerprint: fingerprint(parsed.getPublicSSH()), parsed } };
}
