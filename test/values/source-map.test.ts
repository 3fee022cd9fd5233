import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { sourceStack } from '../../src/values/source-map.ts';
import { command } from '../command.ts';
import { projectRoot } from '../lab/places.ts';

const program = join(dirname(command), 'start.js');
const written = join(projectRoot, 'src/engine/drive.ts');

/** The line and the column of `words` in a file, both from 1. */
function placeOf(file: string, words: string): { readonly line: number; readonly column: number } {
  const before = readFileSync(file, 'utf8').split(words, 1)[0]?.split('\n') ?? [];
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

test('a place in the bundle becomes the place in the source that it was made of', (t) => {
  const words = 'the module keeps asking';
  const { line, column } = placeOf(program, words);
  const [stack = ''] =
    sourceStack(`Error: no\n    at drive (${pathToFileURL(program).href}:${line}:${column})\n    at node:internal/x:1:2`).match(
      /drive \(.*:\d+(?=:\d+\)\n {4}at node:internal\/x:1:2$)/,
    ) ?? [];
  t.is(stack, `drive (${pathToFileURL(written).href}:${placeOf(written, words).line}`);
});

test('a place of a file without a map stays', (t) => {
  const stack = '    at file:///no/such/folder/x.js:1:2';
  t.is(sourceStack(stack), stack);
});
