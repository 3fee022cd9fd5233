import test from 'ava';
import { jsonLine, jsonReport } from '../../src/report/json.ts';
import { parseSaved } from '../../src/report/saved.ts';
import { InputError } from '../../src/values/errors.ts';
import { events } from './events.ts';

function lines(): string[] {
  const written: string[] = [];
  const report = jsonReport((text) => written.push(text));
  for (const event of events) report.event(event);
  return written;
}

function record(index: number): unknown {
  return JSON.parse(lines()[index] ?? '');
}

test('each event is written at once, as one line with one object', (t) => {
  for (const line of lines()) {
    t.regex(line, /^\{[^\n]*\}\n$/);
    t.notThrows(() => JSON.parse(line));
  }
});

test('scripts see these events in this order, and none that only move a display', (t) => {
  t.deepEqual(
    lines().map((line) => (JSON.parse(line) as { event: string }).event),
    [
      'run_start',
      'warning',
      'play_start',
      'host_ready',
      'host_unreachable',
      'task',
      'task',
      'task',
      'task',
      'task',
      'retry',
      'task',
      'task',
      'handler',
      'recap',
    ],
  );
});

test('fields have the names of the contract', (t) => {
  t.deepEqual(record(0), { event: 'run_start', time: '2026-01-02T03:04:05.000Z', plays: ['Docker'], hosts: ['web1', 'db', 'gone'], check: false });
  t.deepEqual(record(1), {
    event: 'warning',
    time: '2026-01-02T03:04:06.000Z',
    path: 'playbooks/docker.yaml:2',
    column: 10,
    message: 'no group is called "old"',
    hint: 'Groups: all.',
  });
  t.deepEqual(record(3), { event: 'host_ready', time: '2026-01-02T03:04:09.000Z', host: 'web1', rtt_ms: 12.4, trips: 0 });
  t.deepEqual(record(4), {
    event: 'host_unreachable',
    time: '2026-01-02T03:04:10.000Z',
    host: 'gone',
    status: 'unreachable',
    message: 'no answer from 192.0.2.7:22 within 20 s',
    hint: 'Is the host on? Try: ssh 192.0.2.7',
  });
  t.deepEqual(record(8), {
    event: 'task',
    time: '2026-01-02T03:04:15.000Z',
    host: 'web1',
    play: 'Docker',
    task: 'Write the settings',
    path: 'playbooks/docker.yaml:12',
    column: 7,
    module: 'copy',
    status: 'changed',
    changes: ['write /etc/docker/daemon.json'],
    diff: '--- /etc/docker/daemon.json\n+++ /etc/docker/daemon.json\n@@ -1 +1 @@\n-{}\n+{"live-restore": true}\n',
    duration_ms: 130,
    check: false,
  });
  t.deepEqual((record(9) as { items: unknown }).items, [
    { item: '/srv/a', status: 'ok', duration_ms: 20 },
    { item: '/srv/b', status: 'changed', changes: ['make the folder /srv/b'], duration_ms: 40 },
  ]);
  t.deepEqual(record(10), {
    event: 'retry',
    time: '2026-01-02T03:04:17.000Z',
    host: 'web1',
    task: 'Wait for Docker',
    message: 'port 2375 is closed',
    attempt: 1,
    retries: 3,
  });
  t.deepEqual(record(14), {
    event: 'recap',
    time: '2026-01-02T03:04:21.000Z',
    hosts: {
      web1: {
        ok: 6,
        changed: 3,
        unreachable: 0,
        failed: 0,
        skipped: 1,
        rescued: 0,
        ignored: 1,
        trips: 4,
        phases: {
          connect: { trips: 9, bytes_sent: 4900, bytes_received: 999, ms: 213 },
          prefetch: { trips: 1, bytes_sent: 12_000, bytes_received: 2_345_678, ms: 80 },
          tasks: { trips: 3, bytes_sent: 3000, bytes_received: 400, ms: 5000 },
          handlers: { trips: 0, bytes_sent: 0, bytes_received: 0, ms: 0 },
        },
      },
      db: { ok: 0, changed: 0, unreachable: 0, failed: 1, skipped: 0, rescued: 0, ignored: 0, trips: 1 },
      gone: { ok: 0, changed: 0, unreachable: 1, failed: 0, skipped: 0, rescued: 0, ignored: 0, trips: 0 },
    },
    exit_code: 2,
  });
});

test('a line is safe on a terminal and still says exactly what the host said', (t) => {
  const message = '\u001b[2J\u007f\u009b\u202e\u2028\u{e0041}🙂\ud800';
  const line = jsonLine({ event: 'host_unreachable', host: 'h', message, time: '2026-01-02T03:04:05.000Z' }) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.notRegex(line.trimEnd(), /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]|[\u{e0000}-\u{e007f}]/u);
  t.is((JSON.parse(line) as { message: string }).message, message);
});

test('a saved run gives the same lines again', (t) => {
  const text = lines().join('');
  t.is(
    parseSaved(text, 'run.jsonl')
      .map((event) => jsonLine(event))
      .join(''),
    text,
  );
});

test('a saved run that was cut off in its last line is read up to there', (t) => {
  const text = lines().join('');
  t.is(parseSaved(text.slice(0, -40), 'run.jsonl').length, lines().length - 1);
});

test('events that a newer version writes are left out', (t) => {
  t.is(parseSaved(`${lines()[0]}{"event":"tea_time","time":"2026-01-02T03:04:05.000Z"}\n`, 'f').length, 1);
});

const wrong: readonly (readonly [text: string, message: string])[] = [
  ['', 'f:1:1: the file holds no event of a run'],
  ['hello\nworld\n', 'f:1:1: this is not a line of a saved run (Unexpected token \'h\', "hello" is not valid JSON)'],
  ['[]\n\n', 'f:1:1: this is not a line of a saved run (an event is not a JSON object)'],
  [`${lines()[0]}{"event":"task","time":"2026-01-02T03:04:05.000Z"}\n`, 'f:2:1: this is not a line of a saved run ("host" is not a text)'],
  ['{"event":"recap","time":"now","hosts":{},"exit_code":0}\n', 'f:1:1: this is not a line of a saved run ("time" is not a time)'],
];

for (const [text, message] of wrong) {
  test(`a file that is no saved run is refused: ${message}`, (t) => {
    const error = t.throws(() => parseSaved(text, 'f'), { instanceOf: InputError });
    t.is(error?.message.split('\n')[0], message);
  });
}
