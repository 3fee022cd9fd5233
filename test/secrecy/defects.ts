import { type Defect, showDefects, type TestChoice } from '../defects.ts';

// `node build/test/secrecy/defects.js [WORDS]`: mistakes in what keeps secrets, and that each turns a test red.

const encodings: TestChoice = { file: 'secrecy/encodings' };
const type: TestChoice = { file: 'secrecy/secret' };
const born: TestChoice = { file: 'secrecy/born', match: 'copy ›' };
/** Takes minutes: a homeserver is made, and looked at. */
const surfaces: TestChoice = { file: 'e2e/secrecy', match: 'none of 30 surfaces' };
const store: TestChoice = { file: 'cli/secret-store' };

export const secrecyDefects: readonly Defect[] = [
  {
    what: 'JSON shows a secret',
    file: 'values/secret',
    from: 'toJSON() {\n        return mask;',
    to: 'toJSON() {\n        return this.#text;',
    test: type,
  },
  {
    what: 'text shows a secret',
    file: 'values/secret',
    from: 'toString() {\n        return mask;',
    to: 'toString() {\n        return this.#text;',
    test: type,
  },
  {
    what: 'a debugger shows a secret',
    file: 'values/secret',
    from: '[inspect.custom]() {\n        return mask;',
    to: '[inspect.custom]() {\n        return this.#text;',
    test: type,
  },
  {
    what: 'the text of a secret is a property like others',
    file: 'values/secret',
    from: 'this.#text = text;',
    to: 'this.#text = text; this.text = text;',
    test: type,
  },
  {
    what: 'what a helper makes of a secret is none',
    file: 'language/template-evaluate',
    from: 'isMade ? this.#sealed(result) : result',
    to: 'result',
    test: type,
  },
  {
    what: 'a template that a secret goes into is none',
    file: 'language/template-evaluate',
    from: 'this.sawSecret = true;\n            return value.reveal();',
    to: 'return value.reveal();',
    test: type,
  },
  {
    what: 'a secret can be a word of a command',
    file: 'values/command',
    from: 'if (text instanceof Secret)',
    to: 'if (text instanceof Secret) text = text.reveal(); if (false)',
    test: type,
  },
  { what: 'of base64 only what stands at the beginning is hidden', file: 'values/encodings', from: '[0, 1, 2].map', to: '[0].map', test: encodings },
  {
    what: 'base64 of addresses is not hidden',
    file: 'values/encodings',
    from: "one.replaceAll('+', '-').replaceAll('/', '_')",
    to: 'one',
    test: encodings,
  },
  {
    what: 'hexadecimal in capitals is not hidden',
    file: 'values/encodings',
    from: "...eitherCase(bytes.toString('hex')),",
    to: "bytes.toString('hex'),",
    test: encodings,
  },
  {
    what: 'JSON in JSON is not hidden',
    file: 'values/encodings',
    from: 'flatMap((one) => [one, inJson(one)])',
    to: 'flatMap((one) => [one])',
    test: encodings,
  },
  { what: 'HTML is not hidden', file: 'values/encodings', from: '...inXml(text),', to: '', test: encodings },
  { what: 'quotes of shells are not hidden', file: 'values/encodings', from: '...inQuotes(text),', to: '', test: encodings },
  { what: 'escapes of C are not hidden', file: 'values/encodings', from: '...escaped(text),', to: '', test: encodings },
  { what: 'URLs are not hidden', file: 'values/encodings', from: '...percent(text),', to: '', test: encodings },
  { what: 'UTF-16 is not hidden', file: 'values/encodings', from: "text.split('').join('\\0'),", to: '', test: encodings },
  {
    what: 'what is broken into lines is not hidden',
    file: 'values/redact',
    from: 'for (const [gap, stood] of gaps)',
    to: 'for (const [gap, stood] of [])',
    test: encodings,
  },
  { what: 'of two secrets that overlap one stays', file: 'values/redact', from: 'end = Math.max(end, to);', to: 'end = to;', test: encodings },
  {
    what: 'the shorter of two that begin alike is hidden',
    file: 'values/redact',
    from: '.sort((a, b) => b.length - a.length)',
    to: '.sort((a, b) => a.length - b.length)',
    test: encodings,
  },
  { what: 'lines of a secret of several are not hidden', file: 'engine/mask', from: '...(lines.length > 1 ? lines : []),', to: '', test: encodings },
  {
    what: 'texts in a secret that is JSON are not hidden',
    file: 'engine/mask',
    from: '...(/^\\s*[{[]/.test(text) ? textsInJson(text) : [])',
    to: '',
    test: encodings,
  },
  { what: 'the cause of an error shows it', file: 'engine/mask', from: 'if (cause !== undefined)', to: 'if (false)', test: encodings },
  { what: 'a stack shows it', file: 'engine/mask', from: 'if (stack !== undefined)', to: 'if (false)', test: encodings },
  {
    what: 'a file is born as the umask of the host is',
    file: 'modules/support/write-file',
    from: 'umask 077\n${temporary}',
    to: '${temporary}',
    test: born,
  },
  {
    what: 'content is put into a script',
    file: 'modules/support/write-file',
    from: 'isHostFile(content) ? `${content.sha256}\\n` : withDigestBefore(content) };',
    to: 'withDigestBefore(content), ...{ script: `${script}\\n# ${content.reveal?.()}` } };',
    test: born,
  },
  {
    what: 'the last of two changes at once wins',
    file: 'cli/secret-store',
    from: 'if (readText(file) !== text)',
    to: 'if (false)',
    test: { ...store, match: 'at once' },
  },
  {
    what: 'what others have changed meanwhile is lost',
    file: 'cli/secret-edit',
    from: 'our === before || isConflict ? their : our',
    to: 'our',
    test: { ...store, match: 'merging keeps' },
  },
  {
    what: 'a crash leaves the file of the editor',
    file: 'cli/secret-edit',
    from: ', io.onCrash(remove)]',
    to: ']',
    test: { ...store, match: 'crash' },
  },
  {
    what: 'what a killed one has left stays',
    file: 'cli/secret-edit',
    from: 'sweep(place);',
    to: '',
    test: { ...store, match: 'process was killed' },
  },
  {
    what: 'any passphrase will do',
    file: 'cli/passphrase',
    from: '< shortestPassphrase',
    to: '< 1',
    test: { ...store, match: 'a short passphrase' },
  },
  {
    what: 'others may read the passphrase',
    file: 'cli/passphrase',
    from: '(mode & othersBits) !== 0',
    to: 'false',
    test: { ...store, match: 'others can read' },
  },
  {
    what: 'what a crash says is not hidden',
    file: 'cli/program',
    from: 'explain(masker.error(error), io',
    to: 'explain(error, io',
    test: { file: 'secrecy/crash' },
  },
  {
    what: 'events go out to reports and saved runs as they are',
    file: 'engine/run',
    from: 'emit(maskedEvent(event, masker))',
    to: 'emit(event)',
    test: surfaces,
  },
  {
    what: 'the masker passes by what programs print: in reports and in saved runs',
    file: 'engine/masked-event',
    from: 'plain.has(key)',
    to: "plain.has(key) || key === 'output'",
    test: surfaces,
  },
  {
    what: 'what is on record of a run is not masked',
    file: 'engine/converge',
    from: "run.masker.text(all.flatMap(({ changes }) => changes.map((one) => one.summary)).join(', '))",
    to: "all.flatMap(({ changes }) => changes.map((one) => one.summary)).join(', ')",
    test: surfaces,
  },
];

if (process.argv[1] === import.meta.filename) process.exitCode = showDefects(secrecyDefects, process.argv[2]);
