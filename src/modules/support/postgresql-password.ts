import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { StoredPassword } from '../../questions/postgresql.ts';

/**
 * Whether `stored` is what PostgreSQL keeps of `password`, told from the salt that it has: the password itself need not be sent to be compared.
 * A password in the form of a hash (`SCRAM-SHA-256$…`, `md5…`) is compared as it is: the server stores it so.
 */
export function isStoredPassword(role: string, password: string, stored: StoredPassword): boolean {
  if (stored.method === 'none') return password === '';
  if (isHashed(password)) return sha256Hex(password) === stored.digest;
  if (stored.method === 'md5') return sha256Hex(`md5${createHash('md5').update(password).update(role).digest('hex')}`) === stored.digest;
  const salt = Buffer.from(stored.salt, 'base64');
  const iterations = Number(stored.iterations);
  // The server takes the bytes as they are where SASLprep refuses them; which that are is its own table.
  return [...new Set([prepared(password), password])].some((form) => sha256Hex(scramVerifier(form, salt, iterations, stored.salt)) === stored.digest);
}

/** PostgreSQL, get_password_type: what is stored as it is given. */
function isHashed(password: string): boolean {
  return /^md5[0-9a-f]{32}$/.test(password) || /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$/.test(password);
}

// RFC 5803, in PostgreSQL's form: SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY.
function scramVerifier(password: string, salt: Buffer, iterations: number, saltText: string): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${saltText}$${storedKey}:${serverKey}`;
}

/** SASLprep (RFC 4013, 2.1 and 2.2): other blanks are blanks, what is not seen is left out, NFKC. */
function prepared(password: string): string {
  return password
    .replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replaceAll(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g, '')
    .normalize('NFKC');
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
