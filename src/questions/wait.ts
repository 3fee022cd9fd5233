import { quote } from '../values/command.ts';
import { checkPath, splitLines } from './parts.ts';
import { checkPort, connectsFunction } from './port.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** What is waited for. */
export type WaitCondition =
  | { readonly port: number; readonly host: string; readonly state: 'started' | 'stopped' }
  /** A file that is there (and holds a line that the extended regular expression matches), or is not. */
  | { readonly path: string; readonly state: 'present' | 'absent'; readonly pattern?: string | undefined; readonly ignoreCase?: true };

export interface WaitParams {
  readonly condition: WaitCondition;
  /** Seconds before the first look. */
  readonly delaySeconds: number;
  /** Seconds between two looks, 1 or more. */
  readonly sleepSeconds: number;
  /** Seconds until it is given up; 0 looks once. */
  readonly timeoutSeconds: number;
}

/** Whether it came about in time; asked at the task's turn only, as it takes its time. @throws TypeError for a path or port that is none. */
export function waited(params: WaitParams): Question<boolean> {
  return question(waitKind, checked(params));
}

/** The same condition as it is now. @throws TypeError */
export function holdsNow(condition: WaitCondition): Question<boolean> {
  return question(conditionKind, checked({ condition, delaySeconds: 0, sleepSeconds: 1, timeoutSeconds: 0 }));
}

function checked(params: WaitParams): WaitParams {
  const { condition } = params;
  if ('port' in condition) checkPort(condition);
  else checkPath(condition.path);
  return params;
}

const preamble = `${connectsFunction}
waited() {
  [ "$1" = 0 ] || sleep "$1"
  every=$2 left=$3
  shift 3
  until "$@"; do
    [ "$left" -gt 0 ] || { echo no; return; }
    sleep "$every"
    left=$((left - every))
  done
  echo yes
}
not() { ! "$@"; }
exists() { [ -e "$1" ] || [ -L "$1" ]; }
holds() { [ -f "$3" ] && grep -q -E $1 -e "$2" -- "$3"; }`;

function test(condition: WaitCondition): string {
  if ('port' in condition) return `${condition.state === 'stopped' ? 'not ' : ''}connects ${quote(condition.host)} ${condition.port}`;
  if (condition.pattern !== undefined)
    return `${condition.state === 'absent' ? 'not ' : ''}holds ${condition.ignoreCase ? '-i' : "''"} ${quote(condition.pattern)} ${quote(condition.path)}`;
  return `${condition.state === 'absent' ? 'not ' : ''}exists ${quote(condition.path)}`;
}

/** The condition as it is at this moment, gathered with other questions. */
export const conditionKind: QuestionKind<WaitParams, boolean> = {
  kind: 'condition',
  reads: ({ condition }) => ('port' in condition ? ['*'] : [`file:${condition.path}`]),
  volatile: true,
  script: (params) =>
    [
      preamble,
      ...params.map(
        ({ condition, delaySeconds, sleepSeconds, timeoutSeconds }) => `waited ${delaySeconds} ${sleepSeconds} ${timeoutSeconds} ${test(condition)}`,
      ),
    ].join('\n'),
  split: (output, params) => splitLines(output, params.length),
  parse(part) {
    if (part !== 'yes\n' && part !== 'no\n') throw new Error(`the host printed something that is not understood: ${JSON.stringify(part)}`);
    return part === 'yes\n';
  },
  // A single look at a port that is filtered takes 3 seconds.
  timeoutSeconds: (params) =>
    params.reduce(
      (sum, { delaySeconds, timeoutSeconds, sleepSeconds }) => sum + delaySeconds + (timeoutSeconds / sleepSeconds + 1) * (sleepSeconds + 3),
      30,
    ),
};

export const waitKind: QuestionKind<WaitParams, boolean> = { ...conditionKind, kind: 'wait', atTurn: true };
