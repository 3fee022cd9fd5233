import type { RunEvent } from '../../src/engine/event.ts';
import type { TimedEvent } from '../../src/report/report.ts';

const zero = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, trips: 0 };
const task = { play: 'Docker', source: { file: 'playbooks/docker.yaml', line: 12, column: 7 }, check: false, changes: [], durationMs: 40 } as const;

/** A run as an engine would tell of it: two hosts, of which one fails, a third that is never reached, every kind of event and status. */
const story: readonly RunEvent[] = [
  { event: 'run_start', plays: ['Docker'], hosts: ['web1', 'db', 'gone'], check: false },
  { event: 'warning', message: 'no group is called "old"', source: { file: 'playbooks/docker.yaml', line: 2, column: 10 }, hint: 'Groups: all.' },
  { event: 'play_start', play: 'Docker', hosts: ['web1', 'db', 'gone'] },
  { event: 'host_connecting', host: 'web1', address: '192.0.2.1 port 22' },
  { event: 'host_ready', host: 'web1', rtt_ms: 12.4, trips: 0 },
  { event: 'host_unreachable', host: 'gone', message: 'no answer from 192.0.2.7:22 within 20 s', hint: 'Is the host on? Try: ssh 192.0.2.7' },
  { event: 'task_start', host: 'web1', play: 'Docker', task: 'Read the state', handler: false },
  { ...task, event: 'task', host: 'web1', task: 'Read the state', module: 'stat', status: 'ok' },
  { ...task, event: 'task', host: 'web1', task: 'Only on Sundays', module: 'command', status: 'skipped', message: 'when is false' },
  { ...task, event: 'task', host: 'web1', task: 'Say where', module: 'debug', status: 'ok', message: 'https://web1/\nhttps://web1/admin' },
  {
    ...task,
    event: 'task',
    host: 'web1',
    task: 'Write the settings',
    module: 'copy',
    status: 'changed',
    changes: [
      {
        summary: 'write /etc/docker/daemon.json',
        diff: '--- /etc/docker/daemon.json\n+++ /etc/docker/daemon.json\n@@ -1 +1 @@\n-{}\n+{"live-restore": true}\n',
      },
    ],
    durationMs: 130,
  },
  {
    ...task,
    event: 'task',
    host: 'web1',
    task: 'Make folders',
    module: 'file',
    status: 'changed',
    durationMs: 60,
    items: [
      { item: '/srv/a', status: 'ok', changes: [], durationMs: 20 },
      { item: '/srv/b', status: 'changed', changes: [{ summary: 'make the folder /srv/b' }], durationMs: 40 },
    ],
  },
  { event: 'retry', host: 'web1', task: 'Wait for Docker', message: 'port 2375 is closed', attempt: 1, retries: 3 },
  {
    ...task,
    event: 'task',
    host: 'db',
    task: 'Install packages',
    module: 'apt',
    status: 'failed',
    message: 'apt-get ended with code 100',
    hint: 'The package index may be old: set update_cache.',
    output: { rc: 100, stdout: 'Reading package lists...\n', stderr: 'E: Unable to locate package dockr\n' },
    durationMs: 2300,
  },
  { ...task, event: 'task', host: 'web1', task: 'Remove old engine', module: 'apt', status: 'failed', message: 'not installed', ignored: true },
  {
    ...task,
    event: 'handler',
    host: 'web1',
    task: 'Restart Docker',
    module: 'systemd',
    status: 'changed',
    changes: [{ summary: 'restart docker.service' }],
    output: { rc: 0, stdout: 'done\n', stderr: '' },
  },
  {
    event: 'recap',
    hosts: {
      web1: {
        ...zero,
        ok: 6,
        changed: 3,
        skipped: 1,
        ignored: 1,
        trips: 4,
        phases: {
          connect: { trips: 9, bytes_sent: 4900, bytes_received: 999, ms: 213 },
          prefetch: { trips: 1, bytes_sent: 12_000, bytes_received: 2_345_678, ms: 80 },
          tasks: { trips: 3, bytes_sent: 3000, bytes_received: 400, ms: 5000 },
          handlers: { trips: 0, bytes_sent: 0, bytes_received: 0, ms: 0 },
        },
      },
      db: { ...zero, failed: 1, trips: 1 },
      gone: { ...zero, unreachable: 1 },
    },
    exit_code: 2,
  },
];

const start = Date.UTC(2026, 0, 2, 3, 4, 5);

/** The story with a time for each event, a second apart. */
export const events: readonly TimedEvent[] = story.map((event, index) => ({ ...event, time: new Date(start + index * 1000).toISOString() }));
