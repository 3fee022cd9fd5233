import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { array, assert as check, constantFrom, nat, property, tuple } from 'fast-check';
import { createHostCheck } from '../../src/remote/host-check.ts';
import { parseKnownHosts } from '../../src/remote/known-hosts.ts';
import { testSeed } from '../random.ts';
import { drawRows, type Row, type RowKeys } from './known-hosts-rows.ts';
import { type OpenSshRules, openSsh, sshGoesOn } from './openssh-model.ts';
import { homerunGoesOn, sshGoesOnReally, whyNoSsh } from './ssh-client.ts';
import { keygen, publicKey, startSshd, whyNoSshd } from './sshd.ts';

// The same known_hosts files before homerun, before ssh(1) and before a model of it, with a real sshd on the other side.

/** Rows that are asked of a real ssh; the rest is asked of the model, which these rows hold to it. */
const realRows = Number(process.env['HOMERUN_ROWS'] ?? 180);
const modelRows = 10_000;
const atOnce = 4;

/** Where homerun refuses what ssh takes, on purpose. */
const stricter: Readonly<Record<string, Partial<OpenSshRules>>> = {
  'a key that is revoked under the bare name is refused at every port: whoever revokes a key means the host, not its port': {
    revokedAtAnyPort: true,
  },
  'a tab ends a marker: where ssh looks for a space, it passes over a line that revokes a key': { tabEndsMarker: true },
};
const ours: OpenSshRules = Object.assign({}, openSsh, ...Object.values(stricter));

const why = whyNoSshd() ?? whyNoSsh();
if (why !== undefined) console.log(`skipped: verdicts compared with ssh(1): ${why}`);
const real = why === undefined ? test : test.skip;

const folder = mkdtempSync(join(tmpdir(), 'homerun-rows-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function base64(line: string): string {
  return line.split(' ')[1] ?? '';
}

function modelKeys({ server }: RowKeys): Readonly<Record<string, string>> {
  return { 'ssh-ed25519': base64(server.ed25519), 'ecdsa-sha2-nistp256': base64(server.ecdsa), 'ssh-rsa': base64(server.rsa) };
}

function shown(row: Row): string {
  const short = (text: string | undefined): string | undefined => text?.replaceAll(/AAAA[A-Za-z0-9+/]{40,}/g, (key) => `${key.slice(0, 12)}…${key.slice(-6)}`);
  return JSON.stringify({ ...row, files: row.files.map(short) });
}

function otherKeys(): RowKeys['other'] {
  for (const type of ['ed25519', 'ecdsa', 'rsa']) keygen(join(folder, `other_${type}`), type);
  const key = (type: string): string => publicKey(join(folder, `other_${type}.pub`));
  return { ed25519: key('ed25519'), ecdsa: key('ecdsa'), rsa: key('rsa') };
}

real('homerun logs in exactly where ssh(1) does, and where it does not on purpose, it is declared', async (t) => {
  t.timeout(180_000);
  const seed = testSeed();
  const sshd = await startSshd({ extra: ['MaxStartups 100'] });
  t.teardown(() => sshd.stop());
  const host = (type: string): string => publicKey(join(sshd.folder, `host_${type}.pub`));
  const keys: RowKeys = { server: { ed25519: host('ed25519'), ecdsa: host('ecdsa'), rsa: host('rsa') }, other: otherKeys() };
  const rows = [...drawRows(seed, realRows, keys).entries()];
  const count = { rows: rows.length, accepted: 0, stricter: 0 };
  const disagreements: string[] = [];
  const worker = async (): Promise<void> => {
    for (let next = rows.shift(); next; next = rows.shift()) {
      const [index, row] = next;
      const files = row.files.map((text, part) => {
        const file = join(folder, `row-${index}-${part}`);
        if (text !== undefined) writeFileSync(file, text, 'latin1');
        return file;
      });
      const question = { owner: row.owner, files, port: sshd.port };
      const theirs = await sshGoesOnReally(question);
      const { goesOn: answer } = await homerunGoesOn(question);
      if (theirs) count.accepted += 1;
      if (theirs !== sshGoesOn(row.files, row.owner, modelKeys(keys))) disagreements.push(`ssh ${theirs}, model not: ${shown(row)}`);
      if (answer === theirs) continue;
      if (!answer && !sshGoesOn(row.files, row.owner, modelKeys(keys), ours)) count.stricter += 1;
      else disagreements.push(`ssh ${theirs}, homerun ${answer}: ${shown(row)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  t.log(`${count.rows} rows (HOMERUN_SEED=${seed}): ssh took ${count.accepted}; ${disagreements.length} disagreements, ${count.stricter} stricter on purpose`);
  t.deepEqual(disagreements, []);
  // Rows that are all refused would show nothing.
  t.true(count.accepted >= realRows / 10 && count.accepted <= realRows * 0.9);
});

real('files that ssh(1) passes over as it cannot read them are refused: they may revoke a key', async (t) => {
  const sshd = await startSshd();
  t.teardown(() => sshd.stop());
  const good = join(folder, 'good');
  writeFileSync(good, `web1 ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  mkdirSync(join(folder, 'directory'));
  const question = (files: readonly string[]) => ({ owner: { host: 'web1', port: 22 }, files, port: sshd.port });
  t.deepEqual([await sshGoesOnReally(question([good, good])), (await homerunGoesOn(question([good, good]))).goesOn], [true, true]);
  for (const file of [join(folder, 'directory'), join(good, 'below-a-file')]) {
    t.deepEqual([await sshGoesOnReally(question([good, file])), (await homerunGoesOn(question([good, file]))).goesOn], [true, false], file);
  }
});

test('over 10,000 files, whatever is put into them, no key is taken that ssh would refuse', (t) => {
  const seeds = { ed25519: 1, ecdsa: 2, rsa: 3 };
  const keys: RowKeys = { server: madeUp(seeds, 0), other: madeUp(seeds, 100) };
  const server = modelKeys(keys);
  const count = { accepted: 0, stricter: 0 };
  const wrong: string[] = [];
  const isRight = (row: Row): boolean => {
    const homerun = modelledConnection(row, server);
    const ssh = sshGoesOn(row.files, row.owner, server);
    if (ssh) count.accepted += 1;
    if (ssh && !homerun) count.stricter += 1;
    // A line that ssh passes over may revoke one key, so that another one is asked for, and taken if it is on record.
    const isOddMarker = row.files.some((text) => text !== undefined && /@[a-z-]+\t/.test(text));
    if (homerun === sshGoesOn(row.files, row.owner, server, ours) && (ssh || !homerun || isOddMarker)) return true;
    wrong.push(`homerun ${homerun}, ssh ${ssh}: ${shown(row)}`);
    return false;
  };
  t.notThrows(
    () =>
      check(
        property(nat(), array(tuple(nat(), nat(), constantFrom(...letters)), { maxLength: 3 }), (seed, edits) =>
          drawRows(seed, 1, keys).every((row) => isRight(edited(row, edits))),
        ),
        { numRuns: modelRows },
      ),
    wrong.at(-1),
  );
  t.log(`${modelRows} files: ssh would take ${count.accepted}, homerun refuses ${count.stricter} of them on purpose`);
  t.true(count.accepted > modelRows / 10);
});

/** What is put into files: all that means something in them, and what is near to it. */
const letters = [...'!,*?|@# \t\n\r\0\v=Aw[]:', '\u00ff', '\u00e0', '\u00c0'];

/** A row with letters put at places of its files, in place of another or between two. */
function edited(row: Row, edits: readonly (readonly [at: number, cut: number, letter: string])[]): Row {
  const files = row.files.map((text, file) =>
    edits.reduce<string | undefined>((before, [at, cut, letter]) => {
      if (before === undefined || before === '' || (at + file) % row.files.length !== 0) return before;
      const place = at % before.length;
      return `${before.slice(0, place)}${letter}${before.slice(place + (cut % 2))}`;
    }, text),
  );
  return { ...row, files };
}

/** What homerun thinks of the key that a server with these keys shows it. */
function modelledConnection({ files, owner }: Row, server: Readonly<Record<string, string>>): boolean {
  const parsed = files.map((text, index) => parseKnownHosts(text ?? '', String(index)));
  const hostCheck = createHostCheck(
    { entries: parsed.flatMap(({ entries }) => entries), warnings: [] },
    { name: 'h', file: '0', ...owner },
  );
  const type = hostCheck.algorithms.map((algorithm) => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)).find((one) => server[one] !== undefined);
  return type !== undefined && hostCheck.verify(Buffer.from(server[type] ?? '', 'base64'));
}

/** Keys of the right form that nobody has. */
function madeUp(seeds: Readonly<Record<'ed25519' | 'ecdsa' | 'rsa', number>>, more: number): RowKeys['server'] {
  const wire = (...fields: readonly (string | Buffer)[]): string =>
    Buffer.concat(
      fields.flatMap((field) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(field.length);
        return [length, Buffer.from(field)];
      }),
    ).toString('base64');
  return {
    ed25519: `ssh-ed25519 ${wire('ssh-ed25519', Buffer.alloc(32, seeds.ed25519 + more))}`,
    ecdsa: `ecdsa-sha2-nistp256 ${wire('ecdsa-sha2-nistp256', 'nistp256', Buffer.concat([Buffer.from([4]), Buffer.alloc(64, seeds.ecdsa + more)]))}`,
    rsa: `ssh-rsa ${wire('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.concat([Buffer.from([0]), Buffer.alloc(256, seeds.rsa + more)]))}`,
  };
}
