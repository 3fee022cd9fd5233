import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { createFiles } from '../../src/language/files.ts';
import { InputError } from '../../src/values/errors.ts';
import { inFolder } from './project.ts';

test('what may never end is refused before it is read', async (t) => {
  await inFolder({}, (folder) => {
    const files = createFiles(folder, folder);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const read of [files.text, files.bytes, files.mustBeReadable]) {
      t.throws(() => read(pipe), { instanceOf: InputError, message: /^pipe is a pipe, not a file\n/ });
      t.throws(() => read('/dev/zero'), { instanceOf: InputError, message: /^\/dev\/zero is a device, not a file\n/ });
    }
  });
});

test('what the shell hands over in place of a file is read', (t) => {
  const script = `
    import { createFiles } from ${JSON.stringify(new URL('../../src/language/files.js', import.meta.url).href)};
    process.stdout.write(createFiles('/', '/').text('/dev/stdin'));`;
  const piped = 'echo "a: 1" | "$1" --input-type=module -e "$2"';
  t.is(execFileSync('sh', ['-c', piped, 'sh', process.execPath, script], { encoding: 'utf8' }), 'a: 1\n');
});
