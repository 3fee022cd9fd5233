import type { ExecutionContext } from 'ava';
import type { Question, QuestionKind } from '../../src/questions/question.ts';
import { runScript, type Shell } from '../shell/shells.ts';

/**
 * Asks all questions (of one kind) in one process and each alone, and holds the law: a merged output splits into what each alone prints.
 * Gives the parsed answers.
 */
export async function askAll<Answer>(t: ExecutionContext, shell: Shell, questions: readonly Question<Answer>[]): Promise<readonly Answer[]> {
  const kind: QuestionKind<unknown, Answer> | undefined = questions[0]?.kind;
  if (!kind) throw new Error('no question was given');
  const params = questions.map((question) => question.params);
  const merged = await runScript(shell, kind.script(params));
  const parts = kind.split(merged.stdout, params);
  for (const [index, one] of params.entries()) {
    const alone = await runScript(shell, kind.script([one]));
    t.is(parts[index], alone.stdout, `${shell.name}: the part of ${JSON.stringify(one)}`);
    t.deepEqual(kind.split(alone.stdout, [one]), [alone.stdout]);
  }
  return parts.map((part, index) => kind.parse(part, params[index]));
}
