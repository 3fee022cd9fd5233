import { createHash, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { TaskError } from '../../values/errors.ts';
import { Secret, type Text } from '../../values/secret.ts';
import { digestOf } from './content.ts';

/** A certificate that the user brings, in the form that it gets on the host. */
export interface BroughtCertificate {
  /** The certificate and its chain in PEM, nothing else. */
  readonly fullchain: string;
  readonly key: Secret;
  /** SHA-256 of `fullchain`. */
  readonly digest: string;
  /** SHA-256 of the public key (SubjectPublicKeyInfo in DER). */
  readonly publicKey: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END ([A-Z]+ )?PRIVATE KEY-----/;

/**
 * Reads and checks what a user brings.
 * @param label what to call the certificate in messages: its path
 * @throws TaskError when it is no certificate, the key is not its key or is encrypted, or a name is missing in it
 */
export function readBrought(
  label: string,
  certificate: Text | Uint8Array,
  privateKey: Text | Uint8Array,
  names: readonly string[],
): BroughtCertificate {
  const blocks = textOf(certificate).replaceAll('\r', '').match(certificateBlock) ?? [];
  const fullchain = blocks.map((block) => `${block}\n`).join('');
  const key = new Secret(`${keyBlock.exec(textOf(privateKey).replaceAll('\r', ''))?.[0] ?? ''}\n`);
  const parsed = attempt(
    () => new X509Certificate(fullchain),
    `${label} holds no certificate in PEM`,
    'It must have the certificate first, then its chain: the file that is often called fullchain.pem.',
  );
  const parsedKey = attempt(() => createPrivateKey(key.reveal()), 'the private key cannot be read', 'It must be in PEM and without a passphrase.');
  if (!parsed.checkPrivateKey(parsedKey))
    throw new TaskError(
      `the private key does not belong to the certificate ${label}`,
      'The certificate must come first in its file, before its chain.',
    );
  const missing = names.filter((name) => parsed.checkHost(name) === undefined);
  if (missing.length > 0)
    throw new TaskError(
      `the certificate ${label} is not for ${missing.join(', ')}, but for ${parsed.subjectAltName ?? 'no name'}`,
      'Bring one that names all of them.',
    );
  return { fullchain, key, digest: digestOf(fullchain), publicKey: publicDigest(createPublicKey(parsedKey)) };
}

function publicDigest(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function textOf(given: Text | Uint8Array): string {
  if (given instanceof Secret) return given.reveal();
  return typeof given === 'string' ? given : Buffer.from(given).toString('latin1');
}

/** What OpenSSL says is left out: it may quote what it was given. */
function attempt<T>(work: () => T, message: string, hint: string): T {
  try {
    return work();
  } catch {
    throw new TaskError(message, hint);
  }
}
