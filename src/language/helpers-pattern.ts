import { compilePattern, expandGroups, replacementProblem } from '../values/pattern.ts';
import { PatternError } from '../values/python-pattern.ts';
import type { Value } from '../values/vars.ts';
import { HelperError, text } from './coerce.ts';
import type { Helpers } from './helper.ts';

/** Helpers with regular expressions: those of Python, as in the modules, and stopped after 2 seconds. */
export const patternHelpers: Helpers = {
  re_match: {
    usage: 're_match TEXT PATTERN',
    summary: 'Whether the beginning of a text matches.',
    example: ['re_match name "web[0-9]"', true],
    arity: [2, 2],
    run: ([value, pattern]) => regex(pattern, 'y').test(text(value)),
    bounded: true,
  },
  re_search: {
    usage: 're_search TEXT PATTERN',
    summary: 'Whether something in a text matches.',
    example: ['re_search name "b[0-9]$"', true],
    arity: [2, 2],
    run: ([value, pattern]) => regex(pattern).test(text(value)),
    bounded: true,
  },
  regex_search: {
    usage: 'regex_search TEXT PATTERN [GROUP]',
    summary: 'What matches first, or its GROUP (number or name); nothing (null) where nothing matches.',
    example: ['regex_search "nginx/1.22.1" "/([0-9]+)" 1', '1'],
    arity: [2, 3],
    run: ([value, pattern, group]) => part(regex(pattern).exec(text(value)), group === undefined ? '0' : text(group)),
    bounded: true,
  },
  regex_findall: {
    usage: 'regex_findall TEXT PATTERN',
    summary: 'All that matches, as a list: of a pattern with one group what that holds, with several a list of each.',
    example: ['regex_findall "a1 b2" "[0-9]"', ['1', '2']],
    arity: [2, 2],
    run: ([value, pattern]) =>
      Array.from(text(value).matchAll(regex(pattern, 'g')), ([whole, ...groups]) =>
        groups.length > 1 ? groups.map((group) => group ?? '') : groups.length === 1 ? (groups[0] ?? '') : whole,
      ),
    bounded: true,
  },
  regex_replace: {
    usage: 'regex_replace TEXT PATTERN NEW',
    summary: 'The text with all that matches replaced by NEW, in which `\\1` and `\\g<name>` are groups.',
    example: ['regex_replace "a=1, b=2" "([a-z])=" "x"', 'x1, x2'],
    arity: [3, 3],
    run: ([value, pattern, replacement]) => replaced(text(value), text(pattern), text(replacement)),
    bounded: true,
  },
  regex_escape: {
    usage: 'regex_escape TEXT',
    summary: 'The text as a pattern that matches just that.',
    example: ['regex_escape "a.b"', 'a\\.b'],
    arity: [1, 1],
    run: ([value]) => text(value).replaceAll(/[.*+?^${}()|[\]\\/#&~-]/g, '\\$&'),
  },
};

function regex(pattern: Value | undefined, flags = ''): RegExp {
  try {
    const { source, flags: own } = compilePattern(text(pattern));
    return new RegExp(source, own + flags);
  } catch (error) {
    if (error instanceof PatternError) throw new HelperError(`the pattern is wrong: ${error.message}`);
    throw error;
  }
}

function part(match: RegExpExecArray | null, group: string): Value {
  if (!match) return null;
  const isThere = /^\d+$/.test(group) ? Number(group) < match.length : group in (match.groups ?? {});
  if (!isThere) throw new HelperError(`the pattern has no group ${group}`);
  return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? '';
}

function replaced(value: string, pattern: string, replacement: string): string {
  const expression = regex(pattern, 'g');
  const problem = replacementProblem(replacement, pattern);
  if (problem !== undefined) throw new HelperError(problem.replace('expected a regular expression: ', ''));
  return value.replace(expression, (...found) => {
    const last: unknown = found.at(-1);
    const groups = typeof last === 'object' ? (last as { readonly [name: string]: string | undefined }) : undefined;
    return expandGroups(replacement, found.slice(0, groups ? -3 : -2) as (string | undefined)[], groups);
  });
}
