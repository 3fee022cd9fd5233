import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { sourceStack } from '../../src/values/source-map.ts';
import { command } from '../command.ts';
import { projectRoot } from '../lab/places.ts';

const written = join(projectRoot, 'src/cli/main.ts');

function lineOf(file: string, words: string): number {
  return (
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(words)) + 1
  );
}

test('a place in the bundle becomes the place in the source that it was made of', (t) => {
  const words = 'function cacheCompiledCode';
  t.is(
    sourceStack(`Error: no\n    at cacheCompiledCode (${pathToFileURL(command).href}:${lineOf(command, words)}:10)\n    at node:internal/x:1:2`),
    `Error: no\n    at cacheCompiledCode (${pathToFileURL(written).href}:${lineOf(written, words)}:10)\n    at node:internal/x:1:2`,
  );
});

test('a place of a file without a map stays', (t) => {
  const stack = '    at file:///no/such/folder/x.js:1:2';
  t.is(sourceStack(stack), stack);
});
