import * as z from 'zod';
import { type Asking, ask } from '../questions/question.ts';
import { holdsNow, type WaitCondition, waited } from '../questions/wait.ts';
import { TaskError } from '../values/errors.ts';
import { problemIn } from '../values/pattern.ts';
import { defineModule } from './module.ts';
import { argument, line, notBoth, path } from './params.ts';
import { searched } from './support/extended-pattern.ts';

const seconds = (least: number) => z.coerce.number().int().min(least).max(86_400);

const params = z
  .strictObject({
    port: z.coerce.number().int().min(1).max(65_535).optional().describe('A TCP port that must be open (or closed).'),
    host: line().default('127.0.0.1').describe('Where the port is, as the host resolves it.'),
    path: path().optional().describe('A path that must be there (or not).'),
    search_regex: line()
      .superRefine((source, context) => {
        const problem = problemIn(() => searched(source));
        if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      })
      .optional()
      .describe('With path: a regular expression that is found in a line of the file.'),
    state: z
      .enum(['started', 'stopped', 'present', 'absent'])
      .optional()
      .describe('What to wait for; `started` for a port and `present` for a path by default.'),
    timeout: seconds(0).default(300).describe('Seconds until the task fails.'),
    delay: seconds(0).default(0).describe('Seconds before the first look.'),
    sleep: seconds(1).default(1).describe('Seconds between two looks.'),
    msg: argument().optional().describe('What to say when it does not come about.'),
  })
  .refine(...notBoth('port', 'path'))
  .refine(({ port, path, state }) => (port ?? path) !== undefined || state === undefined, 'expected port or path, as state is said')
  .refine(({ path, search_regex }) => path !== undefined || search_regex === undefined, 'search_regex needs path');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Wait for a port, or for a file or a line in it; with neither, for the time of `timeout`.',
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
  *ask(params): Asking<{ readonly holds?: boolean }> {
    const condition = conditionOf(params);
    if (!condition) return {};
    const { now } = yield* ask({ now: holdsNow(condition) });
    if (now && params.delay === 0) return { holds: true };
    const { waited: holds } = yield* ask({
      waited: waited({ condition, delaySeconds: params.delay, sleepSeconds: params.sleep, timeoutSeconds: params.timeout }),
    });
    return { holds };
  },
  plan: (params, { holds }) => {
    const waitsSeconds = params.delay + params.timeout;
    if (holds === undefined) return waitsSeconds === 0 ? [] : [{ summary: `wait ${waitsSeconds} seconds`, commands: [], writes: [], waitsSeconds }];
    if (!holds) throw new TaskError(params.msg ?? `waited ${params.timeout} seconds, and ${wordsOf(params)}`);
    return [];
  },
  // Ansible says "started" where nothing is said, also of a path.
  result: ({ port, path, search_regex, state = 'started' }) => ({
    port: port ?? null,
    path: path ?? null,
    search_regex: search_regex ?? null,
    state,
  }),
});

/** Undefined where nothing is waited for but time. */
function conditionOf({ port, host, path, state, search_regex }: Params): WaitCondition | undefined {
  const isAway = state === 'stopped' || state === 'absent';
  if (path !== undefined) {
    const { pattern, ignoreCase } = search_regex === undefined ? { pattern: undefined, ignoreCase: false } : searched(search_regex);
    return { path, state: isAway ? 'absent' : 'present', pattern, ...(ignoreCase && { ignoreCase }) };
  }
  return port === undefined ? undefined : { port, host, state: isAway ? 'stopped' : 'started' };
}

function wordsOf(params: Params): string {
  const condition = conditionOf(params);
  if (!condition) return 'nothing is waited for';
  if ('port' in condition) return `port ${condition.port} of ${condition.host} is still ${condition.state === 'started' ? 'closed' : 'open'}`;
  const what = condition.pattern === undefined ? condition.path : `a line in ${condition.path} that matches ${params.search_regex}`;
  return `${what} is still ${condition.state === 'present' ? 'not there' : 'there'}`;
}
