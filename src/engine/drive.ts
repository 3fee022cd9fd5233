import type { Module } from '../modules/module.ts';
import type { Question, Questions } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import type { Known } from './answers.ts';

/** A question with what is known of it. */
export interface Seen {
  readonly question: Question;
  readonly known: Known;
}

/** How far a module's asking gets with what is known. */
export type Driven =
  | { readonly state: 'done'; readonly answers: unknown; readonly seen: readonly Seen[] }
  | { readonly state: 'missing'; readonly questions: readonly Question[] };

const mostSteps = 100;

/**
 * Runs a module's `ask` from its start, answering from `lookup`, until it is done or needs what is not known.
 * @throws TaskError when an answer could not be understood, or when `ask` itself refuses.
 */
export function drive(module: Module, params: unknown, lookup: (question: Question) => Known | undefined): Driven {
  const asking = module.ask(params as never);
  const seen: Seen[] = [];
  let step = asking.next();
  for (let count = 0; !step.done; count++) {
    if (count > mostSteps) throw new TaskError('the module keeps asking: this is a bug in the module');
    const answers: Record<string, unknown> = {};
    const missing: Question[] = [];
    for (const [name, question] of entries(step.value)) {
      const known = lookup(question);
      if (!known) missing.push(question);
      else if ('error' in known) throw new TaskError(known.error, known.hint);
      else {
        answers[name] = known.answer;
        seen.push({ question, known });
      }
    }
    if (missing.length > 0) return { state: 'missing', questions: missing };
    step = asking.next(answers);
  }
  return { state: 'done', answers: step.value, seen };
}

function entries(questions: Questions): readonly [string, Question][] {
  return Object.entries(questions);
}
