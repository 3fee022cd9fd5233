import test from 'ava';
import { html } from '../../src/report/html.ts';
import { events } from './events.ts';

test('the page says how the run ended, counts by host, and shows what happened with place, diff and output', (t) => {
  const page = html(events);
  for (const part of [
    '<p>2026-01-02T03:04:05.000Z · 16.0 s · a task failed (exit code 2)</p>',
    '<tr><th scope="row">web1</th><td class="ok">6</td><td class="changed">3</td>',
    'playbooks/docker.yaml:2:10: warning: no group is called &quot;old&quot; <small>Groups: all.</small>',
    '<h2>db</h2>',
    '<details class="task failed" open>',
    'Docker · apt · playbooks/docker.yaml:12:7',
    '<span class="removed">-{}</span>',
    '<span class="added">+{&quot;live-restore&quot;: true}</span>',
    '<pre>E: Unable to locate package dockr\n</pre>',
    '<b>unreachable</b> no answer from 192.0.2.7:22 within 20 s',
    'failed (ignored)',
    'handler: Restart Docker',
  ]) {
    t.true(page.includes(part), part);
  }
});

test('the page needs nothing from elsewhere, and forbids it', (t) => {
  const page = html(events);
  t.true(page.includes(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`));
  t.notRegex(page, /<script|<link|<img|@import|url\(|\ssrc=|\son[a-z]+=/i);
  t.notRegex(page.replaceAll('https://web1/', ''), /https?:/);
});

test('what a host says stays text', (t) => {
  const evil = `</style></pre><script>alert(1)</script><a href="javascript:x" onclick='y'>\u001b[2J`;
  const hostile = events.map((event) =>
    event.event === 'task' || event.event === 'handler'
      ? {
          ...event,
          host: evil,
          task: evil,
          play: evil,
          message: evil,
          hint: evil,
          module: evil,
          source: { file: evil, line: 1, column: 1 },
          changes: [{ summary: evil, diff: `+${evil}\n` }],
          output: { rc: 1, stdout: evil, stderr: evil },
          items: [{ item: evil, status: 'failed' as const, message: evil, changes: [], durationMs: 1 }],
        }
      : event,
  );
  const page = html(hostile);
  t.notRegex(page, /<script|<a |onclick='/i);
  t.is(page.match(/<\/style>/g)?.length, 1);
  t.false(page.includes('\u001b'));
});

test('a run that was cut off says so', (t) => {
  t.true(html(events.slice(0, 5)).includes('the run did not end'));
});

test('a check says what it is', (t) => {
  const [first, ...rest] = events;
  if (first?.event !== 'run_start') throw new Error('the recorded events are not what this test needs');
  t.true(html([{ ...first, check: true }, ...rest]).includes('<h1>homerun: what would change</h1>'));
});
