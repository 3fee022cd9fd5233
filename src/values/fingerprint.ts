/** Whether `text` is a fingerprint of a public key in the form of OpenSSH: `SHA256:` and 43 letters. */
export function isFingerprint(text: string): boolean {
  return /^SHA256:[A-Za-z0-9+/]{43}$/.test(text);
}
