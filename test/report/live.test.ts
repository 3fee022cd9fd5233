import test from 'ava';
import type { RunEvent } from '../../src/engine/event.ts';
import { liveReport } from '../../src/report/live.ts';
import { hostRows, statusRow } from '../../src/report/rows.ts';
import { fit, screenOn } from '../../src/report/screen.ts';
import { styleOf } from '../../src/report/style.ts';
import { emulator } from './emulator.ts';
import { events } from './events.ts';

const style = styleOf(false);
const detail = { verbosity: 0, quiet: false, ok: false };
const terminal = { columns: 40, rows: 10, write: () => {} };

test('rows stay at the bottom while lines scroll by above', (t) => {
  const screen = emulator();
  const painted = screenOn(screen);
  painted.paint(['row 1', 'row 2']);
  painted.print(['changed: a']);
  painted.paint(['row 1', 'row 2 new', 'row 3']);
  painted.print(['changed: b', 'changed: c']);
  t.deepEqual(screen.lines(), ['changed: a', 'changed: b', 'changed: c', 'row 1', 'row 2 new', 'row 3']);
  painted.paint(['row 3']);
  t.deepEqual(screen.lines(), ['changed: a', 'changed: b', 'changed: c', 'row 3']);
  t.false(screen.isCursorShown());
  painted.close();
  painted.close();
  t.deepEqual(screen.lines(), ['changed: a', 'changed: b', 'changed: c']);
  t.true(screen.isCursorShown());
});

test('what the terminal itself writes at ^C is wiped away', (t) => {
  const screen = emulator();
  const painted = screenOn(screen);
  screen.write('^C');
  painted.print(['Interrupted']);
  painted.paint(['row']);
  screen.write('^C');
  painted.print(['changed']);
  t.deepEqual(screen.lines(), ['Interrupted', 'changed', 'row']);
});

test('an unchanged picture is not written again, and never more rows than the terminal has', (t) => {
  let written = 0;
  const small = { columns: 80, rows: 3, write: () => (written += 1) };
  const painted = screenOn(small);
  painted.paint(['a', 'b', 'c', 'd']);
  painted.paint(['a', 'b', 'x', 'y']);
  t.is(written, 1);
});

test('text is cut to the width of the terminal, wide characters counting twice', (t) => {
  t.is(fit('abcdef', 7), 'abcdef');
  t.is(fit('abcdef', 6), 'abcde…');
  t.is(fit('世界世界', 6), '世界…');
});

test('hosts at work have a row, in the order of the inventory; hosts that wait for others have none', (t) => {
  const rows = new Map([
    ['b', { text: 'Install', since: 0, busy: true }],
    ['a', { text: 'Wait\u001b[2J', since: 9500, busy: true }],
    ['c', { text: 'Done', since: 1000, busy: false }],
    ['long-name', { text: 'Just done', since: 9900, busy: false }],
  ]);
  t.deepEqual(hostRows(['a', 'b', 'c', 'd', 'long-name'], rows, terminal, style, 10_000), [
    '⠋ a          Wait^[[2J',
    '⠋ b          Install 10 s',
    '⠋ long-name  Just done',
  ]);
});

test('hosts that do not fit are counted', (t) => {
  const hosts = Array.from({ length: 20 }, (_, index) => `h${index}`);
  const rows = new Map(hosts.map((host) => [host, { text: 'x', since: 0, busy: true }]));
  const shown = hostRows(hosts, rows, terminal, style, 0);
  t.is(shown.length, 6);
  t.is(shown.at(-1), '… and 15 more hosts');
});

test('the last row counts what has happened', (t) => {
  t.is(statusRow({ ok: 5, changed: 2, skipped: 1, failed: 1, unreachable: 0 }, 61_000, terminal, style), 'ok=5 changed=2 failed=1  1 min 1 s');
});

test('a live run ends with changes and failures in order, the recap last, and the cursor back', async (t) => {
  const screen = emulator();
  const report = liveReport(screen, detail, style, () => 0);
  for (const event of events) {
    report.event(event);
    await Promise.resolve();
  }
  await report.end();
  const lines = screen.lines();
  t.deepEqual(lines.slice(2, 6), ['', 'PLAY [Docker] web1, db, gone', 'unreachable: [gone]', '  no answer from 192.0.2.7:22 within 20 s']);
  t.false(lines.includes('ok: [web1] Read the state'));
  t.true(lines.includes('ok: [web1] Say where'));
  t.is(lines.at(-1), 'gone : ok=0 changed=0 unreachable=1 failed=0 skipped=0 rescued=0 ignored=0');
  t.true(screen.isCursorShown());
});

test('while hosts are at work their rows can be seen', async (t) => {
  const screen = emulator();
  const report = liveReport(screen, detail, style, () => 1);
  const shown = async (part: string) => {
    const before = Date.now();
    while (!screen.lines().some((line) => line.includes(part)) && Date.now() - before < 5000) await new Promise((resolve) => setImmediate(resolve));
    return screen.lines().some((line) => line.includes(part));
  };
  const tell = (event: RunEvent) => report.event({ ...event, time: '2026-01-02T03:04:05.000Z' });
  tell({ event: 'run_start', plays: ['p'], hosts: ['web1', 'db'], check: false });
  tell({ event: 'host_connecting', host: 'db', address: '192.0.2.2 port 22' });
  t.true(await shown('db  connecting to 192.0.2.2 port 22'));
  tell({ event: 'task_start', host: 'db', play: 'p', task: 'Install', handler: false });
  t.true(await shown('db  Install'));
  t.true(await shown('ok=0 changed=0  0 s'));
  tell({ event: 'play_start', play: 'q', hosts: ['added', 'db'] });
  tell({ event: 'host_connecting', host: 'added', address: '192.0.2.9 port 22' });
  t.true(await shown('added  connecting to 192.0.2.9 port 22'), 'a host that the run has added');
  tell({ event: 'host_unreachable', host: 'web1', message: 'no answer' });
  t.true(await shown('ok=0 changed=0 unreachable=1  0 s'));
  await report.end();
  t.false(screen.lines().some((line) => line.includes('Install')));
});

test('100 hosts with 60 tasks each are painted in well under a second of work', async (t) => {
  const screen = { columns: 80, rows: 24, written: 0, write: (text: string) => (screen.written += text.length) };
  const report = liveReport(screen, detail, style, Date.now);
  const hosts = Array.from({ length: 100 }, (_, index) => `host${index}`);
  const before = process.cpuUsage();
  const time = '2026-01-02T03:04:05.000Z';
  report.event({ event: 'run_start', plays: ['p'], hosts, check: false, time });
  const [finished] = events.filter((event) => event.event === 'task');
  if (finished?.event !== 'task') throw new Error('the recorded events are not what this test needs');
  for (let number = 0; number < 60; number += 1) {
    for (const host of hosts) {
      report.event({ event: 'task_start', host, play: 'p', task: `Task ${number}`, handler: false, time });
      report.event({ ...finished, host });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await report.end();
  const used = process.cpuUsage(before);
  t.true(used.user + used.system < 1_500_000, `${(used.user + used.system) / 1000} ms`);
});
