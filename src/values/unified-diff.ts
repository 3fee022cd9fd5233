import type { Diff } from './change.ts';
import { encodingsOf } from './encodings.ts';
import { Redactor } from './redact.ts';
import { revealed, Secret } from './secret.ts';

const contextLines = 3;
const longestMs = 1000;
const mostEdits = 5000;
const longestDiff = 64 * 1024;

/**
 * A diff as people know it (unified, three lines of context), with every secret masked. Texts too different to compare within a second
 * become one sentence; a text that is secret as a whole, of which no parts are named, is not shown.
 */
export async function unifiedDiff({ label, before, after, secrets = [] }: Diff): Promise<string> {
  if (secrets.length === 0 && (before instanceof Secret || after instanceof Secret)) {
    return `--- ${label}\n+++ ${label}\n# it holds secrets and is not shown (${countLines(before)} -> ${countLines(after)} lines)\n`;
  }
  const [old, new_] = [before, after].map((text) => (text === undefined ? '' : masked(revealed(text), secrets)));
  const { createTwoFilesPatch } = await import('diff');
  const patch = createTwoFilesPatch(
    before === undefined ? '/dev/null' : label,
    after === undefined ? '/dev/null' : label,
    old ?? '',
    new_ ?? '',
    undefined,
    undefined,
    {
      context: contextLines,
      timeout: longestMs,
      maxEditLength: mostEdits,
    },
  );
  if (patch === undefined) return `--- ${label}\n+++ ${label}\n# replaced (${countLines(before)} -> ${countLines(after)} lines)\n`;
  const text = patch.replace(/^(?:Index: .*\n)?={3,}\n/, '');
  const isSame = old === new_ && before !== undefined && after !== undefined && revealed(before) !== revealed(after);
  const whole = isSame ? `${text}# only a secret value differs\n` : text;
  return whole.length > longestDiff ? `${whole.slice(0, longestDiff)}\n# ${whole.length - longestDiff} more characters\n` : whole;
}

function masked(text: string, secrets: readonly Secret[]): string {
  const redactor = new Redactor();
  // The text may hold them as its format writes them.
  for (const secret of secrets) redactor.add(encodingsOf(secret.reveal()));
  return redactor.text(text);
}

function countLines(text: string | Secret | undefined): number {
  return text === undefined ? 0 : revealed(text).split('\n').length - 1;
}
