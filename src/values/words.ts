import { TaskError } from './errors.ts';

/**
 * The words of a command line as a POSIX shell reads them, quotes and backslashes removed, nothing expanded (XCU 2.2).
 * @throws TaskError for a quote that is not closed.
 */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'") {
      const end = line.indexOf("'", index + 1);
      if (end < 0) throw unclosed(line, "'");
      word = (word ?? '') + line.slice(index + 1, end);
      index = end;
    } else if (character === '"') {
      const [text, end] = doubleQuoted(line, index + 1);
      word = (word ?? '') + text;
      index = end;
    } else if (character === '\\' && index + 1 < line.length) {
      word = (word ?? '') + line.charAt(index + 1);
      index += 1;
    } else word = (word ?? '') + character;
  }
  return word === undefined ? words : [...words, word];
}

function doubleQuoted(line: string, start: number): readonly [text: string, end: number] {
  let text = '';
  for (let index = start; index < line.length; index++) {
    const character = line.charAt(index);
    if (character === '"') return [text, index];
    if (character === '\\' && '"\\$`'.includes(line.charAt(index + 1))) {
      text += line.charAt(index + 1);
      index += 1;
    } else text += character;
  }
  throw unclosed(line, '"');
}

function unclosed(line: string, quote: string): TaskError {
  return new TaskError(`the command has a ${quote} that is not closed: ${line}`, 'Close it, or write the command as a list under argv.');
}
