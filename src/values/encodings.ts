/** Bytes. */
const shortest = 4;

/**
 * How programs write `text` where they print, log or pass it on: base64 wherever it stands in what is encoded, hexadecimal, URLs, JSON, XML, the quotes of
 * shells, YAML and SQL, escapes of C. The text itself comes first; each form once, and none so short that it would be found in anything.
 */
export function encodingsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const json = inJson(text);
  const forms = [
    text,
    ...[text, json].flatMap((one) => [one, inJson(one)]),
    ...asciiJson(json),
    ...percent(text),
    ...base64(bytes),
    ...eitherCase(bytes.toString('hex')),
    ...[':', ' '].flatMap((between) => eitherCase(bytes.toString('hex').replaceAll(/..(?=.)/g, `$&${between}`))),
    ...eitherCase(bytes.toString('hex').replaceAll(/../g, '%$&')),
    quotedPrintable(bytes),
    ...eitherCase(bytes.toString('hex').replaceAll(/../g, '\\x$&'), '\\X'),
    [...bytes].map((byte) => `\\${octal(byte)}`).join(''),
    ...inQuotes(text),
    ...escaped(text),
    ...inXml(text),
    // UTF-16, read as bytes.
    text.split('').join('\0'),
  ];
  return [...new Set(forms)].filter((form) => form === text || Buffer.byteLength(form) >= shortest);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As PHP, Go, Gson and Python write it: each leaves other characters as they are. */
function asciiJson(json: string): readonly string[] {
  const slashed = json.replaceAll('/', '\\/');
  const escaped = [/[<>&]/g, /[<>&=']/g, /[^ -~]/g, /[^ -~]|[<>&]/g, /[^ -~]|[<>&=']/g];
  const all = [json, slashed].flatMap((one) => [one, ...escaped.map((which) => one.replaceAll(which, unicode))]);
  return [...all, inJson(json.replaceAll(/[^ -~]/g, unicode))];
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function octal(byte: number): string {
  return byte.toString(8).padStart(3, '0');
}

/** Lower case, and upper case but for what marks an escape. */
function eitherCase(text: string, mark?: string): readonly string[] {
  const upper = text.toUpperCase();
  return [text, mark === undefined ? upper : upper.replaceAll(mark, mark.toLowerCase())];
}

/** RFC 2045, 6.7; its soft line breaks are seen to where text is searched. */
function quotedPrintable(bytes: Buffer): string {
  const isPlain = (byte: number) => byte === 9 || (byte >= 32 && byte < 127 && byte !== 61);
  return [...bytes].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `=${byte.toString(16).padStart(2, '0').toUpperCase()}`)).join('');
}

/** By what a program leaves as it is: of most punctuation opinions differ. */
function percent(text: string): readonly string[] {
  // What is no Unicode (half a pair) becomes U+FFFD, as in bytes.
  const component = encodeURIComponent(Buffer.from(text).toString());
  const strict = component.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ a: text }).toString().slice(2);
  const all = [component, strict, strict.replaceAll('%20', '+'), form, component.replaceAll('%2F', '/'), encodeURI(Buffer.from(text).toString())];
  return all.flatMap((one) => [one, one.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

/** For each of the three places in a group of three bytes: the characters that do not depend on what stands before and behind. */
function base64(bytes: Buffer): readonly string[] {
  const within = [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return whole.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3));
  });
  // Alone it also has its last characters.
  const all = [bytes.toString('base64').replace(/=+$/, ''), ...within].filter((one) => one.length >= 6);
  return all.flatMap((one) => [one, one.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** Within the quotes of sh, YAML and SQL. */
function inQuotes(text: string): readonly string[] {
  const backslashed = text.replaceAll(/[^A-Za-z0-9_@%+=:,./\u0080-\uffff\n-]/g, '\\$&');
  return [
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll("'", "''"),
    text.replaceAll('"', '""'),
    text.replaceAll(/[\\"$`]/g, '\\$&'),
    text.replaceAll(/[\\"]/g, '\\$&'),
    text.replaceAll('\\', '\\\\'),
    backslashed,
    backslashed.replaceAll('\n', "$'\\n'"),
  ];
}

const named: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' };

/** As C, bash ($'…'), Python and the logs of servers write what is not plain ASCII, byte by byte or only where it cannot be shown. */
function escaped(text: string): readonly string[] {
  const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`;
  const upperHex = (byte: number) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  const byOctal = (byte: number) => `\\${octal(byte)}`;
  const write = (isPlain: (byte: number) => boolean, code: (byte: number) => string, quoted: string): string =>
    [...Buffer.from(text)]
      .map((byte) => {
        const character = String.fromCharCode(byte);
        if (quoted.includes(character)) return `\\${character}`;
        return isPlain(byte) ? character : code(byte);
      })
      .join('');
  const isAscii = (byte: number) => byte >= 32 && byte < 127;
  const orNamed = (code: (byte: number) => string) => (byte: number) => named[byte] ?? code(byte);
  const controls = text.replaceAll(/\p{Cc}/gu, (one) => named[one.charCodeAt(0)] ?? byOctal(one.charCodeAt(0)));
  return [
    ...[byOctal, orNamed(byOctal), hex, orNamed(hex)].flatMap((code) => ['\\', "\\'", '\\"'].map((quoted) => write(isAscii, code, quoted))),
    // nginx: its quotes and backslashes too.
    write((byte) => isAscii(byte) && byte !== 34 && byte !== 92, upperHex, ''),
    controls.replaceAll("'", "\\'"),
    controls,
    // rsyslog.
    text.replaceAll(/\p{Cc}/gu, (one) => `#${octal(one.charCodeAt(0))}`),
  ];
}

function inXml(text: string): readonly string[] {
  const bare = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const double = [bare, bare.replaceAll('"', '&quot;'), bare.replaceAll('"', '&#34;')];
  return double.flatMap((one) => [one, one.replaceAll("'", '&#39;'), one.replaceAll("'", '&#x27;'), one.replaceAll("'", '&apos;')]);
}
