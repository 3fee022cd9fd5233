import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert as check, nat, property } from 'fast-check';
import { createHostCheck } from '../../src/remote/host-check.ts';
import { parseKnownHosts } from '../../src/remote/known-hosts.ts';
import { drawRows, type Row, type RowKeys } from './known-hosts-rows.ts';
import { type OpenSshRules, openSsh, sshGoesOn } from './openssh-model.ts';
import { homerunGoesOn, sshGoesOnReally } from './ssh-client.ts';
import { keygen, publicKey, type Sshd } from './sshd.ts';

// The same known_hosts files before homerun, before ssh(1) and before a model of it.

/** Where homerun is stricter than ssh, on purpose. What it then refuses of a host's keys leaves the others that are on record. */
const stricter: Readonly<Record<string, Partial<OpenSshRules>>> = {
  'a key that is revoked under the bare name is refused at every port: whoever revokes a key means the host, not its port': {
    revokedAtAnyPort: true,
  },
  'a tab ends a marker: where ssh looks for a space, it passes over a line that revokes a key': { tabEndsMarker: true },
};
const ours: OpenSshRules = Object.assign({}, openSsh, ...Object.values(stricter));

/** What a comparison came to. */
export interface Comparison {
  readonly rows: number;
  /** Those that ssh takes the key in. */
  readonly accepted: number;
  /** Those in which homerun decides otherwise, as is declared above. */
  readonly differing: number;
  /** Each with what was said; rows in which ssh and the model of it disagree as well. */
  readonly disagreements: readonly string[];
}

/** Asks the real ssh and homerun about rows that are drawn, with a real sshd on the other side, several at once. */
export async function compareWithSsh(sshd: Sshd, seed: number, count: number, atOnce = 4): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-rows-'));
  const keys = keysOf(sshd, folder);
  const server = byType(keys);
  const rows = [...drawRows(seed, count, keys).entries()];
  const disagreements: string[] = [];
  let accepted = 0;
  let differing = 0;
  const worker = async (): Promise<void> => {
    for (let next = rows.shift(); next; next = rows.shift()) {
      const [index, row] = next;
      const files = row.files.map((text, part) => {
        const file = join(folder, `row-${index}-${part}`);
        if (text !== undefined) writeFileSync(file, text, 'latin1');
        return file;
      });
      const question = { owner: row.owner, files, port: sshd.port };
      const ssh = await sshGoesOnReally(question);
      const { goesOn: homerun } = await homerunGoesOn(question);
      if (ssh) accepted += 1;
      if (ssh !== sshGoesOn(row.files, row.owner, server)) disagreements.push(`ssh ${ssh}, the model not: ${shown(row)}`);
      if (homerun === ssh) continue;
      const asDeclared = homerun === sshGoesOn(row.files, row.owner, server, ours);
      if (asDeclared && (!homerun || hasOddMarker(row))) differing += 1;
      else disagreements.push(`ssh ${ssh}, homerun ${homerun}: ${shown(row)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { rows: count, accepted, differing, disagreements };
}

/**
 * Asks the model of ssh and homerun. Homerun must do exactly as the model with the stricter rules, and never take what ssh refuses.
 * @throws the error of fast-check, with the seed
 */
export function compareWithModel(count: number, seed: number): Comparison {
  const keys: RowKeys = { server: madeUp(1), other: madeUp(101) };
  const server = byType(keys);
  const disagreements: string[] = [];
  let accepted = 0;
  let differing = 0;
  const isRight = (row: Row): boolean => {
    const homerun = homerunWouldGoOn(row, server);
    const ssh = sshGoesOn(row.files, row.owner, server);
    if (ssh) accepted += 1;
    if (homerun !== ssh) differing += 1;
    if (homerun === sshGoesOn(row.files, row.owner, server, ours) && (ssh || !homerun || hasOddMarker(row))) return true;
    disagreements.push(`homerun ${homerun}, ssh ${ssh}: ${shown(row)}`);
    return false;
  };
  try {
    check(
      property(nat(), (drawn) => drawRows(drawn, 1, keys).every(isRight)),
      { numRuns: count, seed },
    );
  } catch (error) {
    if (disagreements.length === 0) throw error;
  }
  return { rows: count, accepted, differing, disagreements };
}

/** A line that ssh passes over, as a tab ends its marker, may revoke one key, so that another one is asked for, and taken if it is on record. */
function hasOddMarker({ files }: Row): boolean {
  return files.some((text) => text !== undefined && /@[a-z-]+\t/.test(text));
}

// What homerun would do with the key that a server with these keys shows it.
function homerunWouldGoOn({ files, owner }: Row, server: Readonly<Record<string, string>>): boolean {
  const entries = files.flatMap((text, index) => parseKnownHosts(text ?? '', String(index)).entries);
  const hostCheck = createHostCheck({ entries, warnings: [] }, { name: 'h', file: '0', ...owner });
  const types = hostCheck.algorithms.map((algorithm) => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm));
  const type = types.find((one) => server[one] !== undefined);
  return type !== undefined && hostCheck.verify(Buffer.from(server[type] ?? '', 'base64'));
}

function shown(row: Row): string {
  const short = (text: string | undefined): string | undefined =>
    text?.replaceAll(/AAAA[A-Za-z0-9+/]{40,}/g, (key) => `${key.slice(0, 12)}…${key.slice(-6)}`);
  return JSON.stringify({ ...row, files: row.files.map(short) });
}

function keysOf(sshd: Sshd, folder: string): RowKeys {
  const host = (type: string): string => publicKey(join(sshd.folder, `host_${type}.pub`));
  const other = (type: string): string => {
    keygen(join(folder, type), type);
    return publicKey(join(folder, `${type}.pub`));
  };
  return {
    server: { ed25519: host('ed25519'), ecdsa: host('ecdsa'), rsa: host('rsa') },
    other: { ed25519: other('ed25519'), ecdsa: other('ecdsa'), rsa: other('rsa') },
  };
}

function byType({ server }: RowKeys): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.values(server).map((line) => line.split(' ')));
}

/** Keys of the right form that nobody has. */
function madeUp(fill: number): RowKeys['server'] {
  const wire = (...fields: readonly (string | Buffer)[]): string => {
    const strings = fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      return [length, Buffer.from(field)];
    });
    return Buffer.concat(strings).toString('base64');
  };
  const point = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, fill)]);
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.alloc(256, 0x80 | fill)]);
  return {
    ed25519: `ssh-ed25519 ${wire('ssh-ed25519', Buffer.alloc(32, fill))}`,
    ecdsa: `ecdsa-sha2-nistp256 ${wire('ecdsa-sha2-nistp256', 'nistp256', point)}`,
    rsa: `ssh-rsa ${wire('ssh-rsa', Buffer.from([1, 0, 1]), modulus)}`,
  };
}
