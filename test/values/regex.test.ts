import test from 'ava';
import { inBoundedTime, isQuick, SlowPatternError } from '../../src/values/regex.ts';

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

test('an expression is sure to be quick only where backtracking has little to try', (t) => {
  const lines = Array.from({ length: 120 }, () => 80);
  for (const pattern of ['^#?PermitRootLogin', '^key3=', '\\sold\\.example\\.org$', '^(a|b) .*$']) t.true(isQuick([pattern], lines), pattern);
  for (const pattern of ['^(a+)+$', '(a|a)*$', '(.*){9}x', '(a)\\1*', '.*.*.*=', `${'(a|a)'.repeat(30)}$`, `${'a?'.repeat(40)}${'a'.repeat(40)}`])
    t.false(isQuick([pattern], lines), pattern);
  t.false(isQuick(['a*b'], [100_000]));
  t.false(isQuick(['^a', '^(a+)+$'], [1]));
});
