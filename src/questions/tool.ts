import type { Resource } from '../values/resource.ts';
import { checkWord, splitLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface ToolParams {
  readonly name: string;
}

/** Whether a program is there. */
export interface ToolAnswer {
  readonly exists: boolean;
  /** Where it was found; the bare name for what the shell has built in. */
  readonly path?: string;
}

/** Whether `name` is a program that the host's shell finds. @param name letters, digits and `._+-` only. @throws TypeError for another name. */
export function tool(name: string): Question<ToolAnswer> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(checkWord(name, 'the name of a program')))
    throw new TypeError(`${JSON.stringify(name)} is not the name of a program`);
  return question(toolKind, { name });
}

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export const toolKind: QuestionKind<ToolParams, ToolAnswer> = {
  kind: 'tool',
  reads: ({ name }): readonly Resource[] => ['package:*', ...folders.map((folder): Resource => `file:${folder}/${name}`)],
  script: (params) => `for name in ${params.map(({ name }) => name).join(' ')}; do command -v "$name" || echo -; done`,
  split: (output, params) => splitLines(output, params.length),
  parse(part) {
    const path = part.trimEnd();
    return path === '-' ? { exists: false } : { exists: true, path };
  },
};
