import { type Question, type QuestionKind, question } from './question.ts';

/** Words that another start of the host would have other ones of. */
export function boot(): Question<string> {
  return question(bootKind, {});
}

/**
 * sh that prints them. A container keeps the kernel of the machine that it is on, and so its boot id: there the moment counts at which process 1
 * began (proc_pid_stat(5), field 22). Its name, which may hold anything, stands in parentheses before it.
 */
export const bootScript = "{ echo $(cat /proc/sys/kernel/random/boot_id) $(sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20); } 2>/dev/null";

export const bootKind: QuestionKind<object, string> = {
  kind: 'boot',
  reads: () => ['boot:*'],
  script: () => bootScript,
  split: (output, params) => params.map(() => output),
  parse(part) {
    const words = part.trim();
    if (!/^[0-9a-f-]{36}( [0-9]+)?$/.test(words))
      throw new Error('the host does not tell one start from another: /proc/sys/kernel/random/boot_id is not there or not understood');
    return words;
  },
};
