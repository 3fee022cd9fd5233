import { shortened } from './node.ts';
/** A sentence for a person who has never heard of YAML's grammar, what to do, and where. */
export interface YamlAdvice {
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

type Words = Omit<YamlAdvice, 'offset'>;

export const unquotedBraces: Words = {
  message: 'a value begins with {{ and is not quoted',
  hint: 'Put quotes around a value that begins with {{: key: "{{ name }}".',
};

const tab: Words = { message: 'a tab is used for indentation', hint: 'YAML wants spaces: replace each tab by two spaces.' };
const noPair: Words = {
  message: 'this line is neither "key: value" nor an item of a list',
  hint: 'Write a colon and a space between key and value.',
};

const itemAmongKeys: Words = {
  message: 'an item of a list stands among the keys of a mapping',
  hint: 'Indent it below the key that it belongs to, or write it as "key: value".',
};

const notIndented: Words = {
  message: 'this line is not indented like its neighbours',
  hint: 'Keys of one mapping, and items of one list, begin in the same column.',
};

const apostrophe: Words = {
  message: 'text after the end of a quoted value',
  hint: "Write '' for an apostrophe between single quotes, or put double quotes around the value.",
};

const noComma: Words = {
  message: 'a comma is missing before this, or a value holds a ": "',
  hint: 'Write {a: 1, b: 2}; put quotes around a value that holds a colon followed by a space.',
};

const byCode: Readonly<Record<string, Words>> = {
  TAB_AS_INDENT: tab,
  BAD_INDENT: notIndented,
  BAD_ALIAS: { message: 'an alias (*name) is written wrongly', hint: 'Put quotes around text that begins with *.' },
  BAD_DQ_ESCAPE: {
    message: 'unknown escape after a backslash in double quotes',
    hint: 'Write \\\\ for a backslash, or use single quotes, which take everything as it is.',
  },
  BAD_SCALAR_START: { message: 'text cannot begin with this character', hint: 'Put quotes around the value.' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second ": " on one line',
    hint: 'Put quotes around a value that holds a colon followed by a space: key: "a: b".',
  },
  BLOCK_IN_FLOW: {
    message: 'an indented mapping or list inside [ ] or { }',
    hint: 'Close the bracket first, or write everything in it on one line.',
  },
  KEY_OVER_1024_CHARS: { message: 'a key is longer than 1024 characters', hint: 'A closing quote may be missing above.' },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key stretches over several lines',
    hint: 'The colon and the space after a key are missing here or on the next line, or the lines are not indented alike.',
  },
  MULTIPLE_DOCS: {
    message: 'a second document (---) begins here',
    hint: 'One file holds one document: delete this line, or move the rest to another file.',
  },
  MULTIPLE_TAGS: { message: 'a value has two tags', hint: 'Keep one of them.' },
  MULTIPLE_ANCHORS: { message: 'a value has two anchors', hint: 'Keep one of them.' },
};

const byMessage: readonly (readonly [RegExp, Words])[] = [
  [/Sequence item without - indicator/, notIndented],
  [/Unexpected , in flow/, { message: 'a comma stands where a value should be', hint: 'Delete it, or write the value before it.' }],
  [/followed by map values|neither|missing space/i, noPair],
  [/Unexpected block-seq-ind on same line/, { message: 'a list begins on the line of its key', hint: 'Write the first "- " on the next line.' }],
  [/Unexpected flow-(seq|map)-end token/, { message: 'a bracket is closed that was not opened', hint: 'Delete it, or open it before.' }],
  [/Unexpected .* at node end/, { message: 'text after the end of a value', hint: 'Put quotes around the whole value, or write it on one line.' }],
  [/Block scalar header/, { message: 'text on the line of | or >', hint: 'Begin the text on the next line.' }],
  [/start with (directive|reserved)/, { message: 'a value cannot begin with @, ` or %', hint: 'Put quotes around the value.' }],
];

/**
 * Words for an error of the YAML parser.
 * @param code the parser's own code; `message` its text; `offset` where in `text` it happened.
 */
export function yamlAdvice(code: string, message: string, offset: number, text: string): YamlAdvice {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  const tabAt = /^ *\t/.exec(line);
  if (tabAt) return { ...tab, offset: lineStart + tabAt[0].length - 1 };
  // Unquoted braces are YAML's own syntax for a mapping, and what comes after them does not fit it.
  const braces = /(?::|-)\s+\{\{/.exec(line);
  if (braces) return { ...unquotedBraces, offset: lineStart + braces.index + braces[0].length - 2 };
  const quote = /closing (["'])quote/.exec(message)?.[1];
  if (quote !== undefined)
    return {
      message: 'a quote is not closed',
      hint: `Write ${quote} where the text ends.`,
      offset: Math.max(0, text.lastIndexOf(quote, offset - 1)),
    };
  const bracket = /and end with a ([\]}])/.exec(message)?.[1];
  if (bracket !== undefined)
    return {
      message: `a bracket is not closed`,
      hint: `Write ${bracket} where the ${bracket === ']' ? 'list' : 'mapping'} ends.`,
      offset: openBracket(text, offset, bracket === ']' ? '[' : '{'),
    };
  const item = /^ *- /.exec(line);
  const isSecondColon = /^ *- +[^"'[{]*?: +[^"'[{]*: /.test(line);
  if (item && !isSecondColon && /IMPLICIT_KEY/.test(code)) return { ...itemAmongKeys, offset: lineStart + item[0].length - 2 };
  if (/at node end/.test(message)) {
    // A line that begins here belongs to nothing above it.
    if (/^ *$/.test(text.slice(lineStart, offset))) return { ...notIndented, offset };
    if (text[offset - 1] === "'") return { ...apostrophe, offset };
  }
  if (code === 'BLOCK_IN_FLOW' && /^[^\n,[\]{}]*: /.test(text.slice(offset))) return { ...noComma, offset };
  const words = byMessage.find(([pattern]) => pattern.test(message))?.[1] ?? byCode[code];
  return {
    ...(words ?? {
      message: `this is not valid YAML: ${plainMessage(message)}`,
      hint: 'Compare the line, its quotes and its indentation with the lines around it.',
    }),
    offset,
  };
}

function openBracket(text: string, offset: number, bracket: string): number {
  const at = text.lastIndexOf(bracket, offset);
  return at < 0 ? offset : at;
}

/** The parser's messages may quote the file. */
const maxMessage = 120;

function plainMessage(message: string): string {
  const first = message.split('\n')[0] ?? '';
  return shortened(
    first.replace(/ at line \d+, column \d+:?$/, '').replace(/^./, (letter) => letter.toLowerCase()),
    maxMessage,
  );
}

/** More levels than anything needs; the parser's own recursion ends the whole process at about a thousand. */
const maxDepth = 250;

/** The offset at which brackets, dashes of lists or indentation go deeper than any sane file; undefined when they do not. Looks at characters alone. */
export function tooDeep(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > maxDepth) return at;
  }
  const line = new RegExp(`^(?:[ ]*[-?] ){${maxDepth}}|^ {${2 * maxDepth}}`, 'm').exec(text);
  return line?.index;
}

export const nestedTooDeep: Words = {
  message: 'the values are nested too deep',
  hint: `Nothing needs more than ${maxDepth} levels: look for a bracket that is never closed.`,
};

/** Characters that no text file holds, and that Python's YAML reader refuses: control characters other than tab and line ends. */
export function strayCharacter(text: string): number | undefined {
  const at = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u0084\u0086-\u009f\ufffe\uffff]/);
  return at < 0 ? undefined : at;
}
