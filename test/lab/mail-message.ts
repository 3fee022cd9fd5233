// Reads mails as a mail program does: folded and encoded headers, parts in Base64 and quoted-printable (RFC 5322, 2045 and 2047).

/** A mail, or a part of one. */
export interface Message {
  /** Decoded, by name in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  /** As it was sent, by name in small letters; folding undone. */
  readonly rawHeaders: ReadonlyMap<string, string>;
  /** Of a part without parts: its text. */
  readonly text: string;
  readonly parts: readonly Message[];
}

/** @param source the mail, a character for each byte. */
export function readMessage(source: string): Message {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const rawHeaders = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const headers = new Map([...rawHeaders].map(([name, value]) => [name, decodedWords(value)]));
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get('content-type') ?? '')?.[1];
  if (boundary === undefined) return { headers, rawHeaders, text: decodedBody(body, headers.get('content-transfer-encoding') ?? ''), parts: [] };
  const between = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1);
  return { headers, rawHeaders, text: '', parts: between.map((part) => readMessage(part.replace(/^[ \t]*\r\n/, ''))) };
}

/** The text of the first part of that type. @throws Error when there is none. */
export function textOf(message: Message, type: 'text/plain' | 'text/html'): string {
  const found = [message, ...message.parts].find(({ headers }) => headers.get('content-type')?.startsWith(type));
  if (!found) throw new Error(`the mail has no part of type ${type}`);
  return found.text;
}

function decodedWords(value: string): string {
  return value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, encoding: string, text: string) =>
      encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString() : decodedQuoted(text.replaceAll('_', ' ')),
    );
}

function decodedBody(body: string, encoding: string): string {
  if (encoding.toLowerCase() === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding.toLowerCase() === 'quoted-printable') return decodedQuoted(body.replaceAll(/=\r\n/g, ''));
  return Buffer.from(body, 'latin1').toString();
}

function decodedQuoted(text: string): string {
  const bytes = text.replaceAll(/=([0-9A-F]{2})/gi, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
