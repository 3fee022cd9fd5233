import { createHash, createHmac } from 'node:crypto';

/** One usable line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  /** `plain`: this is the key. `revoked`: this key must never be accepted. `authority`: a CA, which is reported and not trusted. */
  readonly kind: 'plain' | 'revoked' | 'authority';
  /** The first field as written: names and patterns, comma separated, or one hashed name. */
  readonly names: string;
  /** `ssh-ed25519`, … */
  readonly type: string;
  /** The public key as it goes over the wire. */
  readonly key: Buffer;
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** What known_hosts files hold: usable lines, and those that were not understood. */
export interface KnownHosts {
  readonly entries: readonly KnownHost[];
  /** `file:line: why` of each line that was left out. */
  readonly warnings: readonly string[];
}

/**
 * What the files say of a host's key.
 * `trusted`: it is on record. `unknown`: nothing is. `changed`: others are on record, not this one. `revoked`: it is marked as such.
 * `entries` are the lines that led to the verdict; for `unknown`, the authorities that would apply.
 */
export interface Verdict {
  readonly verdict: 'trusted' | 'unknown' | 'changed' | 'revoked';
  readonly entries: readonly KnownHost[];
}

const kinds = new Map<string, KnownHost['kind']>([
  ['@revoked', 'revoked'],
  ['@cert-authority', 'authority'],
]);

/** Reads a known_hosts file's text. A line that is not understood is left out with a warning; the others count. */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const entries: KnownHost[] = [];
  const warnings: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const entry = parseLine(content);
    if (typeof entry === 'string') warnings.push(`${file}:${index + 1}: ${entry}`);
    else entries.push({ ...entry, file, line: index + 1 });
  }
  return { entries, warnings };
}

function parseLine(content: string): Omit<KnownHost, 'file' | 'line'> | string {
  const fields = content.split(/[ \t]+/);
  const marker = content.startsWith('@') ? fields.shift() : undefined;
  const kind = marker === undefined ? 'plain' : kinds.get(marker);
  if (kind === undefined) return `the marker ${marker} is not known`;
  const [names, type, encoded] = fields;
  if (names === undefined || type === undefined || encoded === undefined) return 'expected host names, a key type and a key';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'the key is not base64';
  const key = Buffer.from(encoded, 'base64');
  if (keyType(key) !== type) return `the key is not one of type ${type}`;
  return { kind, names, type, key };
}

/** The type that stands inside a public key in wire form (RFC 4253, 6.6), or undefined when it is none. */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return length > 0 && length < 64 && key.length > 4 + length ? key.toString('latin1', 4, 4 + length) : undefined;
}

/** `SHA256:…`, as `ssh-keygen -l` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The name under which known_hosts keeps a host: `host`, or `[host]:port` when the port is not 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** The lines that apply to a host, authorities and revoked keys included. */
export function entriesFor(known: KnownHosts, host: string, port: number): readonly KnownHost[] {
  const name = knownHostName(host, port);
  return known.entries.filter((entry) => matches(entry.names, name));
}

/**
 * Judges a key that a host has shown. As ssh(1): a revoked key is refused whatever else is on record; a key on record is trusted, for a
 * port other than 22 also under the bare name; any other key on record for the name makes it `changed`, whatever its type.
 */
export function judge(known: KnownHosts, host: string, port: number, key: Buffer): Verdict {
  const here = entriesFor(known, host, port);
  const bare = port === 22 ? [] : entriesFor(known, host, 22);
  const same = (entry: KnownHost): boolean => entry.key.equals(key);
  const revoked = [...here, ...bare].filter((entry) => entry.kind === 'revoked' && same(entry));
  if (revoked.length > 0) return { verdict: 'revoked', entries: revoked };
  const plain = here.filter((entry) => entry.kind === 'plain');
  const found = [...plain, ...bare].filter((entry) => entry.kind === 'plain' && same(entry));
  if (found.length > 0 && (plain.length === 0 || plain.some(same))) return { verdict: 'trusted', entries: found };
  if (plain.length > 0) return { verdict: 'changed', entries: plain };
  return { verdict: 'unknown', entries: here.filter((entry) => entry.kind === 'authority') };
}

/** What homerun asks of a host nobody knows, in this order; `ssh-rsa` (SHA-1) and DSA are never offered. */
export const allHostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** A host key algorithm that homerun speaks. */
export type HostKeyAlgorithm = (typeof allHostKeyAlgorithms)[number];

/**
 * The host key algorithms to offer: those of the keys on record, so that a host which also has a key of another type does not look
 * changed; all of them for a host that is not on record.
 */
export function hostKeyAlgorithms(known: KnownHosts, host: string, port: number): readonly HostKeyAlgorithm[] {
  const plain = (entries: readonly KnownHost[]): readonly KnownHost[] => entries.filter((entry) => entry.kind === 'plain');
  const here = plain(entriesFor(known, host, port));
  const relevant = here.length > 0 ? here : plain(entriesFor(known, host, 22));
  const types = new Set(relevant.map((entry) => entry.type));
  const wanted = allHostKeyAlgorithms.filter((algorithm) => types.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm));
  return wanted.length > 0 ? wanted : allHostKeyAlgorithms;
}

// The first field against a name: a hashed one, or a list in which one negated match voids the line (match_pattern_list of OpenSSH).
function matches(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHash(names, name);
  const patterns = names.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, name));
}

function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|');
  if (version !== '1' || !salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest().equals(Buffer.from(hash, 'base64'));
}

// `*` and `?`, without a regular expression: a file's pattern must not be able to make this slow.
function matchesPattern(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < name.length; ) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      at += 1;
      resume = index;
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
