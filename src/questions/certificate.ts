import { createHash } from 'node:crypto';
import { quote } from '../values/command.ts';
import { linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface CertificateParams {
  /** Absolute path of the certificate, its chain after it, in PEM. */
  readonly certificate: string;
  /** Absolute path of its private key, in PEM. */
  readonly key: string;
}

/** Days that are told apart; more are reported as this number. */
export const mostRemainingDays = 60;

export type CertificateAnswer =
  | { readonly state: 'absent' }
  /** There, but it is no certificate in PEM. */
  | { readonly state: 'unreadable' }
  /** Nothing can be said: openssl(1) is not installed. */
  | { readonly state: 'no openssl' }
  | {
      readonly state: 'present';
      /** DNS names of subjectAltName, in small letters, sorted. */
      readonly names: readonly string[];
      /** RFC 2253. */
      readonly subject: string;
      readonly issuer: string;
      /** Milliseconds since 1970. */
      readonly notBefore: number;
      readonly notAfter: number;
      /** Whole days until it expires, by the host's clock: 0–60 (60 also stands for more), -1 when it has expired. */
      readonly remainingDays: number;
      /** SHA-256 of the certificate file, hexadecimal. */
      readonly digest: string;
      /** SHA-256 of its public key (SubjectPublicKeyInfo in DER), hexadecimal. */
      readonly publicKey: string;
      /** The same of the private key's public half; absent when the key is not there or cannot be read. */
      readonly keyPublicKey?: string;
      /** Four octal digits, and owner and group by number, of the private key. */
      readonly keyMode?: string;
      readonly keyOwner?: string;
    };

/** The certificate at `certificate` and whether `key` is its key; links are followed. Needs openssl(1) on the host. */
export function certificate(params: CertificateParams): Question<CertificateAnswer> {
  return question(certificateKind, params);
}

export const certificateKind: QuestionKind<CertificateParams, CertificateAnswer> = {
  kind: 'certificate',
  // Both are often reached through a link (certbot's live folder): what lies behind it is named by the folders that certificates are in.
  reads: ({ certificate, key }) => [`file:${certificate}`, `file:${key}`, 'file:/etc/letsencrypt', 'package:openssl'],
  script: (params) => [preamble, ...params.map(({ certificate, key }) => `certificate ${quote(certificate)} ${quote(key)}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse,
};

// The number of days is looked for by halving, as openssl(1) can only say whether a certificate lasts for a number of seconds, and
// date(1) reads its dates in GNU's form alone. A key with a passphrase counts as one that cannot be read.
const preamble = `certificate() {
  if [ ! -s "$1" ]; then echo absent
  elif ! command -v openssl >/dev/null; then echo no openssl
  elif ! said=$(openssl x509 -in "$1" -noout -startdate -enddate -subject -issuer -nameopt RFC2253 -ext subjectAltName -pubkey 2>/dev/null); then echo unreadable
  else
    echo present
    printf '%s\\n' "$said" | sed 's/^/it /'
    if [ -r "$2" ]; then openssl pkey -in "$2" -passin pass: -pubout 2>/dev/null | sed 's/^/key /'; fi
    if [ -e "$2" ]; then echo "mode=$(stat -L -c '%a %u:%g' -- "$2")"; fi
    echo "digest=$(sha256sum <"$1")"
    lasts() { openssl x509 -in "$1" -noout -checkend $(($2 * 86400)) >/dev/null; }
    low=-1 high=${mostRemainingDays}
    if lasts "$1" "$high"; then low=$high; fi
    while [ "$low" -lt "$high" ]; do
      middle=$(((low + high + 1) / 2))
      if lasts "$1" "$middle"; then low=$middle; else high=$((middle - 1)); fi
    done
    echo "remaining=$low"
  fi
  echo .
}`;

function parse(part: string): CertificateAnswer {
  const [state, ...lines] = linesOf(part);
  if (state === 'absent' || state === 'unreadable' || state === 'no openssl') return { state };
  if (state !== 'present') throw new Error('the host printed something about a certificate that is not understood');
  const value = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
  const [mode, owner] = value('mode')?.split(' ') ?? [];
  const said = lines.filter((line) => line.startsWith('it ')).map((line) => line.slice(3));
  const keyPublicKey = publicDigest(lines.filter((line) => line.startsWith('key ')).map((line) => line.slice(4)));
  return {
    state,
    names: namesIn(said),
    subject: value('it subject') ?? '',
    issuer: value('it issuer') ?? '',
    notBefore: time(value('it notBefore')),
    notAfter: time(value('it notAfter')),
    remainingDays: Number(value('remaining') ?? -1),
    digest: /^([0-9a-f]{64}) /.exec(value('digest') ?? '')?.[1] ?? '',
    publicKey: publicDigest(said) ?? '',
    ...(keyPublicKey && { keyPublicKey }),
    ...(mode && { keyMode: mode.padStart(4, '0') }),
    ...(owner && { keyOwner: owner }),
  };
}

function namesIn(lines: readonly string[]): readonly string[] {
  const listed = lines.filter((line) => /^\s*DNS:|, DNS:/.test(line)).join(',');
  const names = [...listed.matchAll(/DNS:([^,\s]+)/g)].map((match) => (match[1] ?? '').toLowerCase());
  return [...new Set(names)].sort();
}

/** SHA-256 of the public key in PEM among `lines`, over its DER form. */
function publicDigest(lines: readonly string[]): string | undefined {
  const body = /-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END PUBLIC KEY-----/.exec(lines.join('\n'))?.[1];
  return body && createHash('sha256').update(Buffer.from(body, 'base64')).digest('hex');
}

/** `Nov 22 23:29:00 2026 GMT`, as openssl(1) prints it. */
function time(text: string | undefined): number {
  const result = Date.parse(text ?? '');
  if (Number.isNaN(result)) throw new Error(`the host printed a date that is not understood: ${JSON.stringify(text)}`);
  return result;
}
