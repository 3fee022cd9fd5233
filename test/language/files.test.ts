import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createFiles, textOfFile } from '../../src/language/files.ts';
import { InputError } from '../../src/values/errors.ts';
import { inFolder } from './project.ts';

test('what may never end is refused before it is read', async (t) => {
  await inFolder({}, (folder) => {
    const files = createFiles(folder, folder);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const read of [files.text, files.bytes, files.mustBeReadable, (path: string) => textOfFile(path, files.shown(path))]) {
      t.throws(() => read(pipe), { instanceOf: InputError, message: /^pipe is a pipe, not a file\n/ });
      t.throws(() => read('/dev/zero'), { instanceOf: InputError, message: /^\/dev\/zero is a device, not a file\n/ });
    }
  });
});

test('a path that no file can have is that of none, and one that goes in a circle is told', async (t) => {
  await inFolder({}, (folder) => {
    const files = createFiles(folder, folder);
    for (const path of [`${folder}/${'a'.repeat(5000)}`, `${folder}/a\0b`]) {
      t.is(files.kind(path), undefined);
      t.throws(() => files.text(path), { instanceOf: InputError, message: /^there is no file/ });
    }
    symlinkSync('circle', join(folder, 'circle'));
    t.throws(() => files.kind(join(folder, 'circle')), { instanceOf: InputError, message: 'circle cannot be read: too many symbolic links' });
  });
});

test('what the shell hands over in place of a file is read', (t) => {
  const script = `
    import { createFiles, textOfFile } from ${JSON.stringify(new URL('../../src/language/files.js', import.meta.url).href)};
    process.stdout.write(createFiles('/', '/').text('/dev/stdin'));`;
  const piped = 'echo "a: 1" | "$1" --input-type=module -e "$2"';
  t.is(execFileSync('sh', ['-c', piped, 'sh', process.execPath, script], { encoding: 'utf8' }), 'a: 1\n');
});
