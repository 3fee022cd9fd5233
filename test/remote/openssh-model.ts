import { createHmac } from 'node:crypto';
import type { KeyOwner } from '../../src/remote/known-hosts.ts';

/**
 * What ssh(1) with StrictHostKeyChecking=yes thinks of a host's key, written down anew after its hostfile.c, match.c, sshconnect.c and
 * sshconnect2.c, statement by statement: it shares no code with homerun, and is itself compared with the real ssh.
 */
export interface OpenSshRules {
  /** A key that is revoked under the bare name is refused at every port. ssh looks there only if the name with the port is not on record. */
  readonly revokedAtAnyPort: boolean;
  /** A tab ends a marker. ssh takes the next space for its end, if there is one, and passes over the line. */
  readonly tabEndsMarker: boolean;
}

/** ssh as it is. */
export const openSsh: OpenSshRules = { revokedAtAnyPort: false, tabEndsMarker: false };

interface Line {
  readonly marker: '' | '@revoked' | '@cert-authority';
  readonly type: string;
  readonly blob: string;
}

/** In the order of ssh's HostKeyAlgorithms, certificates left out. */
const preferred = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256'];

/**
 * Whether ssh goes on to log in.
 * @param files the texts of known_hosts files, one character a byte; undefined for one that is not there
 * @param keys the keys of the server by type, in base64
 */
export function sshGoesOn(
  files: readonly (string | undefined)[],
  owner: KeyOwner,
  keys: Readonly<Record<string, string>>,
  rules: OpenSshRules = openSsh,
): boolean {
  const host = owner.host.toLowerCase();
  const name = owner.hostKeyAlias?.toLowerCase() ?? (owner.port === 22 ? host : `[${host}]:${owner.port}`);
  const lines = linesOf(files, name, rules);
  const shown = preferred.map(keyTypeOf).filter((type) => keys[type] !== undefined);
  // order_hostkeyalgs: known types first.
  const known = shown.filter((type) => isKnownType(lines, type));
  const blob = keys[known[0] ?? shown[0] ?? ''] ?? '';
  const status = statusOf(lines, blob);
  const bare = owner.hostKeyAlias === undefined && owner.port !== 22 ? linesOf(files, host, rules) : undefined;
  if (rules.revokedAtAnyPort && bare?.some((line) => line.marker === '@revoked' && line.blob === blob)) return false;
  if (status !== 'new') return status === 'ok';
  return bare !== undefined && statusOf(bare, blob) === 'ok';
}

function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

// check_hostkeys_by_key_or_type, by type.
function isKnownType(lines: readonly Line[], type: string): boolean {
  const first = lines.find((line) => line.marker === '' && line.type === type);
  return first !== undefined && !isRevoked(lines, first.blob);
}

// check_hostkeys_by_key_or_type, by key.
function statusOf(lines: readonly Line[], blob: string): 'ok' | 'new' | 'changed' | 'revoked' {
  let status: 'ok' | 'new' | 'changed' = 'new';
  for (const line of lines) {
    if (line.marker !== '') continue;
    if (line.blob === blob) {
      status = 'ok';
      break;
    }
    status = 'changed';
  }
  return isRevoked(lines, blob) ? 'revoked' : status;
}

function isRevoked(lines: readonly Line[], blob: string): boolean {
  return lines.some((line) => line.marker === '@revoked' && line.blob === blob);
}

// hostkeys_foreach
function linesOf(files: readonly (string | undefined)[], name: string, rules: OpenSshRules): readonly Line[] {
  return files.flatMap((text) => (text ?? '').split('\n').flatMap((raw) => lineFor(raw, name, rules) ?? []));
}

function lineFor(raw: string, name: string, rules: OpenSshRules): Line | undefined {
  let rest = skipBlanks(raw);
  if (rest === '' || rest.startsWith('\0') || rest.startsWith('#')) return undefined;
  let marker: Line['marker'] = '';
  // strchr sees nothing behind a NUL.
  while (rest.startsWith('@')) {
    if (marker !== '') return undefined;
    const visible = rest.split('\0')[0] ?? '';
    const space = visible.indexOf(' ');
    const tab = visible.indexOf('\t');
    const end = rules.tabEndsMarker ? visible.search(/[ \t]/) : space >= 0 ? space : tab;
    if (end <= 1) return undefined;
    const word = rest.slice(0, end);
    if (word !== '@revoked' && word !== '@cert-authority') return undefined;
    marker = word;
    rest = skipBlanks(rest.slice(end));
  }
  const names = /^[^ \t\0]*/.exec(rest)?.[0] ?? '';
  // The end of the names is stepped over, also if it is the end of the text: what the line has behind it is read on.
  const afterNames = skipBlanks(rest.slice(names.length + 1)).split('\0')[0] ?? '';
  if (!matchesMaybeHashed(name, names)) return undefined;
  if (afterNames === '' || afterNames.startsWith('#')) return undefined;
  const [typeName, afterType] = cutWord(afterNames);
  if (!/^(ssh-ed25519|ssh-rsa|ssh-dss|rsa-sha2-(256|512)|ecdsa-sha2-nistp(256|384|521))$/.test(typeName)) return undefined;
  const blob = decode(cutWord(afterType)[0]);
  const type = keyTypeOf(typeName);
  return blob === undefined || typeInside(blob) !== type ? undefined : { marker, type, blob: Buffer.from(blob, 'latin1').toString('base64') };
}

function skipBlanks(text: string): string {
  let at = 0;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return text.slice(at);
}

function cutWord(text: string): readonly [word: string, rest: string] {
  let at = 0;
  while (at < text.length && text[at] !== ' ' && text[at] !== '\t') at += 1;
  return [text.slice(0, at), skipBlanks(text.slice(at))];
}

// __b64_pton: white space is passed over, the padding must be right, and bits beyond the last byte must be zero.
function decode(word: string): string | undefined {
  const letters = word.replaceAll(/[\t-\r ]/g, '');
  const digits = letters.replace(/={1,2}$/, '');
  if (letters.length % 4 !== 0 || digits === '' || !/^[A-Za-z0-9+/]*$/.test(digits)) return undefined;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let bits = 0;
  let count = 0;
  let bytes = '';
  for (const digit of digits) {
    bits = (bits << 6) | alphabet.indexOf(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += String.fromCharCode((bits >> count) & 0xff);
    bits &= (1 << count) - 1;
  }
  return bits === 0 ? bytes : undefined;
}

// sshkey_from_blob, for the keys that the rows have.
function typeInside(blob: string): string | undefined {
  const strings: string[] = [];
  let rest = blob;
  while (rest !== '') {
    if (rest.length < 4) return undefined;
    const length = Buffer.from(rest.slice(0, 4), 'latin1').readUInt32BE(0);
    if (rest.length < 4 + length) return undefined;
    strings.push(rest.slice(4, 4 + length));
    rest = rest.slice(4 + length);
  }
  const [type = '', ...others] = strings;
  const count = type === 'ssh-ed25519' ? 1 : type === 'ssh-dss' ? 4 : 2;
  if (others.length !== count) return undefined;
  if (type === 'ssh-ed25519' && others[0]?.length !== 32) return undefined;
  return type;
}

function matchesMaybeHashed(name: string, names: string): boolean {
  if (!names.startsWith('|')) return matchPatternList(name, names);
  if (!names.startsWith('|1|')) return false;
  const end = names.indexOf('|', 3);
  const salt = end < 0 ? undefined : decode(names.slice(3, end));
  if (salt?.length !== 20) return false;
  const bytes = Buffer.from(salt, 'latin1');
  return names === `|1|${bytes.toString('base64')}|${createHmac('sha1', bytes).update(name).digest('base64')}`;
}

function matchPatternList(name: string, list: string): boolean {
  let found = false;
  let at = 0;
  while (at < list.length) {
    const isNegated = list[at] === '!';
    if (isNegated) at += 1;
    let pattern = '';
    while (at < list.length && pattern.length < 1023 && list[at] !== ',') {
      const letter = list[at] ?? '';
      pattern += letter >= 'A' && letter <= 'Z' ? letter.toLowerCase() : letter;
      at += 1;
    }
    if (pattern.length >= 1023) return false;
    if (list[at] === ',') at += 1;
    if (!matchPattern(name, pattern)) continue;
    if (isNegated) return false;
    found = true;
  }
  return found;
}

function matchPattern(text: string, pattern: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') {
    const rest = pattern.replace(/^\*+/, '');
    if (rest === '') return true;
    for (let at = 0; at < text.length; at += 1) if (matchPattern(text.slice(at), rest)) return true;
    return false;
  }
  if (text === '' || (pattern[0] !== '?' && pattern[0] !== text[0])) return false;
  return matchPattern(text.slice(1), pattern.slice(1));
}
