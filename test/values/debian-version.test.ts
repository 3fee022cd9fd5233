import test from 'ava';
import { compareVersions } from '../../src/values/debian-version.ts';

// As deb-version(7) says, and dpkg --compare-versions.
const ordered = [
  ['1.0', '1.0.1'],
  ['1.9', '1.10'],
  ['1.0~rc1', '1.0'],
  ['1.0~~', '1.0~'],
  ['1.0', '1.0a'],
  ['1.0a', '1.0+b'],
  ['9.9', '1:0.1'],
  ['1.0-1', '1.0-2'],
  ['1.0-1', '1.0-1+deb12u1'],
  ['1.0', '1.0-1'],
  ['1.2-3-4', '1.2-4-1'],
  ['5:20.10.24-1~debian.12', '5:20.10.24-1'],
] as const;

for (const [older, newer] of ordered)
  test(`${older} is older than ${newer}`, (t) => {
    t.true(compareVersions(older, newer) < 0);
    t.true(compareVersions(newer, older) > 0);
    t.is(compareVersions(older, older), 0);
  });

test('leading zeros, an epoch of 0 and a revision of 0 mean nothing', (t) => {
  t.is(compareVersions('1.01', '1.1'), 0);
  t.is(compareVersions('0:1', '1'), 0);
  t.is(compareVersions('1-0', '1'), 0);
});
