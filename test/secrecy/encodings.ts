// A secret as it may turn up where nobody looks for it. Written for itself: what homerun hides by must not be what it is looked for by.

interface Encoding {
  readonly name: string;
  /** Each is looked for as it is. */
  readonly forms: (secret: string) => readonly string[];
  /** Line ends and blanks may part it. */
  readonly isParted?: true;
}

/** The 14 ways in which a secret is looked for. */
export const encodings: readonly Encoding[] = [
  { name: 'plain', forms: (secret) => [secret] },
  { name: 'base64', forms: (secret) => [0, 1, 2].map((offset) => base64Within(secret, offset)) },
  { name: 'base64url', forms: (secret) => [0, 1, 2].map((offset) => base64Within(secret, offset).replaceAll('+', '-').replaceAll('/', '_')) },
  { name: 'base64 in lines', forms: (secret) => [0, 1, 2].map((offset) => base64Within(secret, offset)), isParted: true },
  { name: 'hexadecimal', forms: (secret) => [hex(secret), hex(secret).replaceAll(/../g, '\\x$&')] },
  { name: 'hexadecimal in capitals', forms: (secret) => [hex(secret).toUpperCase(), hex(secret).toUpperCase().replaceAll(/../g, '\\x$&')] },
  { name: 'percent signs', forms: (secret) => [encodeURIComponent(secret), new URLSearchParams({ a: secret }).toString().slice(2)] },
  { name: 'JSON', forms: (secret) => [json(secret)] },
  { name: 'JSON in JSON', forms: (secret) => [json(json(secret))] },
  { name: 'quotes of a shell', forms: (secret) => [secret.replaceAll("'", "'\\''"), secret.replaceAll(/["$`\\]/g, (one) => `\\${one}`)] },
  { name: 'escapes of C', forms: (secret) => [cEscaped(secret), octal(secret), secret.replaceAll('\\', '\\\\')] },
  { name: 'quotes of YAML and SQL', forms: (secret) => [secret.replaceAll("'", "''")] },
  { name: 'HTML', forms: (secret) => [html(secret), html(secret).replaceAll('"', '&quot;').replaceAll("'", '&#39;')] },
  { name: 'UTF-16', forms: (secret) => [secret.split('').join('\0')] },
];

/** What base64 makes of the secret where `offset` bytes (modulo three) stand before it, whatever these are and what follows. */
function base64Within(secret: string, offset: number): string {
  const bytes = Buffer.from(secret);
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return whole.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3));
}

function hex(secret: string): string {
  return Buffer.from(secret).toString('hex');
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function octal(secret: string): string {
  return [...Buffer.from(secret)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

const named: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r' };

/** As `$'…'` of bash in the locale C. */
function cEscaped(secret: string): string {
  return [...Buffer.from(secret)]
    .map((byte) => {
      const name = named[byte];
      if (name !== undefined) return name;
      if (byte === 39 || byte === 92) return `\\${String.fromCharCode(byte)}`;
      return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}

function html(secret: string): string {
  return secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A text that must not be found, by what it is called. */
export type Canaries = Readonly<Record<string, string>>;

/** Shorter forms are found in anything. */
const shortest = 3;

/** Each canary that stands in `text`, with how it is written there: `name, JSON`. */
export function betrayed(text: string, canaries: Canaries): readonly string[] {
  let joined: string | undefined;
  return Object.entries(canaries).flatMap(([name, secret]) =>
    encodings.flatMap((encoding) => {
      const where = encoding.isParted ? (joined ??= text.replaceAll(/\s+/g, '')) : text;
      const isThere = encoding.forms(secret).some((form) => form.length >= shortest && where.includes(form));
      return isThere ? [`${name}, ${encoding.name}`] : [];
    }),
  );
}

/** The secret as each encoding writes it first, where programs would put it: in the middle of something. */
export function disguised(secret: string): ReadonlyMap<string, string> {
  // A line of 76 characters holds 57 bytes: it ends in the middle of the secret.
  const before = 'x'.repeat(Math.max(0, 57 - Math.floor(Buffer.byteLength(secret) / 2)));
  const whole = Buffer.from(`${before}${secret}`).toString('base64');
  return new Map(
    encodings.map(({ name, forms, isParted }) => [name, isParted ? whole.replaceAll(/.{76}/g, '$&\n') : `${before} ${forms(secret)[0]} and`]),
  );
}

/** All forms, for programs that look for texts. */
export function allForms(secret: string): readonly string[] {
  return [...new Set(encodings.flatMap(({ forms }) => forms(secret)))].filter((form) => form.length >= shortest);
}
