import test from 'ava';
import { inBoundedTime, SlowPatternError } from '../../src/values/regex.ts';

const evil = `${'a'.repeat(50)}!`;

test('what the work gives comes back, also undefined and from within another', (t) => {
  t.is(
    inBoundedTime(() => 1),
    1,
  );
  t.is(
    inBoundedTime(() => undefined),
    undefined,
  );
  t.is(
    inBoundedTime(() => inBoundedTime(() => 2) + inBoundedTime(() => 3)),
    5,
  );
});

test('what the work throws comes through as it is', (t) => {
  const error = new RangeError('x');
  t.is(
    t.throws(() =>
      inBoundedTime(() => {
        throw error;
      }),
    ),
    error,
  );
});

test('a pattern that takes for ever is stopped, and the next one runs', (t) => {
  t.throws(() => inBoundedTime(() => /^(a+)+$/.test(evil)), { instanceOf: SlowPatternError, message: 'took longer than 2 s' });
  t.true(inBoundedTime(() => /[a-z]!/.test(evil)));
});
