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

/**
 * Reads a known_hosts file's text, one character a byte (latin1), as OpenSSH does: blanks are spaces and tabs, and a NUL ends the line, but
 * for one that ends the names. A line that is not understood is left out with a warning; the others count.
 */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const entries: KnownHost[] = [];
  const warnings: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw
      .replace(namesAndNul, '$1 ')
      .replace(/\0[^]*/, '')
      .replace(/^[ \t]+|\r+$/g, '');
    if (content === '' || content.startsWith('#')) continue;
    const entry = parseLine(content);
    if (typeof entry === 'string') warnings.push(`${file}:${index + 1}: ${entry}`);
    else entries.push({ ...entry, file, line: index + 1 });
  }
  return { entries, warnings };
}

const namesAndNul = /^([ \t]*(?:@[^ \t\0]*[ \t]+)?[^@ \t\0][^ \t\0]*)\0/;

function parseLine(content: string): Omit<KnownHost, 'file' | 'line'> | string {
  const fields = content.split(/[ \t]+/);
  const marker = content.startsWith('@') ? fields.shift() : undefined;
  const kind = marker === undefined ? 'plain' : kinds.get(marker);
  if (kind === undefined) return `the marker ${marker} is not known`;
  const [names, type, encoded] = fields;
  if (names === undefined || type === undefined || encoded === undefined || encoded === '') return 'expected host names, a key type and a key';
  if (names.startsWith('@')) return 'a line has one marker only';
  if (names.startsWith('|') && !saltOf(names)) return 'the hashed name is not one of |1|salt|hash';
  // White space in a key is passed over: a line that revokes it must not lose its meaning.
  const letters = encoded.replaceAll(/[\v\f\r]/g, '');
  const key = Buffer.from(letters, 'base64');
  if (key.toString('base64') !== letters) return 'the key is not base64';
  // The algorithms of RSA keys are taken for the type, as by ssh(1).
  const inside = keyType(key);
  if (inside === undefined || inside !== (/^rsa-sha2-(256|512)$/.test(type) ? 'ssh-rsa' : type)) return `the key is not one of type ${type}`;
  return { kind, names, type: inside, key };
}

/** The type of a public key in wire form (RFC 4253, 6.6), or undefined when it is none that is well formed. */
export function keyType(key: Buffer): string | undefined {
  const fields = wireFields(key);
  const type = fields?.[0]?.toString('latin1');
  if (!fields || type === undefined) return undefined;
  const [, second, third] = fields;
  if (type === 'ssh-ed25519') return fields.length === 2 && second?.length === 32 ? type : undefined;
  if (type === 'ssh-rsa') return fields.length === 3 && (third?.length ?? 0) >= 128 ? type : undefined;
  const curve = /^ecdsa-sha2-(nistp(?:256|384|521))$/.exec(type)?.[1];
  if (curve !== undefined) return fields.length === 3 && second?.toString('latin1') === curve && third?.[0] === 4 ? type : undefined;
  return otherTypes.test(type) ? type : undefined;
}

/** Types that homerun cannot use. A line with one tells that the host is known by another key. */
const otherTypes =
  /^(ssh-dss|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com|(sk-)?(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521))-cert-v01@openssh\.com)$/;

// The strings, each after its length, that a public key consists of.
function wireFields(key: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < key.length; ) {
    const end = at + 4 <= key.length ? at + 4 + key.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (end > key.length) return undefined;
    fields.push(key.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** `SHA256:…`, as `ssh-keygen -l` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Whose key it is. */
export interface KeyOwner {
  readonly host: string;
  readonly port: number;
  /** The name that its keys are kept under, whatever its address and port (HostKeyAlias of ssh_config(5)). */
  readonly hostKeyAlias?: string;
}

/** The name under which known_hosts keeps a host: its alias; else `host`, or `[host]:port` when the port is not 22. */
export function knownHostName({ host, port, hostKeyAlias }: KeyOwner): string {
  const name = lower(hostKeyAlias ?? host);
  return port === 22 || hostKeyAlias !== undefined ? name : `[${name}]:${port}`;
}

/** The lines that apply to a name of `knownHostName`, authorities and revoked keys included. */
export function entriesFor(known: KnownHosts, name: string): readonly KnownHost[] {
  return known.entries.filter((entry) => matches(entry.names, name));
}

/**
 * Judges a key that a host has shown. As ssh(1): a revoked key is refused whatever else is on record; a key on record is trusted, for a
 * port other than 22 also under the bare name if there is none under the name with the port; any other key on record for the name makes it
 * `changed`, whatever its type. Stricter than ssh(1): a key that is revoked under the bare name is refused at any port.
 */
export function judge(known: KnownHosts, owner: KeyOwner, key: Buffer): Verdict {
  const name = knownHostName(owner);
  const here = entriesFor(known, name);
  const bareName = knownHostName({ ...owner, port: 22 });
  const bare = bareName === name ? [] : entriesFor(known, bareName);
  const same = (entry: KnownHost): boolean => entry.key.equals(key);
  const revoked = [...here, ...bare].filter((entry) => entry.kind === 'revoked' && same(entry));
  if (revoked.length > 0) return { verdict: 'revoked', entries: revoked };
  const plain = here.filter((entry) => entry.kind === 'plain');
  const found = (plain.length > 0 ? plain : bare).filter((entry) => entry.kind === 'plain' && same(entry));
  if (found.length > 0) return { verdict: 'trusted', entries: found };
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
 * changed; all of them for a host that is not on record. As ssh(1), which puts others behind them: of several keys of one type the first counts, a
 * revoked one is none, and lines of the bare name do not count for a port other than 22.
 */
export function hostKeyAlgorithms(known: KnownHosts, owner: KeyOwner): readonly HostKeyAlgorithm[] {
  const here = entriesFor(known, knownHostName(owner));
  const revoked = here.filter((entry) => entry.kind === 'revoked');
  const first = new Map<string, KnownHost>();
  for (const entry of here) if (entry.kind === 'plain' && !first.has(entry.type)) first.set(entry.type, entry);
  const isUsable = (type: string): boolean => {
    const entry = first.get(type);
    return entry !== undefined && !revoked.some(({ key }) => key.equals(entry.key));
  };
  const wanted = allHostKeyAlgorithms.filter((algorithm) => isUsable(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm));
  return wanted.length > 0 ? wanted : allHostKeyAlgorithms;
}

/** OpenSSH gives up a list at a pattern that is longer. */
const longestPattern = 1022;

// The first field against a name: a hashed one, or a list in which one negated match voids the line (match_pattern_list of OpenSSH).
function matches(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHash(names, name);
  let isMatch = false;
  for (const pattern of lower(names).split(',')) {
    const isNegated = pattern.startsWith('!');
    const positive = isNegated ? pattern.slice(1) : pattern;
    if (positive.length > longestPattern) return false;
    if (!matchesPattern(positive, name)) continue;
    if (isNegated) return false;
    isMatch = true;
  }
  return isMatch;
}

// ASCII alone: other letters have small forms that are ASCII.
function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

// The salt of `|1|salt|hash`: 20 bytes, in the one form that base64 has for them.
function saltOf(hashed: string): Buffer | undefined {
  const salt = /^\|1\|([A-Za-z0-9+/]{27}=)\|/.exec(hashed)?.[1];
  return salt === undefined ? undefined : Buffer.from(salt, 'base64');
}

function matchesHash(hashed: string, name: string): boolean {
  const salt = saltOf(hashed);
  return salt !== undefined && hashed === `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
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
