import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { sysctl, sysctlKind } from '../../src/questions/sysctl.ts';
import { shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

for (const shell of shells()) {
  test(`sysctl › ${shell.name}: answers for keys that the kernel has and those that it has not`, async (t) => {
    const [kernel, missing, several] = await askAll(t, shell, ['kernel.ostype', 'no.such-key', 'net.ipv4.ip_local_port_range'].map(sysctl));
    t.deepEqual(kernel, { state: 'present', value: 'Linux' });
    t.deepEqual(missing, { state: 'no key' });
    t.regex(several?.state === 'present' ? several.value : '', /^\d+\t\d+$/);
  });

  test(`sysctl › ${shell.name}: says that there is no such program`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'homerun-sysctl-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    for (const name of ['head', 'base64']) {
      writeFileSync(join(folder, name), `#!/bin/sh\nPATH=${shell.path}\nexec ${name} "$@"\n`);
      chmodSync(join(folder, name), 0o755);
    }
    t.deepEqual(await askAll(t, { ...shell, path: folder }, ['kernel.ostype', 'no.such-key'].map(sysctl)), [
      { state: 'no sysctl' },
      { state: 'no sysctl' },
    ]);
  });
}

test('sysctl › what is not understood, and what is no name of a key, is refused', (t) => {
  t.throws(() => sysctlKind.parse('x\n.\n', { key: 'a' }), { message: /not understood/ });
  t.throws(() => sysctlKind.parse('present\n$\n.\n', { key: 'a' }), { message: /not base64/ });
  for (const key of ['', '-w', 'a b', '$(id)', 'a=b', '../a', 'a/../b', 'a.', 'a\nb']) t.throws(() => sysctl(key), { instanceOf: TypeError }, key);
});
