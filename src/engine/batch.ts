import { createHash } from 'node:crypto';
import type { Question, QuestionKind } from '../questions/question.ts';
import { plainText } from '../remote/plain-text.ts';
import type { Step, StepResult } from '../remote/session.ts';
import type { Text } from '../values/secret.ts';
import type { Known } from './answers.ts';

/** The exit code by which a guard says that the host is no longer as it was seen; none that a usual command gives. */
export const guardFailed = 97;

/** What it says where the host cannot make a digest: the shell's words, and the question at last. */
export const guardLacksDigest = /(?:^|[:\n] ?)sha256sum: (?:command )?not found\n[^\n]*$/;

const defaultTimeoutSeconds = 60;

/** What to do where a host does not answer as it should. */
export const strangeHint = 'Is a program missing there, or another than the usual one? The host needs those of coreutils and awk, or BusyBox.';
const slowHint = 'Is the host under heavy load, or does a disk or a file system of the network hang there (ps, dmesg)?';

type Kind = QuestionKind<never, unknown>;
export type Environment = { readonly [name: string]: Text };

/** Questions as steps of one trip, merged by kind into one process each, and the way back from the results to the answers. */
export interface Batch {
  readonly steps: readonly Step[];
  /** The answers to all questions, in the order they were given; `results` are those of `steps`. */
  read(results: readonly (StepResult | undefined)[]): readonly { readonly question: Question; readonly known: Known }[];
}

/** Makes one step for each kind among `questions`. Each question once, whatever the number of tasks that ask it. */
export function batchOf(questions: Iterable<Question>, environment: Environment): Batch {
  const byKind = new Map<Kind, Question[]>();
  for (const question of new Map([...questions].map((one) => [one.id, one])).values()) {
    const group = byKind.get(question.kind);
    if (group) group.push(question);
    else byKind.set(question.kind, [question]);
  }
  const groups = [...byKind];
  return {
    steps: groups.map(([kind, group]) => askStep(kind, group, environment)),
    read: (results) => groups.flatMap(([kind, group], index) => readGroup(kind, group, results[index])),
  };
}

function askStep(kind: Kind, group: readonly Question[], environment: Environment): Step {
  const params = group.map((one) => one.params);
  return {
    script: kind.script(params),
    always: true,
    timeoutSeconds: kind.timeoutSeconds?.(params) ?? defaultTimeoutSeconds,
    environment,
  };
}

function readGroup(kind: Kind, group: readonly Question[], result: StepResult | undefined): readonly { question: Question; known: Known }[] {
  const failed = (error: string, hint?: string) =>
    group.map((question) => ({
      question,
      known: { error, reads: kind.reads(question.params), isShared: group.length > 1, ...(hint !== undefined && { hint }) },
    }));
  if (!result) return failed('the question was not asked');
  if (result.timedOut) return failed(`asking for ${kind.kind} took too long; the host gave no answer in time`, slowHint);
  if (result.truncated) return failed(`the host's answer about ${kind.kind} is longer than can be read`);
  const said = result.stderr.trim().split('\n').at(-1) ?? '';
  try {
    const parts = kind.split(
      result.stdout,
      group.map((one) => one.params),
    );
    return group.map((question, index) => ({ question, known: readPart(kind, question, parts[index] ?? '', said) }));
  } catch (error) {
    return failed(strange(kind, error, said), strangeHint);
  }
}

function strange(kind: Kind, error: unknown, said: string): string {
  return `the host's answer about ${kind.kind} cannot be understood: ${messageOf(error)}${said === '' ? '' : `; it said: ${plainText(said)}`}`;
}

function readPart(kind: Kind, question: Question, part: string, said: string): Known {
  const reads = kind.reads(question.params);
  try {
    const answer = kind.parse(part, question.params);
    const aliases = (kind.aliases?.(answer) ?? []).filter((name) => !reads.includes(name));
    return { part, answer, reads: [...reads, ...aliases], ...(aliases.length > 0 && { hasAliases: true }) };
  } catch (error) {
    return { error: strange(kind, error, said), hint: strangeHint, reads };
  }
}

/**
 * A step that ends with `guardFailed` unless each question is still answered with the very same text. Volatile kinds, and text that
 * was not clean UTF-8 (its bytes are not known any more), are left out. Undefined when nothing is left to guard.
 */
export function guardStep(seen: readonly { readonly question: Question; readonly known: Known }[], environment: Environment): Step | undefined {
  const checks = seen.flatMap(({ question, known }) => {
    if (question.kind.volatile || question.kind.atTurn || 'error' in known || known.part.includes('\ufffd')) return [];
    const digest = createHash('sha256').update(known.part).digest('hex');
    return [
      `[ "$( { ${question.kind.script([question.params])}\n} 2>/dev/null | sha256sum )" = '${digest}  -' ] || { echo ${question.kind.kind} >&2; exit ${guardFailed}; }`,
    ];
  });
  const timeoutSeconds = Math.max(...seen.map(({ question: { kind, params } }) => kind.timeoutSeconds?.([params]) ?? defaultTimeoutSeconds));
  return checks.length === 0 ? undefined : { script: checks.join('\n'), environment, timeoutSeconds };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
