/** A line of an authorized_keys file that holds a key (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface AuthorizedKey {
  /** As they are written, with commas between; empty for none. */
  readonly options: string;
  readonly type: string;
  /** The key itself in base64: two lines with the same are the same key. */
  readonly blob: string;
  readonly comment: string;
}

const keyTypes =
  /^(?:ssh-(?:rsa|dss|ed25519)(?:-cert-v01@openssh\.com)?|ecdsa-sha2-nistp(?:256|384|521)(?:-cert-v01@openssh\.com)?|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)(?:-cert-v01)?@openssh\.com)$/;

/** The key of a line; `undefined` for a comment, an empty line, and what is no key. As sshd reads it: options first, if the line is no key without them. */
export function parseKey(line: string): AuthorizedKey | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const bare = bareKey(text);
  if (bare) return { options: '', ...bare };
  const end = endOfOptions(text);
  const rest = end === undefined ? undefined : bareKey(text.slice(end).trim());
  return rest && { options: text.slice(0, end), ...rest };
}

function bareKey(text: string): Omit<AuthorizedKey, 'options'> | undefined {
  const [type = '', blob = '', ...comment] = text.split(/\s+/);
  return keyTypes.test(type) && /^[A-Za-z0-9+/]+={0,2}$/.test(blob) ? { type, blob, comment: comment.join(' ') } : undefined;
}

/** Where the options of a line end: at the first blank outside quotes; `undefined` where a quote is not closed. */
function endOfOptions(text: string): number | undefined {
  const end = /^(?:[^\s"]|"(?:[^"\\]|\\.)*")+/.exec(text)?.[0].length;
  return end === undefined || text.charAt(end) === '"' ? undefined : end;
}

/** Why `blob` is not a key of this type: it begins with the type's own name (RFC 4253, 6.6). `undefined` when it is one. */
export function keyProblem({ type, blob }: Pick<AuthorizedKey, 'type' | 'blob'>): string | undefined {
  const [name, ...fields] = blob.length % 4 === 0 ? fieldsOf(Buffer.from(blob, 'base64')) : [];
  const called = name?.toString('latin1');
  if (called === type) return fields.length > 0 ? undefined : 'its base64 is cut';
  return called !== undefined && keyTypes.test(called) ? `its base64 is of a key of the type ${called}` : 'its base64 is cut, or of no key';
}

/** What a key is made of, each with its length before it (RFC 4251, 5); none where it is cut. A certificate holds numbers, too: of it only the beginning. */
function fieldsOf(bytes: Buffer): readonly Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : bytes.length);
    if (end > bytes.length) return [];
    fields.push(bytes.subarray(at + 4, end));
    if (fields.length === 2 && fields[0]?.includes('-cert-')) return fields;
    at = end;
  }
  return fields;
}

/** Options as they are written, apart. */
export function splitOptions(options: string): readonly string[] {
  return [...options.matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)].map(([option]) => option.trim());
}

/** Whether `options` are such as a line may begin with: no blank outside quotes, every quote closed. */
export function areOptions(options: string): boolean {
  return options === '' || endOfOptions(options) === options.length;
}

/** `content` with these keys in it: a line of the same key that says something else goes, what is new comes last, all else stays byte for byte. */
export function withKeys(content: string, wanted: readonly AuthorizedKey[], exclusive: boolean): string {
  const lines = linesIn(content).map((line) => ({ line, key: parseKey(line) }));
  const settled = new Set(
    wanted.filter((one) => {
      const own = lines.filter(({ key }) => key?.blob === one.blob);
      return own.length > 0 && own.every(({ key }) => key !== undefined && isSame(key, one));
    }),
  );
  const kept = lines.filter(({ key }) => {
    const own = key && wanted.find(({ blob }) => blob === key.blob);
    return own ? settled.has(own) : !exclusive;
  });
  const added = wanted.filter((one) => !settled.has(one)).map(lineOf);
  return joined([...kept.map(({ line }) => line), ...added]);
}

/** `content` without these keys, whatever their options and comments. */
export function withoutKeys(content: string, unwanted: readonly AuthorizedKey[]): string {
  const blobs = new Set(unwanted.map(({ blob }) => blob));
  const lines = linesIn(content);
  const kept = lines.filter((line) => !blobs.has(parseKey(line)?.blob ?? ''));
  return kept.length === lines.length ? content : kept.join('');
}

/** The order of options means nothing. */
function isSame(one: AuthorizedKey, other: AuthorizedKey): boolean {
  const options = ({ options: text }: AuthorizedKey) => [...splitOptions(text)].sort().join();
  return one.type === other.type && one.comment === other.comment && options(one) === options(other);
}

function lineOf({ options, type, blob, comment }: AuthorizedKey): string {
  return `${[options, type, blob, comment].filter((part) => part !== '').join(' ')}\n`;
}

/** The lines with their ends. */
function linesIn(content: string): readonly string[] {
  return content.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Only the last line may be without an end. */
function joined(lines: readonly string[]): string {
  return lines.map((line, index) => (index < lines.length - 1 && !line.endsWith('\n') ? `${line}\n` : line)).join('');
}
