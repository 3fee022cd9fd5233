// A secret as it may turn up where nobody looks for it.

/** `secret` plain and in the encodings that programs put text in: each is looked for as it is. */
export function disguises(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ a: secret }).toString().slice(2),
    hex,
    hex.toUpperCase(),
    hex.replaceAll(/../g, '\\x$&'),
    secret.replaceAll("'", "'\\''"),
    secret.replaceAll('\\', '\\\\'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    ...[0, 1, 2].flatMap((offset) => base64Within(bytes, offset)),
  ];
  return [...new Set(forms)];
}

/** What base64 makes of the secret where `offset` bytes (modulo three) stand before it, whatever these are and what follows. */
function base64Within(bytes: Buffer, offset: number): readonly string[] {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const certain = whole.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3));
  return [certain, certain.replaceAll('+', '-').replaceAll('/', '_')];
}

/** The names of the secrets that stand in `text`, in whatever form. */
export function betrayed(text: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => (disguises(secret).some((form) => text.includes(form)) ? [name] : []));
}
