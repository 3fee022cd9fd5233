import { line } from '../params.ts';

/**
 * A regular expression of JavaScript in its strict form (flag `u`), searched for anywhere in a line; `(?i)` in front ignores case. It is what
 * Python's is for nearly everything that playbooks use; what differs (`\A`, `(?P<name>…)`) is refused instead of meaning something else.
 */
export const pattern = () =>
  line().superRefine((source, context) => {
    const problem = patternProblem(source);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

/** @throws SyntaxError for what `pattern` refuses. */
export function compilePattern(source: string): RegExp {
  return source.startsWith('(?i)') ? new RegExp(source.slice('(?i)'.length), 'iu') : new RegExp(source, 'u');
}

function patternProblem(source: string): string | undefined {
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    return `expected a regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Puts the groups of `match` into `text`: `\1`, `\g<1>`, `\g<name>`; `\\` is a backslash. A group that took no part is empty. */
export function expandGroups(text: string, match: RegExpExecArray): string {
  return text.replaceAll(
    /\\(?:(\d{1,2})|g<(\w+)>|(\\))/g,
    (_, number: string | undefined, name: string | undefined, backslash: string | undefined) => {
      if (backslash !== undefined) return '\\';
      const key = number ?? name ?? '';
      return (/^\d+$/.test(key) ? match[Number(key)] : match.groups?.[key]) ?? '';
    },
  );
}
