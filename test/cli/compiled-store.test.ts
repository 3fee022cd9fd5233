import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type CompiledStore, compiledStore } from '../../src/cli/compiled-store.ts';

const data = Buffer.from('compiled code');

function storeIn(base: string, stamp = 1): CompiledStore {
  const store = compiledStore('run', stamp, { XDG_CACHE_HOME: base });
  if (!store) throw new Error('no store');
  return store;
}

/** A store with something in it, and its file. */
function filled(): { readonly base: string; readonly folder: string; readonly file: string; readonly store: CompiledStore } {
  const base = mkdtempSync(join(tmpdir(), 'homerun-compiled-'));
  const store = storeIn(base);
  store.write(data);
  const folder = join(base, 'homerun/compiled');
  const [name = ''] = readdirSync(folder);
  return { base, folder, file: join(folder, name), store };
}

test('what was kept is read again, and only its owner can read it', (t) => {
  const { folder, file, store } = filled();
  t.deepEqual(store.read(), data);
  t.is(statSync(folder).mode & 0o777, 0o700);
  t.is(statSync(file).mode & 0o777, 0o600);
});

test('nothing is read before something was kept, nor what was made of another program', (t) => {
  const { base } = filled();
  t.is(storeIn(join(base, 'other')).read(), undefined);
  t.is(storeIn(base, 2).read(), undefined);
});

test('a file that was cut or damaged is not read', (t) => {
  const { file, store } = filled();
  const whole = readFileSync(file);
  for (const broken of [whole.subarray(0, -1), whole.subarray(0, 2), Buffer.from(whole).fill('x', 6, 7)]) {
    writeFileSync(file, broken);
    t.is(store.read(), undefined);
  }
});

test('a file that others can write is not read', (t) => {
  const { file, store } = filled();
  chmodSync(file, 0o622);
  t.is(store.read(), undefined);
});

test('what has not been made for a month goes when something new is kept', (t) => {
  const { base, folder, file } = filled();
  utimesSync(file, new Date(0), new Date(0));
  storeIn(base, 2).write(data);
  t.is(readdirSync(folder).length, 1);
  t.deepEqual(storeIn(base, 2).read(), data);
});

test('a folder that cannot be made is no failure, and a switch of Node turns it off', (t) => {
  const { file } = filled();
  const store = storeIn(join(file, 'below'));
  store.write(data);
  t.is(store.read(), undefined);
  t.is(compiledStore('run', 1, { NODE_DISABLE_COMPILE_CACHE: '1' }), undefined);
});
