import { InputError, type Source } from '../values/errors.ts';
import { SlowPatternError } from '../values/regex.ts';
import { isMapping } from '../values/vars.ts';
import { conditionAdvice } from './condition-advice.ts';
import { type Scope, UnknownValue } from './expression.ts';
import { helpers } from './helpers.ts';
import { didYouMean } from './nearest.ts';
import type { ScalarNode } from './node.ts';
import { specialForms } from './special-forms.ts';
import { undefinedVariable } from './undefined.ts';

/** What cel-js throws, with the parts that it documents. */
export interface CelError extends Error {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
}

/** Where an error happened. */
interface Happened {
  readonly node: ScalarNode;
  readonly text: string;
  /** Absent while the condition is compiled. */
  readonly scope: Scope | undefined;
  /** The names of all functions. */
  readonly functions: readonly string[];
}

/** Words for what cel-js says, with the place and what to write instead. */
export function explainCel(error: CelError, { node, text, scope, functions }: Happened): InputError {
  const start = error.range?.start ?? 0;
  const source = node.locate(start);
  const advice = conditionAdvice(text);
  if (error instanceof SlowPatternError)
    return InputError.of(`a pattern of this condition ${error.message}`, node.source, 'Take nested repetitions such as (a+)+ out of it.');
  const name = /Unknown variable: (\S+)/.exec(error.summary)?.[1];
  if (name !== undefined && scope)
    return advice === undefined && !isCompared(name, text)
      ? undefinedVariable(name, scope, source)
      : InputError.of(`undefined variable "${name}"`, source, advice ?? didYouMean(name, scope.names()) ?? `Put quotes around text: "${name}".`);
  const key = /No such key: (.*)/.exec(error.summary)?.[1];
  if (key !== undefined) return missingKey(key, text.slice(0, start), source, scope);
  return InputError.of(...explanation(error, source, advice, functions));
}

/** Whether `name` stands alone behind a comparison, as text does. */
function isCompared(name: string, text: string): boolean {
  return new RegExp(`[!=]=\\s*${name}\\s*$`).test(text);
}

/** @param before the condition up to the key. */
function missingKey(key: string, before: string, source: Source, scope: Scope | undefined): InputError {
  const path = /([A-Za-z_]\w*(?:\.\w+)*)\.$/.exec(before)?.[1];
  const near = path === undefined || !scope ? undefined : didYouMean(key, keysAt(path.split('.'), scope));
  const hint = near ?? 'Ask first whether it is there: has(a.b) && a.b == 1, or take another value instead: default(a.b, 1).';
  return InputError.of(`${path === undefined ? 'there is' : `"${path}" has`} no key "${key}"`, source, hint);
}

/** The keys of the mapping at a path; none where it is no mapping, or not known yet. */
function keysAt([first = '', ...rest]: readonly string[], scope: Scope): readonly string[] {
  try {
    let value = scope.get(first);
    for (const part of rest) value = isMapping(value) ? value[part] : undefined;
    return isMapping(value) ? Object.keys(value) : [];
  } catch (error) {
    if (error instanceof UnknownValue || error instanceof InputError) return [];
    throw error;
  }
}

type Explanation = [message: string, source: Source, hint: string | undefined];

function explanation(
  { name: kind, code, summary, message }: CelError,
  source: Source,
  advice: string | undefined,
  functions: readonly string[],
): Explanation {
  const [, receiver, name, types = ''] = /overload for '(?:([^'()]*)\.)?(\w+)\(([^']*)\)'/.exec(summary) ?? [];
  if (name !== undefined) {
    const isHelper = receiver !== undefined && helpers.has(name) && functions.includes(name);
    if (isHelper || !functions.includes(name))
      return [
        `there is no function "${name}"${isHelper ? ' that is called behind a dot' : ''}`,
        source,
        advice ?? instead(name, isHelper, types !== '', functions),
      ];
    return [`"${name}" does not take ${types === '' ? 'that' : typeNames(types)}`, source, advice];
  }
  const reserved = /Reserved identifier: (\w+)/.exec(summary)?.[1];
  if (reserved !== undefined) return [`"${reserved}" is a word of CEL's own`, source, `Write vars.${reserved} for the variable.`];
  const operation = /no such overload: (.*)/i.exec(summary)?.[1];
  if (operation !== undefined)
    return [
      `these do not go together: ${typeNames(operation)}`,
      source,
      advice ?? (typeNames(operation) === 'text in text' ? 'Write text.contains(part).' : 'Convert one side: int(text), string(number).'),
    ];
  if (code === 'invalid_macro_argument' && summary.startsWith('has('))
    return ['has() wants a field', source, 'Write has(vars.name) for a variable, has(a.b) for an entry.'];
  const isSyntax = kind === 'ParseError' || kind === 'TypeError';
  const what = plain(summary ?? message);
  return [
    isSyntax ? `this condition is no CEL: ${what}` : what,
    source,
    advice ?? (isSyntax ? 'Conditions are written in CEL: result.rc == 0 && !(name in ["a", "b"]).' : undefined),
  ];
}

/** What to write for a function that there is not. */
function instead(name: string, isHelper: boolean, hasMore: boolean, functions: readonly string[]): string | undefined {
  if (isHelper) return `Write ${name}(value${hasMore ? ', …' : ''}).`;
  if (name === 'lookup') return 'Values from outside are file("PATH"), env("NAME") and secret("NAME"); an entry is mapping[key].';
  const own = (helpers.get(name) ?? specialForms.get(name))?.inConditions;
  return own === undefined ? didYouMean(name, functions) : `In a condition: ${own}.`;
}

const tokens: Readonly<Record<string, string>> = {
  EOF: 'the end',
  LPAREN: '(',
  RPAREN: ')',
  LBRACE: '{',
  RBRACE: '}',
  LBRACKET: '[',
  RBRACKET: ']',
  COLON: ':',
  COMMA: ',',
  DOT: '.',
  IDENTIFIER: 'a name',
};

function plain(summary: string): string {
  return summary.replaceAll(/\b[A-Z]{3,}\b/g, (token) => tokens[token] ?? token).replace(/^./, (letter) => letter.toLowerCase());
}

const names: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a number',
  bigint: 'a number',
  number: 'a number',
  double: 'a number',
  bool: 'true or false',
  list: 'a list',
  map: 'a mapping',
  object: 'a mapping',
  null: 'nothing',
  null_type: 'nothing',
  dyn: 'a value',
};

/** A type of CEL in plain words. */
export function typeName(type: string): string {
  return names[type.replace(/<.*$/, '')] ?? type;
}

function typeNames(text: string): string {
  const inner = text.replaceAll(/dyn<([^<>]*)>/g, '$1');
  return inner.replaceAll(/\b(string|int|double|bool|list|map|null_type|null|dyn)\b(<[^()]*>)?/g, (_, type: string) => typeName(type));
}
