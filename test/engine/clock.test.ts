import test from 'ava';
import { clockWarning } from '../../src/engine/clock.ts';

const now = Date.parse('2026-03-01T12:00:00.400Z');
const minute = 60_000;
const asked = { from: now - 2 * minute, until: now };

test('a clock within five minutes is not spoken of, however long the answer took', (t) => {
  for (const shown of [now, asked.from - 5 * minute, asked.from, now + 5 * minute]) t.is(clockWarning('web1', shown, asked), undefined);
});

test('a clock that is further away is told with both times, by how much, and what to do', (t) => {
  const behind = clockWarning('web1', Date.parse('2025-03-01T12:00:00Z'), asked);
  t.is(
    behind?.message,
    "the clock of web1 is 365 days behind this machine's: it shows 2025-03-01 12:00:00 UTC, and here it is 2026-03-01 12:00:00 UTC",
  );
  t.regex(behind?.hint ?? '', /timedatectl set-ntp true/);
  t.regex(clockWarning('web1', now + 6 * minute, asked)?.message ?? '', /is 6 minutes ahead of this machine's/);
  t.regex(clockWarning('web1', now + 5 * 60 * minute, asked)?.message ?? '', /is 5 hours ahead of/);
});
