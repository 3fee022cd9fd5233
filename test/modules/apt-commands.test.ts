import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { dpkgRepair } from '../../src/modules/support/apt-commands.ts';
import { run, shells } from '../shell/shells.ts';

/** Runs with programs of the given texts before those of the shell, and a folder for temporary files; both are removed. */
async function withPrograms(
  texts: Readonly<Record<string, string>>,
  work: (at: { readonly programs: string; readonly temporary: string }) => Promise<void>,
): Promise<void> {
  const programs = mkdtempSync(join(tmpdir(), 'homerun-programs-'));
  const temporary = mkdtempSync(join(tmpdir(), 'homerun-temporary-'));
  try {
    for (const [name, text] of Object.entries(texts)) {
      writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(programs, name), 0o755);
    }
    await work({ programs, temporary });
  } finally {
    for (const folder of [programs, temporary]) rmSync(folder, { recursive: true });
  }
}

for (const shell of shells()) {
  test(`apt › ${shell.name}: a repair waits for the lock, does both of its parts, and leaves no file behind`, async (t) => {
    const locked = 'dpkg: error: dpkg frontend lock was locked by another process with pid 7';
    await withPrograms(
      {
        dpkg: `if [ -e "\${0%/*}/once" ]; then echo dpkg done >>"\${0%/*}/log"; else : >"\${0%/*}/once"; echo '${locked}' >&2; exit 2; fi`,
        'apt-get': 'echo apt-get done >>"${0%/*}/log"; echo warning >&2',
      },
      async ({ programs, temporary }) => {
        const { script } = dpkgRepair(5);
        const result = await run({ ...shell, path: `${programs}:${shell.path}` }, { script: `export TMPDIR=${temporary}\n${script}` });
        t.deepEqual(result, { rc: 0, stdout: '', stderr: 'warning\n' });
        t.is(readFileSync(join(programs, 'log'), 'utf8'), 'dpkg done\napt-get done\n');
        t.deepEqual(readdirSync(temporary), []);
      },
    );
  });
}
