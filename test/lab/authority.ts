// The lab's own certificate authority. Its root certificate is trusted by the lab's hosts, and by nothing else.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateDirectory } from './places.ts';
import { run, words } from './run.ts';

export interface Authority {
  /** The root certificate, PEM. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  /** The certificate, PEM. */
  readonly certificate: string;
  /** Its private key, PEM. */
  readonly key: string;
}

export interface CertificateOptions {
  /** Start of validity; default one hour ago. */
  readonly notBefore?: Date;
  /** End of validity; default in 365 days. */
  readonly notAfter?: Date;
}

const hour = 3_600_000;

/** The authority of this clone; made at the first call. */
export async function openAuthority(): Promise<Authority> {
  const folder = join(stateDirectory, 'authority');
  const authority = { certificateFile: join(folder, 'ca.pem'), keyFile: join(folder, 'ca.key') };
  if (existsSync(authority.certificateFile)) return authority;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await makeKey(authority.keyFile);
  const fresh = join(folder, 'new.pem');
  await run(
    words(
      ['openssl', 'req', '-x509', '-new', '-sha256', '-key', authority.keyFile, '-days', '3650'],
      ['-subj', '/O=homerun lab/CN=homerun lab root (not for any real server)', '-out', fresh],
      ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ),
  );
  renameSync(fresh, authority.certificateFile);
  return authority;
}

/**
 * Issues a certificate.
 * @param names DNS names or IPv4 addresses; the first one is the subject
 * @returns certificate and key, both PEM
 */
export async function issueCertificate(authority: Authority, names: readonly string[], options: CertificateOptions = {}): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-lab-certificate-'));
  try {
    const file = (name: string): string => join(folder, name);
    const from = options.notBefore ?? new Date(Date.now() - hour);
    const until = options.notAfter ?? new Date(Date.now() + 365 * 24 * hour);
    writeFileSync(file('configuration'), configuration(folder, names));
    writeFileSync(file('index'), '');
    writeFileSync(file('serial'), `00${randomBytes(15).toString('hex')}\n`);
    await makeKey(file('key.pem'));
    const subject = ['-subj', `/CN=${(names[0] ?? 'nobody').slice(0, 64)}`];
    await run(['openssl', 'req', '-new', '-sha256', '-key', file('key.pem'), ...subject, '-out', file('request.pem')]);
    await run(
      words(
        ['openssl', 'ca', '-batch', '-notext', '-config', file('configuration')],
        ['-cert', authority.certificateFile, '-keyfile', authority.keyFile, '-md', 'sha256'],
        ['-startdate', opensslTime(from), '-enddate', opensslTime(until)],
        ['-in', file('request.pem'), '-out', file('certificate.pem')],
      ),
    );
    return { certificate: readFileSync(file('certificate.pem'), 'utf8'), key: readFileSync(file('key.pem'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeKey(file: string): Promise<void> {
  const key = await run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  writeFileSync(file, key, { mode: 0o600 });
}

function configuration(folder: string, names: readonly string[]): string {
  const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`));
  return [
    '[ca]',
    'default_ca = lab',
    '[lab]',
    `database = ${folder}/index`,
    `serial = ${folder}/serial`,
    `new_certs_dir = ${folder}`,
    'policy = any',
    'x509_extensions = server',
    '[any]',
    'commonName = supplied',
    '[server]',
    'basicConstraints = critical,CA:FALSE',
    'keyUsage = critical,digitalSignature',
    'extendedKeyUsage = serverAuth',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid',
    `subjectAltName = ${alternatives.join(',')}`,
    '',
  ].join('\n');
}

// OpenSSL's GeneralizedTime: YYYYMMDDHHMMSSZ.
function opensslTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
