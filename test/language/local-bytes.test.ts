import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createFiles } from '../../src/language/files.ts';
import { readFolder } from '../../src/language/local-folder.ts';
import { InputError } from '../../src/values/errors.ts';
import type { LocalBytes } from '../../src/values/stream.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-local-bytes-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function look(name: string, files = createFiles(root, root)): LocalBytes {
  const found = files.look(join(root, name))?.content;
  if (!found) throw new Error(`${name} is no file`);
  return found;
}

/** All pieces, and what stands at their end. */
async function read(content: LocalBytes): Promise<{ readonly bytes: Buffer; readonly digest: string | undefined }> {
  const pieces: Uint8Array[] = [];
  const reading = content.pieces();
  let next = await reading.next();
  for (; !next.done; next = await reading.next()) pieces.push(Uint8Array.from(next.value));
  return { bytes: Buffer.concat(pieces), digest: next.value };
}

for (const size of [0, 1, 2 ** 18, 2 ** 18 + 1, 1_500_000]) {
  test(`a file of ${size} bytes is read whole, as its digest, as bytes and in pieces`, async (t) => {
    const bytes = Buffer.alloc(size, 'a\0\u00ff\n');
    writeFileSync(join(root, `${size}`), bytes);
    const content = look(`${size}`);
    t.is(content.size, size);
    t.is(content.sha256(), digestOf(bytes));
    t.true(Buffer.from(content.bytes()).equals(bytes));
    const all = await read(content);
    t.true(all.bytes.equals(bytes));
    t.is(all.digest, digestOf(bytes));
  });
}

test('a large file is read through two buffers, and a piece holds until the next but one is asked for', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
  writeFileSync(join(root, 'large'), bytes);
  const buffers = new Set<ArrayBufferLike>();
  let before: Buffer = Buffer.alloc(0);
  let at = 0;
  for await (const piece of look('large').pieces()) {
    t.true(before.equals(bytes.subarray(at - before.length, at)));
    before = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    buffers.add(piece.buffer);
    at += piece.length;
  }
  t.is(at, bytes.length);
  t.is(buffers.size, 2);
});

for (const [name, change] of [
  ['shorter', (path: string) => truncateSync(path, 100)],
  ['longer', (path: string) => appendFileSync(path, 'more')],
  ['another of the same length', (path: string, size: number) => writeFileSync(path, Buffer.alloc(size, 'b'))],
  ['gone', (path: string) => rmSync(path)],
] as const)
  for (const size of [1000, 2_000_000]) {
    test(`a file of ${size} bytes that has become ${name} gives as many bytes as it had, and no digest`, async (t) => {
      const path = join(root, `${name} ${size}`);
      writeFileSync(path, Buffer.alloc(size, 'a'));
      const content = look(`${name} ${size}`);
      change(path, size);
      const { bytes, digest } = await read(content);
      t.is(bytes.length, size);
      t.is(digest, undefined);
    });
  }

test('a file that is changed while it is read gives no digest', async (t) => {
  const path = join(root, 'meanwhile');
  writeFileSync(path, Buffer.alloc(1_000_000, 'a'));
  const reading = look('meanwhile').pieces();
  await reading.next();
  appendFileSync(path, 'more');
  let next = await reading.next();
  while (!next.done) next = await reading.next();
  t.is(next.value, undefined);
});

test('a digest is kept for as long as the file stays as it is', (t) => {
  const files = createFiles(root, root);
  const path = join(root, 'kept');
  const write = (text: string) => {
    writeFileSync(path, text);
    utimesSync(path, 1e9, 1e9);
  };
  write('one');
  t.is(look('kept', files).sha256(), digestOf(Buffer.from('one')));
  write('two');
  t.is(look('kept', files).sha256(), digestOf(Buffer.from('two')));
});

test('a folder with a name that no host could be asked about is refused with that name', (t) => {
  const folder = mkdtempSync(join(root, 'names-'));
  writeFileSync(join(folder, 'a\nb'), '');
  t.throws(() => readFolder(folder, createFiles(root, root)), {
    instanceOf: InputError,
    message: /names-.*a\\nb" has a control character in its name/,
  });
});
