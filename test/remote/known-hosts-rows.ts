import { createHmac } from 'node:crypto';
import type { KeyOwner } from '../../src/remote/known-hosts.ts';
import { type Random, random } from '../random.ts';

/** A case of known_hosts: whose key it is, and the files. What a server shows is the same for all rows. */
export interface Row {
  readonly owner: KeyOwner;
  /** Texts, one character a byte; undefined: there is no such file. The last is the system's (GlobalKnownHostsFile), the others the user's. */
  readonly files: readonly (string | undefined)[];
}

/** Public keys as lines have them, `type base64`: three of the server, and others of the same types. */
export interface RowKeys {
  readonly server: Readonly<Record<'ed25519' | 'ecdsa' | 'rsa', string>>;
  readonly other: Readonly<Record<'ed25519' | 'ecdsa' | 'rsa', string>>;
}

const types = ['ed25519', 'ecdsa', 'rsa'] as const;

const owners: readonly KeyOwner[] = [
  { host: 'web1.example.com', port: 22 },
  { host: 'web1.example.com', port: 2222 },
  { host: 'WEB1.Example.com', port: 22 },
  { host: '192.0.2.7', port: 22 },
  { host: '192.0.2.7', port: 2222 },
  { host: '2001:db8::7', port: 22 },
  { host: '2001:db8::7', port: 2222 },
  { host: 'web1.example.com', port: 2222, hostKeyAlias: 'Alias.example.com' },
  { host: '192.0.2.7', port: 22, hostKeyAlias: 'web1.example.com' },
];

/** Rows that are drawn: the same for the same seed. */
export function drawRows(seed: number, count: number, keys: RowKeys): readonly Row[] {
  const draw = random(seed);
  return Array.from({ length: count }, () => {
    const owner = draw.pick(owners);
    return { owner, files: Array.from({ length: 1 + draw.below(3) }, () => (draw.chance(0.1) ? undefined : drawFile(draw, owner, keys))) };
  });
}

/**
 * What means something in a file, and what is near to it. No letter of base64: of a point that is on no curve ssh says that it is no key, homerun
 * that it is another one.
 */
const letters = [...'!,*?|@# \t\n\r\0\v=[]:', '\u00ff', '\u00e0', '\u00c0'];

function drawFile(draw: Random, owner: KeyOwner, keys: RowKeys): string {
  const lines = Array.from({ length: 1 + draw.below(4) }, () => drawLine(draw, owner, keys));
  let text = lines.join(draw.chance(0.1) ? '\r\n' : '\n') + draw.pick(['\n', '\n', '', '\r\n']);
  // A letter somewhere, in place of another or between two.
  while (draw.chance(0.2)) {
    const at = draw.below(text.length + 1);
    text = `${text.slice(0, at)}${draw.pick(letters)}${text.slice(at + draw.below(2))}`;
  }
  return text;
}

function drawLine(draw: Random, owner: KeyOwner, keys: RowKeys): string {
  if (draw.chance(0.06)) return draw.pick(['', '# a comment', '   ', 'garbage', '\u0001\u0002\u00ff', 'web1.example.com', '@revoked', ', ,', '|1|']);
  const blank = (): string => draw.pick([' ', ' ', ' ', ' ', '\t', '  ', ' \t ']);
  const marker = draw.chance(0.25)
    ? draw.pick(['@revoked', '@revoked', '@revoked', '@cert-authority', '@cert-authority', '@Revoked', '@revoked @cert-authority', '@', '@other'])
    : '';
  const text = `${drawNames(draw, owner)}${blank()}${drawKey(draw, keys, blank)}`;
  return `${draw.pick(['', '', '', ' ', '\t'])}${marker}${marker === '' ? '' : blank()}${text}${draw.pick(['', '', ' a comment', ' # no comment', ' '])}`;
}

function drawNames(draw: Random, owner: KeyOwner): string {
  const host = owner.hostKeyAlias ?? owner.host;
  const full = owner.hostKeyAlias === undefined && owner.port !== 22 ? `[${host}]:${owner.port}` : host;
  const one = (): string =>
    draw.pick([
      full,
      full,
      full,
      full.toLowerCase(),
      full.toUpperCase(),
      host,
      owner.host,
      `[${host}]:22`,
      `[${host}]:2223`,
      `[${host}]`,
      'other.example.com',
      `${full}x`,
      full.slice(1),
      '*',
      '*.example.com',
      '?*',
      '*.*',
      '[*]:2222',
      '[*]:*',
      `${full.slice(0, -1)}?`,
      `${full.slice(0, 3)}*${full.slice(-2)}`,
      `${'?'.repeat(full.length)}`,
      `${'?'.repeat(full.length + 1)}`,
      '',
      `!${full}`,
      '!other.example.com',
      '!*.org',
      '!*',
      '!',
      `!!${full}`,
      full.replace('w', '\u00f7'),
    ]);
  if (draw.chance(0.2))
    return hashed(draw, draw.pick([full.toLowerCase(), full.toLowerCase(), full.toLowerCase(), host.toLowerCase(), full, 'other']));
  return Array.from({ length: 1 + (draw.chance(0.4) ? 1 + draw.below(3) : 0) }, one).join(',');
}

function hashed(draw: Random, name: string): string {
  const salt = Buffer.from(Array.from({ length: draw.chance(0.95) ? 20 : 19 }, () => draw.below(256)));
  const text = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
  return draw.chance(0.8)
    ? text
    : draw.pick([`${text},${name}`, `${text}x`, text.slice(0, -1), text.replace('|1|', '|2|'), `${text}|`, text.replace('=|', '|')]);
}

function drawKey(draw: Random, keys: RowKeys, blank: () => string): string {
  // The type that servers show when nothing is known comes more often: otherwise few rows would be accepted.
  const type = draw.pick(['ed25519', 'ed25519', ...types] as const);
  const whole = draw.chance(0.65) ? keys.server[type] : keys.other[type];
  const [name = '', key = ''] = whole.split(' ');
  if (draw.chance(0.85)) return `${name}${blank()}${key}`;
  return draw.pick([
    `${draw.pick(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-dss', 'ssh-foo', name.toUpperCase(), '256'])} ${key}`,
    `${name} ${key.replace(/=+$/, '')}`,
    `${name} ${key}=`,
    `${name} ${key.slice(0, 40)}`,
    `${name} ${key.slice(0, -8)}`,
    `${name} %%%`,
    `${name} #${key}`,
    `${name}`,
    `${name} ${key}\0 more`,
    `${name} ${key}AAAA`,
    keys.server.rsa.replace('ssh-rsa', 'rsa-sha2-512'),
  ]);
}
