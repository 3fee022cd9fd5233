import test from 'ava';
import { keyOf, Passed } from '../../src/modules/support/passed.ts';
import { Secret } from '../../src/values/secret.ts';

test('equal plain values have one key, and others another', (t) => {
  const values = [
    { a: 1 },
    { a: '1' },
    { a: [1] },
    { a: { b: 1 } },
    { a: null },
    { a: 'null' },
    { a: true },
    {},
    [],
    { a: ['x,', 'y'] },
    { a: ['x', ',y'] },
  ];
  t.is(new Set(values.map(keyOf)).size, values.length);
  for (const value of values) t.is(keyOf(structuredClone(value)), keyOf(value));
});

test('what is not plain, or long, has no key', (t) => {
  for (const value of [new Secret('x'), new Uint8Array(1), undefined, Number.NaN, -0, 'x'.repeat(5000), Array.from({ length: 5000 }, () => 1)])
    t.is(keyOf({ a: value }), undefined);
});

test('what has no key is not kept', (t) => {
  const passed = new Passed<number>();
  t.is(passed.put(undefined, 1), 1);
  t.is(passed.put('a', 2), 2);
  t.is(passed.get('a'), 2);
});
