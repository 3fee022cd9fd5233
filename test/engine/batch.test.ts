import test from 'ava';
import { guardLacksDigest } from '../../src/engine/batch.ts';

for (const [said, lacks] of [
  ['/bin/sh: 19: eval: sha256sum: not found\nfile', true],
  ['/bin/sh: line 19: sha256sum: command not found\nfile', true],
  ['sha256sum: not found\nfile', true],
  ['the file /srv/sha256sum: not found in the list\nfile', false],
  ['a hook says: sha256sum: not found\nand goes on\nfile', false],
  ['file', false],
] as const)
  test(`a guard that says ${JSON.stringify(said)} ${lacks ? 'has no' : 'has a'} program for digests`, (t) => {
    t.is(guardLacksDigest.test(said), lacks);
  });
