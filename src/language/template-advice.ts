import { helpers } from './helpers.ts';

/** What `user` is where nothing has that name: Synapse's, in the templates that it fills in when somebody logs in. */
export const templateOfOthers = 'A template that Synapse shall fill in is marked !unsafe, and its braces stay: !unsafe "{{ user.name }}".';

/** Words for a mistake in a template, and where it is. */
export interface TemplateAdvice {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}

/**
 * Explains a syntax error of Handlebars' parser; what Jinja and plain JavaScript would allow gets the right way to write it.
 * @param message the parser's message, with the piece of text and a caret below it. @param known its place, where the parser tells.
 */
export function adviceForSyntax(text: string, message: string, known: number | undefined): TemplateAdvice {
  const mismatch = /^(\S+) doesn't match (\S+)/.exec(message);
  if (mismatch && known !== undefined)
    return { message: `the block {{#${mismatch[1]}}} is closed by {{/${mismatch[2]}}}`, offset: known, hint: `Close it with {{/${mismatch[1]}}}.` };
  if (message.startsWith('Invalid path'))
    return { message: `"${message.replace(/^Invalid path: (.*) - .*$/, '$1')}" is no path`, offset: known ?? 0, hint: 'Write ../name or a.b.c.' };
  if (/got 'EOF'/.test(message) || text.lastIndexOf('}}') < text.lastIndexOf('{{')) return unclosed(text);
  const offset = known ?? caretOffset(text, message);
  if (/^(\{\{~?)?\{?\{?(else|\^)/.test(text.slice(offset)) || /got '(INVERSE|OPEN_INVERSE\w*)'/.test(message))
    return { message: '{{else}} stands outside of a block', offset, hint: 'Open one before it: {{#if name}}.' };
  if (/got 'OPEN_ENDBLOCK'/.test(message))
    return { message: 'a block is closed that was not opened', offset, hint: 'Open it before with {{#if name}}, or delete this.' };
  const expression = expressionAt(text, offset);
  if (expression === '')
    return { message: 'an expression is empty', offset: Math.max(0, text.lastIndexOf('{{', offset)), hint: 'Write a name: {{ name }}.' };
  const hint = expression.startsWith('user.') ? templateOfOthers : jinjaHint(expression);
  return {
    message: `this is no expression of Handlebars: ${expression}`,
    offset: skipSpace(text, offset),
    hint: hint ?? 'Write {{ name }}, {{ a.b }} or {{ helper a "b" }}.',
  };
}

/** A hint for `{{ name word … }}` where name is no helper: Jinja's inline operators parse as a call. */
export function adviceForUnknownHelper(name: string, words: readonly string[]): string | undefined {
  if (name === '-') return `White space is taken away by {{~ … ~}}: {{~ ${words.filter((word) => word !== '-').join(' ') || 'name'} ~}}.`;
  if (words[0] === 'if' && words.includes('else')) return `Write {{ if ${words[1]} ${name} ${words.at(-1) || '"…"'} }}.`;
  if (words[0] === 'is' && words.includes('defined')) return `Write (defined ${name}).`;
  if (words[0] === 'and' || words[0] === 'or') return `Write (${words[0]} ${name} ${words[1] ?? ''}).`;
  return undefined;
}

/** What a filter of Jinja or Ansible is as a call of a helper, where the names differ, or the arguments; undefined where no helper does that. */
type Renamed = (value: string, args: string) => string | undefined;

const filters: ReadonlyMap<string, Renamed> = new Map<string, Renamed>([
  ['default', (value, args) => `default ${value} ${withoutFlag(args)}`],
  ['d', (value, args) => `default ${value} ${withoutFlag(args)}`],
  ['count', (value) => `length ${value}`],
  ['float', (value) => `double ${value}`],
  ['to_json', (value) => `json ${value}`],
  ['to_nice_json', (value) => `json ${value}`],
  ['to_yaml', (value) => `yaml ${value}`],
  ['to_nice_yaml', (value) => `yaml ${value}`],
  ['combine', (value, args) => `merge ${value} ${args}`],
  ['map', (value, args) => (args.startsWith('attribute=') ? `pluck ${value} ${args.replace('attribute=', '')}` : undefined)],
  ['selectattr', (value, args) => comparedWith('where', value, args)],
  ['rejectattr', (value, args) => comparedWith('where_not', value, args)],
  ['ternary', (value, args) => `if ${value} ${args}`],
  ['hash', (value, args) => `${args.includes('512') ? 'sha512' : 'sha256'} ${value}`],
  ['password_hash', (value) => `password_hash ${value} "SALT"`],
]);

/** `default('x', true)` takes the other value for empty ones too. */
function withoutFlag(args: string): string {
  return args.replace(/\s(?:boolean=)?true$/i, '');
}

/** A helper compares with one value, and knows no other test. */
function comparedWith(helper: string, value: string, args: string): string | undefined {
  const [key = '', test, ...others] = args.split(' ');
  if (test === undefined) return `${helper} ${value} ${key}`;
  return /^["'](?:equalto|eq|==)["']$/.test(test) ? `${helper} ${value} ${key} ${others.join(' ')}` : undefined;
}

function filterCall(filter: string, value: string, args: string): string | undefined {
  const renamed = filters.get(filter);
  if (renamed) return renamed(value, args);
  return helpers.has(filter) ? `${filter} ${value} ${args}` : undefined;
}

const lookupCall = /(?:lookup|query|q)\(\s*['"](?:ansible\.builtin\.)?([\w.]+)['"]\s*(?:,\s*(['"][^'"]*['"]|[\w.]+))?/;

/** What to write for the value that filters follow: a lookup of Jinja is a call here. */
function innermost(value: string): string {
  const [, kind = '', name] = lookupCall.exec(value) ?? [];
  if (name !== undefined && isOutside(kind)) return `(${kind} ${name})`;
  return /\s/.test(value) ? `(${value})` : value;
}

/** What to write for a value and its filters: the first is innermost. */
function filtersHint(expression: string): string {
  const [value = '', ...rest] = (expression.match(/(?:'[^']*'|"[^"]*"|\([^)]*\)|[^|])+/g) ?? []).map((part) => part.trim());
  const calls = rest.map((filter) => /^(\w+)(?:\((.*)\))?$/s.exec(filter));
  if (value === '' || calls.length === 0 || calls.includes(null))
    return 'Handlebars has no filters: a helper stands before its values, as in {{ default a "b" }}.';
  let written = innermost(value);
  // A list needs no filter to be one.
  for (const [, filter = '', args] of calls.filter((call) => call !== null && call[1] !== 'list') as RegExpExecArray[]) {
    if (args?.trim() === 'omit') return `Leave the parameter out of one of two tasks: there is no omit in braces.`;
    const call = filterCall(filter, written, spaced(args));
    if (call === undefined)
      return `Handlebars has no filters, and no helper does what "${filter}" does. There are: ${[...helpers.keys()].sort().join(', ')}.`;
    written = `(${call.trim()})`;
  }
  return `Handlebars has no filters: write {{ ${written.replace(/^\((.*)\)$/s, '$1')} }}.`;
}

function isOutside(kind: string): boolean {
  return ['env', 'file', 'secret'].includes(kind);
}

/** What to write for a lookup of Ansible. */
function lookupHint(kind: string, name: string | undefined): string {
  if (isOutside(kind)) return `Write {{ ${kind} ${name ?? '"NAME"'} }}.`;
  if (kind === 'password') return 'Make one with homerun secret set NAME --generate, and write {{ secret "NAME" }}.';
  if (kind === 'template') return 'Write the module template with src.';
  if (kind === 'pipe') return 'Write command with register for the output of a command.';
  if (kind === 'inventory_hostnames') return 'Write groups.NAME, or groups.all.';
  return `There is no lookup of ${kind}: values from outside are {{ file "PATH" }}, {{ env "NAME" }} and {{ secret "NAME" }}.`;
}

const jinja: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [lookupCall, ([, kind = '', name]) => lookupHint(kind, name)],
  [/\brange\(/, () => 'Write the numbers: [1, 2, 3].'],
  [/\[\s*-1\s*\]/, () => 'Write {{ last LIST }}.'],
  [
    /(\w[\w.]*)((?:\[\s*(?:['"][\w-]+['"]|\d+)\s*\])+)/,
    ([, name, keys]) =>
      `Write ${name}${[...(keys ?? '').matchAll(/[\w-]+/g)].map(([key]) => (/^[a-z_]\w*$/i.test(key) ? `.${key}` : `.[${key}]`)).join('')}.`,
  ],
  [/(\w[\w.]*)\[\s*(\w+)\s*\]/, ([, name, key]) => `Write (lookup ${name} ${key}).`],
  [/(\w[\w.]*)\.(\d+)(?![\w.])/, ([, name, index]) => `Write ${name}.[${index}].`],
  [/(\w[\w.]*)\.(\w+)\(([^)]*)\)/, ([, name, method, args]) => `There are no methods: write {{ ${method} ${name} ${spaced(args)} }}.`],
  [/(\S+)\s*==\s*(\S+)/, ([, a, b]) => `Write (eq ${a} ${b}).`],
  [/(\S+)\s*!=\s*(\S+)/, ([, a, b]) => `Write (ne ${a} ${b}).`],
  [/(\S+)\s*[~+]\s*(\S+)/, ([, a, b]) => `Write ${a} and ${b} one after the other, each in braces; for numbers (add ${a} ${b}).`],
  [/(\w+)\(([^)]*)\)/, ([, name, args]) => `A helper is called without parentheses: {{ ${name} ${spaced(args)} }}.`],
];

/** Arguments with spaces between instead of commas; a comma in quotes stays. */
function spaced(args: string | undefined): string {
  return (args?.match(/'[^']*'|"[^"]*"|[^\s,]+/g) ?? []).join(' ');
}

function jinjaHint(expression: string): string | undefined {
  const kind = lookupCall.exec(expression)?.[1];
  // A lookup that there is not is what is wrong, whatever filters follow.
  const isFiltered = expression.includes('|') && (kind === undefined || isOutside(kind));
  if (isFiltered) return filtersHint(expression);
  if ((expression.match(/\(/g) ?? []).length !== (expression.match(/\)/g) ?? []).length) return 'A parenthesis is opened or closed alone.';
  for (const [pattern, words] of jinja) {
    const match = pattern.exec(expression);
    if (match) return words(match).replaceAll(/\s+/g, ' ');
  }
  return undefined;
}

/** The text between the braces that `offset` is in. */
function expressionAt(text: string, offset: number): string {
  const open = text.lastIndexOf('{{', Math.max(offset, 0));
  if (open < 0) return '';
  const close = text.indexOf('}}', open);
  return text
    .slice(open + 2, close < 0 ? undefined : close)
    .trim()
    .slice(0, 80);
}

function skipSpace(text: string, offset: number): number {
  return offset + (/^\s*/.exec(text.slice(offset))?.[0].length ?? 0);
}

/** Where the parser's message points to: it shows a piece of the text without newlines, and a caret below it. */
function caretOffset(text: string, message: string): number {
  const [, shown = '', caret = ''] = message.split('\n');
  const line = Number(/line (\d+)/.exec(message)?.[1] ?? 1);
  const isCut = shown.startsWith('...');
  const before = shown.slice(isCut ? 3 : 0, caret.length - 1);
  const kept = [...text.matchAll(/[^\n]/g)].map(({ index }) => index);
  if (before === '') return kept[0] ?? 0;
  const flat = kept.map((index) => text[index]).join('');
  let found = text
    .split('\n')
    .slice(0, line - 1)
    .join('\n').length;
  for (let at = flat.indexOf(before); at >= 0; at = flat.indexOf(before, at + 1)) {
    const offset = kept[at + before.length] ?? text.length;
    if (text.slice(0, offset).split('\n').length > line) break;
    found = offset;
  }
  return found;
}

/** The last block or pair of braces that is open at the end. */
function unclosed(text: string): TemplateAdvice {
  const open: { readonly name: string; readonly offset: number }[] = [];
  for (const match of text.matchAll(/\{\{~?([#^/])\s*([\w.-]+)?/g)) {
    if (match[1] === '/') open.pop();
    else if (match[2] !== undefined) open.push({ name: match[2], offset: match.index });
  }
  const last = open.at(-1);
  if (last) return { message: `the block {{#${last.name}}} is never closed`, offset: last.offset, hint: `Write {{/${last.name}}} where it ends.` };
  return { message: 'an expression is never closed', offset: Math.max(0, text.lastIndexOf('{{')), hint: 'Write }} where it ends.' };
}
