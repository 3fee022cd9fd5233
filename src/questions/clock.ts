import { outputLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/**
 * What the clock of the host shows: milliseconds since 1970, whole seconds. No two answers are the same, so it is nothing for a module to plan
 * from: the engine asks it once.
 */
export function clock(): Question<number> {
  return question(clockKind, {});
}

export const clockKind: QuestionKind<object, number> = {
  kind: 'clock',
  reads: () => [],
  volatile: true,
  script: () => 'date -u +%s',
  split: (output, params) => params.map(() => output),
  parse(part) {
    const [line = ''] = outputLines(part);
    if (!/^\d{1,11}$/.test(line)) throw new Error(`its time is not understood: ${JSON.stringify(line.slice(0, 40))}`);
    return Number(line) * 1000;
  },
};
