/** A sentence for a person who has never heard of YAML's grammar, and what to do. */
export interface YamlAdvice {
  readonly message: string;
  readonly hint?: string;
}

const quoteBraces = 'Put quotes around a value that begins with {{: key: "{{ name }}".';

const byCode: Readonly<Record<string, YamlAdvice>> = {
  TAB_AS_INDENT: { message: 'a tab is used for indentation', hint: 'YAML wants spaces: replace each tab by two spaces.' },
  BAD_INDENT: {
    message: 'this line is not indented like its neighbours',
    hint: 'Keys of one mapping, and items of one list, begin in the same column.',
  },
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
    hint: 'A colon after the key is missing on this line or the one above, or a quote is not closed.',
  },
  MULTIPLE_DOCS: {
    message: 'a second document (---) begins here',
    hint: 'One file holds one document: delete this line, or move the rest to another file.',
  },
  MULTIPLE_TAGS: { message: 'a value has two tags', hint: 'Keep one of them.' },
  MULTIPLE_ANCHORS: { message: 'a value has two anchors', hint: 'Keep one of them.' },
  RESOURCE_EXHAUSTION: {
    message: 'the values are nested too deep',
    hint: 'Nothing needs more than a few dozen levels: look for a bracket that is never closed.',
  },
};

/**
 * Words for an error of the YAML parser.
 * @param code the parser's own code; `message` its text; `line` the line of the file where it happened.
 */
export function yamlAdvice(code: string, message: string, line: string): YamlAdvice {
  // Unquoted braces are YAML's own syntax for a mapping, and what comes after them does not fit it.
  if (/(:|-)\s+\{\{/.test(line)) return { message: 'a value begins with {{ and is not quoted', hint: quoteBraces };
  if (code === 'MISSING_CHAR' && /closing ("|')?quote/i.test(message))
    return { message: 'a quote is not closed', hint: 'Add the closing quote, or double a single quote inside single quotes.' };
  if (code === 'BAD_SCALAR_START' && /^\s*(- )?[^#]*:\s+[@`%]/.test(line))
    return { message: 'a value cannot begin with @, ` or %', hint: 'Put quotes around the value.' };
  if (/missing space after ':'|mapping values|implicit map keys need to be followed/i.test(message)) {
    return { message: 'this line is neither "key: value" nor an item of a list', hint: 'Write a colon and a space between key and value.' };
  }
  return (
    byCode[code] ?? {
      message: `this is not valid YAML: ${plainMessage(message)}`,
      hint: 'Compare the line, its quotes and its indentation with the lines around it.',
    }
  );
}

export const unquotedBraces: YamlAdvice = { message: 'a value begins with {{ and is not quoted', hint: quoteBraces };

function plainMessage(message: string): string {
  const first = message.split('\n')[0] ?? '';
  return first.replace(/ at line \d+, column \d+:?$/, '').replace(/^./, (letter) => letter.toLowerCase());
}
