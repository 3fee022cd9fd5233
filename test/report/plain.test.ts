import test from 'ava';
import type { RunEvent } from '../../src/engine/event.ts';
import type { Detail } from '../../src/report/lines.ts';
import { plainReport } from '../../src/report/plain.ts';
import type { TimedEvent } from '../../src/report/report.ts';
import { styleOf } from '../../src/report/style.ts';
import { events } from './events.ts';

const usual: Detail = { verbosity: 0, quiet: false, ok: true };

function screen(shown: readonly TimedEvent[], detail: Partial<Detail> = {}, colour = false): string {
  let text = '';
  const report = plainReport(
    (part) => {
      text += part;
    },
    { ...usual, ...detail },
    styleOf(colour),
  );
  for (const event of shown) report.event(event);
  return text;
}

function at(event: RunEvent): TimedEvent {
  return { ...event, time: '2026-01-02T03:04:05.000Z' };
}

test('a run is told in the order of its events, with the recap as the last lines', (t) => {
  t.is(
    screen(events),
    `playbooks/docker.yaml:2:10: warning: no group is called "old"
  Groups: all.

PLAY [Docker] web1, db, gone
unreachable: [gone]
  no answer from 192.0.2.7:22 within 20 s
  Is the host on? Try: ssh 192.0.2.7
ok: [web1] Read the state
ok: [web1] Say where
  https://web1/
  https://web1/admin
changed: [web1] Write the settings
  write /etc/docker/daemon.json
  --- /etc/docker/daemon.json
  +++ /etc/docker/daemon.json
  @@ -1 +1 @@
  -{}
  +{"live-restore": true}
changed: [web1] Make folders
  changed: item=/srv/b
    make the folder /srv/b
retrying: [web1] Wait for Docker (try 1 of 4 failed)
  port 2375 is closed
failed: [db] Install packages
  playbooks/docker.yaml:12:7: apt-get ended with code 100
  The package index may be old: set update_cache.
  db stdout | Reading package lists...
  db stderr | E: Unable to locate package dockr
failed (ignored): [web1] Remove old engine
  playbooks/docker.yaml:12:7: not installed
changed: [web1] handler: Restart Docker
  restart docker.service

FAILURES
gone no answer from 192.0.2.7:22 within 20 s
db Install packages: playbooks/docker.yaml:12:7: apt-get ended with code 100

PLAY RECAP
web1 : ok=6 changed=3 unreachable=0 failed=0 skipped=1 rescued=0 ignored=1
db   : ok=0 changed=0 unreachable=0 failed=1 skipped=0 rescued=0 ignored=0
gone : ok=0 changed=0 unreachable=1 failed=0 skipped=0 rescued=0 ignored=0
`,
  );
});

test('-v adds skipped tasks, all items, outputs, and what each host cost, phase by phase', (t) => {
  const text = screen(events, { verbosity: 1 });
  t.regex(text, /^ready: \[web1\] round trip 12 ms, trips=0$/m);
  t.regex(text, /^skipped: \[web1\] Only on Sundays\n {2}when is false$/m);
  t.regex(text, /^ {2}ok: item=\/srv\/a$/m);
  t.regex(text, /^ {2}restart docker\.service\n {2}exit code 0\n {2}web1 stdout \| done$/m);
  t.regex(text, /^web1 : ok=6 changed=3 unreachable=0 failed=0 skipped=1 rescued=0 ignored=1 trips=4$/m);
  const costs =
    'connect 9 trips, 4.9 kB sent, 999 B received, 213 ms · prefetch 1 trip, 12.0 kB sent, 2.3 MB received, 80 ms · tasks 3 trips, 3.0 kB sent, 400 B received, 5000 ms';
  t.true(text.includes(`\nCOSTS\nweb1 : ${costs}\n\nFAILURES`), text);
});

test('-q shows only what went wrong and counts, and the recap', (t) => {
  const lines = screen(events, { quiet: true }).trim().split('\n');
  t.deepEqual(
    lines.filter((line) => !line.startsWith(' ')),
    ['unreachable: [gone]', 'failed: [db] Install packages', '', 'PLAY RECAP', ...screen(events).trim().split('\n').slice(-3)],
  );
});

test('check mode says first that the hosts are not changed', (t) => {
  t.is(screen([at({ event: 'run_start', plays: [], hosts: [], check: true })]), 'CHECK MODE: the hosts are not changed.\n');
});

test('a play without hosts says so, and one with many counts them', (t) => {
  t.is(screen([at({ event: 'play_start', play: 'P', hosts: [] })]), '\nPLAY [P] no host matches\n');
  t.is(screen([at({ event: 'play_start', play: 'P', hosts: Array.from({ length: 9 }, (_, index) => `h${index}`) })]), '\nPLAY [P] 9 hosts\n');
});

test('on one host a failure is not told twice', (t) => {
  const recap = at({
    event: 'recap',
    hosts: { db: { ok: 0, changed: 0, unreachable: 0, failed: 1, skipped: 0, rescued: 0, ignored: 0, trips: 1 } },
    exit_code: 2,
  });
  const text = screen([...events.filter((event) => 'host' in event && event.host === 'db'), recap]);
  t.false(text.includes('FAILURES'));
});

test('of a long output the last ten lines are shown, and all with -vv', (t) => {
  const stdout = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join('');
  const failed = events.filter((event) => event.event === 'task' && event.status === 'failed' && event.ignored !== true);
  const long = failed.map((event) => ({ ...event, output: { rc: 1, stdout, stderr: '' } }));
  const few = screen(long);
  t.regex(few, /… 20 lines before \(-vv shows them\)\n {2}db stdout \| line 21\n/);
  t.false(few.includes('line 20'));
  t.true(screen(long, { verbosity: 2 }).includes('db stdout | line 1\n'));
});

test('a failed loop says for each failed item where and why', (t) => {
  const [failed] = events.filter((event) => event.event === 'task');
  if (failed?.event !== 'task') throw new Error('the recorded events are not what this test needs');
  const loop = at({
    ...failed,
    status: 'failed',
    message: 'one or more items failed',
    items: [
      { item: 'a', status: 'ok', changes: [], durationMs: 1 },
      { item: 'b', status: 'failed', message: 'no space left', changes: [], durationMs: 1 },
    ],
  });
  t.is(screen([loop]), 'failed: [web1] Read the state\n  failed: item=b\n    playbooks/docker.yaml:12:7: no space left\n');
});

test('colours are escape sequences of our own and nothing else differs', (t) => {
  const plain = screen(events);
  const coloured = screen(events, {}, true);
  t.true(coloured.includes('\u001b[33mchanged:\u001b[39m [web1] Write the settings'));
  t.true(coloured.includes('  \u001b[32m+{"live-restore": true}\u001b[39m'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one.
  t.is(coloured.replaceAll(/\u001b\[\d+m/g, ''), plain);
});

test('a host cannot write lines of its own, obey-me characters or commands of a CI service to the screen', (t) => {
  const evil = 'x\r\nok: [web1] All is well\n::set-env name=A::b\n  ##[error]\u001b]52;c;cm0gLXJm\u0007\u009b2J\u202egnp.exe';
  const hostile = events.map((event) =>
    event.event === 'task' ? { ...event, task: evil, message: evil, output: { rc: 1, stdout: evil, stderr: evil } } : event,
  );
  const text = screen(hostile, { verbosity: 2 });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.notRegex(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  t.notRegex(text, /^ok: \[web1\] All is well/m);
  t.notRegex(text, /^\s*(::|##\[)/m);
});

test('an output that the message ends with is not shown twice', (t) => {
  const [failed] = events.filter((event) => event.event === 'task');
  if (failed?.event !== 'task') throw new Error('the recorded events are not what this test needs');
  const output = { rc: 2, stdout: 'out\n', stderr: 'no such file\n' };
  const told = at({ ...failed, status: 'failed', message: 'run ls: exit code 2: no such file', changes: [], output });
  t.is(screen([told]), 'failed: [web1] Read the state\n  playbooks/docker.yaml:12:7: run ls: exit code 2: no such file\n  web1 stdout | out\n');
  t.regex(screen([told], { verbosity: 1 }), /web1 stderr \| no such file/);
});
