import test from 'ava';
import { createLookups, readEnvFile } from '../../src/language/env.ts';
import { InputError } from '../../src/values/errors.ts';
import { inFolder } from './project.ts';

test('env looks into the environment, then beside the inventories, then into the working folder', async (t) => {
  const files = { '.env': 'A=work\nB=work\nC=work\nD=work\n', 'one/.env': 'B=one\nC=one\n', 'two/.env': 'C=two\n', 'two/hosts.yaml': '' };
  await inFolder(files, (workingFolder) => {
    const lookups = createLookups({ environment: { D: 'own' }, inventories: ['one', 'two/hosts.yaml'], workingFolder, secret: () => undefined });
    t.deepEqual(
      ['A', 'B', 'C', 'D', 'E'].map((name) => lookups.env(name)?.reveal()),
      ['work', 'one', 'two', 'own', undefined],
    );
  });
});

test('a .env is read as dotenv reads it', (t) => {
  const entries = readEnvFile('# comment\nA=1\nexport B = two words \nC="a # b"\nD=\'x$Y\'\nE="l1\\nl2"\nF=a #comment\nG=\n', '.env');
  const values = Object.fromEntries([...entries].map(([name, value]) => [name, value instanceof InputError ? value.message : value.reveal()]));
  t.deepEqual(values, { A: '1', B: 'two words', C: 'a # b', D: 'x$Y', E: 'l1\nl2', F: 'a', G: '' });
});

test('a folder called .env is no file of values', async (t) => {
  await inFolder({ '.env/bin/python': '', 'one/.env': 'A=one\n' }, (workingFolder) => {
    const lookups = createLookups({ environment: {}, inventories: ['one'], workingFolder, secret: () => undefined });
    t.deepEqual([lookups.env('A')?.reveal(), lookups.env('B')], ['one', undefined]);
  });
});

test('a value that dotenv would cut at a # is an error as soon as it is asked for', async (t) => {
  await inFolder({ '.env': 'A=1\nPASSWORD=ab#cd\n' }, (workingFolder) => {
    const lookups = createLookups({ environment: {}, inventories: [], workingFolder, secret: () => undefined });
    t.is(lookups.env('A')?.reveal(), '1');
    const error = t.throws(() => lookups.env('PASSWORD'), { instanceOf: InputError });
    t.is(
      error?.message,
      ".env:2:12: the value of PASSWORD holds a # and is not quoted, so it would be cut there\n  Put single quotes around it: PASSWORD='…'.",
    );
  });
});
