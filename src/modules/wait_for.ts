import { z } from 'zod';
import { ask } from '../questions/question.ts';
import { holdsNow, type WaitCondition, waited } from '../questions/wait.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { line, path } from './params.ts';

const seconds = (least: number) => z.coerce.number().int().min(least).max(86_400);

const params = z
  .strictObject({
    port: z.coerce.number().int().min(1).max(65_535).optional().describe('A TCP port that must be open (or closed).'),
    host: line().default('127.0.0.1').describe('Where the port is, as the host resolves it.'),
    path: path().optional().describe('A path that must be there (or not).'),
    search_regex: line().optional().describe('With path: an extended regular expression that a line of the file must match.'),
    state: z
      .enum(['started', 'stopped', 'present', 'absent'])
      .optional()
      .describe('What to wait for; `started` for a port and `present` for a path by default.'),
    timeout: seconds(0).default(300).describe('Seconds until the task fails.'),
    delay: seconds(0).default(0).describe('Seconds before the first look.'),
    sleep: seconds(1).default(1).describe('Seconds between two looks.'),
    msg: line().optional().describe('What to say when it does not come about.'),
  })
  .refine(({ port, path }) => (port === undefined) !== (path === undefined), 'expected either port or path')
  .refine(({ path, search_regex }) => path !== undefined || search_regex === undefined, 'search_regex needs path');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Wait for a port, or for a file or a line in it.',
  params,
  examples: [
    { description: 'Wait until Synapse listens', task: 'wait_for:\n  port: 8008\n  timeout: 60' },
    { description: 'Wait for a line in a log', task: 'wait_for:\n  path: /var/log/app.log\n  search_regex: ^ready' },
  ],
  absent: {
    active_connection_states: 'Use the module command with ss(8).',
    exclude_hosts: 'Use the module command with ss(8).',
    connect_timeout: 'A try takes 3 seconds at most.',
  },
  // Looking costs nothing and may be done ahead; only where it is not so yet is it worth a wait, and that is for the task's turn.
  *ask(params) {
    const condition = conditionOf(params);
    const { now } = yield* ask({ now: holdsNow(condition) });
    if (now && params.delay === 0) return { holds: true };
    const { waited: holds } = yield* ask({
      waited: waited({ condition, delaySeconds: params.delay, sleepSeconds: params.sleep, timeoutSeconds: params.timeout }),
    });
    return { holds };
  },
  plan: (params, { holds }) => {
    if (!holds) throw new TaskError(params.msg ?? `waited ${params.timeout} seconds, and ${wordsOf(params)}`);
    return [];
  },
});

function conditionOf({ port, host, path, state, search_regex }: Params): WaitCondition {
  const isAway = state === 'stopped' || state === 'absent';
  if (path !== undefined) return { path, state: isAway ? 'absent' : 'present', pattern: search_regex };
  return { port: port ?? 0, host, state: isAway ? 'stopped' : 'started' };
}

function wordsOf(params: Params): string {
  const condition = conditionOf(params);
  if ('port' in condition) return `port ${condition.port} of ${condition.host} is still ${condition.state === 'started' ? 'closed' : 'open'}`;
  const what = condition.pattern === undefined ? condition.path : `a line in ${condition.path} that matches ${condition.pattern}`;
  return `${what} is still ${condition.state === 'present' ? 'not there' : 'there'}`;
}
