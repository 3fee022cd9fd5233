/** The one place that knows the age-encryption package. It is loaded on first use: most runs need no secrets file, and it takes 70 ms. */
const load = () => import('age-encryption');

/** The beginning of every identity (private key) of age: X25519, or hybrid post-quantum. */
const identityPattern = /^AGE-SECRET-KEY-(PQ-)?1[A-Z0-9]+$/;

/** A new identity and the recipient (public key) that belongs to it. */
export async function newIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const { generateX25519Identity, identityToRecipient } = await load();
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The recipient of an identity. @throws Error when it is none. */
export async function recipientOf(identity: string): Promise<string> {
  const { identityToRecipient } = await load();
  return identityToRecipient(identity);
}

/** The identities of an identity file as age-keygen(1) writes it: one a line, `#` begins a comment; undefined when a line is something else. */
export function parseIdentities(text: string): readonly string[] | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.every((line) => identityPattern.test(line)) ? lines : undefined;
}

/** Whether age can encrypt to `recipient` (`age1…`). */
export async function isRecipient(recipient: string): Promise<boolean> {
  const { Encrypter } = await load();
  try {
    new Encrypter().addRecipient(recipient);
    return true;
  } catch {
    return false;
  }
}

/** What opens a file in place of an identity. */
export interface Passphrase {
  readonly passphrase: string;
}

/** Encrypts `text` to recipients or with a passphrase (scrypt), as an armored age file. */
export async function encryptText(text: string, to: readonly string[] | Passphrase): Promise<string> {
  const { Encrypter, armor } = await load();
  const encrypter = new Encrypter();
  if ('passphrase' in to) encrypter.setPassphrase(to.passphrase);
  else for (const recipient of to) encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(text));
}

/** Whether an armored age file is opened by a passphrase, as its header says (age-encryption.org/v1). */
export async function needsPassphrase(armored: string): Promise<boolean> {
  const { armor } = await load();
  try {
    return Buffer.from(armor.decode(armored)).toString('latin1').startsWith('age-encryption.org/v1\n-> scrypt ');
  } catch {
    return false;
  }
}

/** The text of an armored age file. @throws Error when no identity fits, or when the file was changed. */
export async function decryptText(armored: string, by: readonly string[] | Passphrase): Promise<string> {
  const { Decrypter, armor } = await load();
  const decrypter = new Decrypter();
  if ('passphrase' in by) decrypter.addPassphrase(by.passphrase);
  else for (const identity of by) decrypter.addIdentity(identity);
  return decrypter.decrypt(armor.decode(armored), 'text');
}
