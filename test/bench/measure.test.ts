import test from 'ava';
import { costOf } from './cost.ts';
import { type Measured, measure, median, quantile, ratio, spread } from './measure.ts';
import { asMarkdown, asText, columns, counted, section, shortNumber, times, withSpread } from './table.ts';

const taking = (name: string, seconds: readonly number[]): Measured => ({
  name,
  samples: seconds.map((one) => ({ seconds: one, cpuSeconds: one / 2, peakBytes: 5e6, counts: { trips: 7 } })),
});

test('a quantile lies between two values in proportion', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 2, 3]), 2.5);
  t.is(quantile([0, 10], 0.05), 0.5);
  t.is(median([]), Number.NaN);
});

test('the spread of a few values is all of them, of many the middle nine tenths', (t) => {
  t.deepEqual(spread([5, 1, 3]), [1, 5]);
  const [low, high] = spread(Array.from({ length: 101 }, (_, index) => index));
  t.deepEqual([low, high], [5, 95]);
});

test('a ratio compares the rounds that ran beside each other, not the medians', (t) => {
  // Twice as long in each round, whatever else the machine did in the second.
  t.deepEqual(ratio(taking('slow', [2, 20, 2]), taking('fast', [1, 10, 1])), { median: 2, low: 2, high: 2 });
  t.is(ratio(taking('slow', [30]), taking('fast', [1, 10, 10])).median, 30);
});

test('numbers have three digits that count', (t) => {
  t.deepEqual([0.123, 1.234, 12.34, 123.4, 21_793, Number.NaN].map(shortNumber), ['0.12', '1.23', '12.3', '123', '21,793', '–']);
  t.is(withSpread([1, 3, 2]), '2.00 (1.00–3.00)');
  t.is(withSpread([0.04], 0.001), '40.0');
});

test('a table has a row for each subject, and says what took too long', (t) => {
  const [floor, slow] = [taking('floor', [1, 1]), { name: 'slow', samples: [], note: 'took longer than 9 s and was ended' }];
  const table = section(
    { id: 'x', title: 'X', notes: ['A note.'] },
    [floor, slow],
    [columns.seconds, counted('trips', 'trips'), times('× floor', floor), columns.rounds],
  );
  t.is(
    asMarkdown(table),
    `|  | seconds | trips | × floor | rounds |
| --- | --: | --: | --: | --: |
| floor | 1.00 (1.00–1.00) | 7.00 | 1 | 2 |
| slow | – | – | – | took longer than 9 s and was ended |

A note.
`,
  );
  t.regex(asText(table), /^slow {2,}–/m);
});

test('subjects take turns, each prepared and checked, after a warm-up that does not count', async (t) => {
  const order: string[] = [];
  const subject = (name: string, rounds?: number) => ({
    name,
    ...(rounds !== undefined && { rounds }),
    prepare: async () => void order.push(`prepare ${name}`),
    command: { argv: ['true'] },
    check: () => {
      order.push(`check ${name}`);
      return { trips: order.length };
    },
  });
  const [first, second] = await measure([subject('a'), subject('b', 1)], { rounds: 2, warmUps: 1 });
  const turn = (name: string): string[] => [`prepare ${name}`, `check ${name}`];
  t.deepEqual(order, [...turn('a'), ...turn('b'), ...turn('a'), ...turn('b'), ...turn('a')]);
  t.deepEqual(
    first?.samples.map(({ counts }) => counts['trips']),
    [6, 10],
  );
  t.is(second?.samples.length, 1);
});

test('a subject that takes too long is ended, measured no more, and says so', async (t) => {
  const [slow, fast] = await measure(
    [
      { name: 'slow', limitSeconds: 0.3, command: { argv: ['sleep', '60'] } },
      { name: 'fast', command: { argv: ['true'] } },
    ],
    { rounds: 2 },
  );
  t.deepEqual(slow, { name: 'slow', samples: [], note: 'took longer than 0.3 s and was ended' });
  t.is(fast?.samples.length, 2);
});

test('a subject that fails ends the measuring with what it said', async (t) => {
  const failing = measure([{ name: 'bad', command: { argv: ['sh', '-c', 'echo alas >&2; exit 3'] } }], { rounds: 1 });
  await t.throwsAsync(failing, { message: /bad ended with exit code 3: alas/ });
});

test('what a command starts counts with it, also what it leaves in the background', async (t) => {
  const program = `import time
memory = bytearray(60_000_000)
while time.process_time() < 0.3: pass
print("burnt", flush=True)
time.sleep(60)`;
  // Ends when the other one, which is in a session of its own, has said that it used its time.
  const script = 'dir=$(mktemp -d); mkfifo "$dir/said"; setsid python3 -c "$1" >"$dir/said" & read -r line <"$dir/said"; rm -r "$dir"; echo "$line"';
  const { code, stdout, seconds, cpuSeconds, peakBytes } = await costOf({ argv: ['sh', '-c', script, 'sh', program] }, 50);
  t.is(code, 0);
  t.is(stdout, 'burnt\n');
  t.true(seconds < 50);
  t.true(cpuSeconds >= 0.3, `${cpuSeconds} s`);
  t.true(peakBytes >= 60e6, `${peakBytes} bytes`);
});
