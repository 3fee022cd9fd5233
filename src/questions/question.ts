import type { Resource } from '../values/resource.ts';

/**
 * One kind of question: how to ask many of it in one process on the host, and how to read the answers.
 * A script only reads: it changes nothing, ends by itself within seconds, and answers for what is absent instead of failing.
 *
 * The law that prefetching and guarding rest on: for any params, `split(output of script([a, b, …]))` gives, for each, exactly the text
 * that `script([a])` alone would print for an unchanged host. So a part holds no time stamps, counters or order of others.
 */
export interface QuestionKind<Params, Answer> {
  /** The kind's name: `file`, `unit`. Unique. */
  readonly kind: string;
  /** What the answer depends on; a change that writes one of these makes it stale. */
  reads(params: Params): readonly Resource[];
  /** POSIX sh that prints the answers to all of these, in any order that `split` undoes. Every value in it is quoted. */
  script(params: readonly Params[]): string;
  /** The part of `output` that answers each of `params`, in their order. @throws when it is not what `script` prints. */
  split(output: string, params: readonly Params[]): readonly string[];
  /** Reads one part. Output of a host is hostile: check its form. @throws Error with a sentence when it is not understood. */
  parse(part: string, params: Params): Answer;
  /** Further names of what was read, known only from the answer (the real path behind a link). Default none. */
  aliases?(answer: Answer): readonly Resource[];
  /** Ask only when the task's turn has come, never ahead, and never twice the same (waiting for a port, an HTTP request with effects on a log). Default false. */
  readonly atTurn?: true;
  /** The answer may change by itself at any time (a port, a health check): no guard is put on it. Default false. */
  readonly volatile?: true;
  /** Seconds the script of n questions may take. Default 60. */
  timeoutSeconds?(params: readonly Params[]): number;
}

/** A question about one resource: a kind and its params (plain data; two questions with the same kind and params are the same question). */
export interface Question<Answer = unknown> {
  /** Its params are private to the kind; `question` ties both together. */
  readonly kind: QuestionKind<never, Answer>;
  readonly params: never;
  /** Same id, same question. */
  readonly id: string;
}

/** Asks `kind` about `params`. */
export function question<Params, Answer>(kind: QuestionKind<Params, Answer>, params: Params): Question<Answer> {
  return { kind, params: params as never, id: `${kind.kind} ${JSON.stringify(params)}` };
}

/** Questions by the name that the module gives them. */
export type Questions = { readonly [name: string]: Question };

/** The answers to `Q`, under the same names. */
export type AnswersOf<Q extends Questions> = { readonly [Name in keyof Q]: NonNullable<Q[Name]> extends Question<infer Answer> ? Answer : never };

/** Asking in steps, for questions that need an earlier answer: yields questions, is given answers, returns what `plan` needs. */
export type Asking<Answers> = Generator<Questions, Answers, { readonly [name: string]: unknown }>;

/**
 * Asks `questions` (`ask({})` for none) in one batch; within a generator: `const { file } = yield* ask({ file: file(path) })`.
 * Names must be unique within one task: test cases give answers by name.
 */
export function* ask<const Q extends Questions>(questions: Q): Generator<Q, AnswersOf<Q>, { readonly [name: string]: unknown }> {
  const answers = yield questions;
  // The driver answers exactly the names that were yielded, each parsed by its own kind.
  return answers as AnswersOf<Q>;
}
