import * as z from 'zod';
import { type CertbotAnswer, certbot } from '../questions/certbot.ts';
import { type CertificateAnswer, certificate, mostRemainingDays } from '../questions/certificate.ts';
import { type FileAnswer, file } from '../questions/file.ts';
import { type Asking, ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { type Command, quote } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, line, listOf, localFile, path, text } from './params.ts';
import { type BroughtCertificate, readBrought } from './support/brought-certificate.ts';
import { linkFolder, placeCertificate, selfSign, storeOf, tightenKey } from './support/certificate-commands.ts';

/** Renewed when fewer days are left (a third of the lifetime where that is less): certbot's own default. */
const defaultRenewDays = 30;
/** As long as browsers accept a certificate at all. */
const selfSignedDays = 398;
const dayMilliseconds = 86_400_000;

const dnsName = () =>
  line().pipe(
    z
      .string()
      .toLowerCase()
      .regex(/^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected a DNS name, such as example.org'),
  );

const params = z
  .strictObject({
    name: line()
      .pipe(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'expected letters, digits and ._-'))
      .describe('Name of the certificate on the host; with `acme` also its name in certbot.'),
    names: listOf(dnsName())
      .refine((names) => names.length > 0, 'give at least one name')
      .describe('The DNS names that it is for.'),
    method: z
      .enum(['acme', 'files', 'selfsigned'])
      .default('acme')
      .describe("Where it comes from: an ACME server such as Let's Encrypt, files that you bring, or made on the host for a lab."),
    path: path()
      .optional()
      .describe('Folder where `fullchain.pem` and `privkey.pem` are found, whatever the method: a link. Default `/etc/ssl/homerun/NAME`.'),
    certificate: localFile().optional().describe('With `files`: the certificate and its chain, in PEM.'),
    private_key: localFile().optional().describe('With `files`: its private key, in PEM, without a passphrase.'),
    private_key_content: text().optional().describe('The private key itself, instead of `private_key`: for one that is kept among the secrets.'),
    acme_directory: line()
      .pipe(z.string().regex(/^https:\/\/\S+$/, 'expected an https URL'))
      .default('https://acme-v02.api.letsencrypt.org/directory')
      .describe('With `acme`: URL of the directory of the ACME server.'),
    account_email: line().optional().describe('With `acme`: address for messages about the account.'),
    terms_agreed: bool().default(false).describe('With `acme`: you agree to the terms of service of the ACME server.'),
    webroot: path().default('/var/www/acme').describe('With `acme`: folder that nginx serves at `http://NAME/.well-known/acme-challenge/`.'),
    deploy_hook: line()
      .default('nginx -t && systemctl reload nginx')
      .describe('With `acme`: command that is run on the host after each new certificate, also after the renewals that certbot makes by itself.'),
    remaining_days: z
      .int()
      .min(1)
      .max(mostRemainingDays - 1)
      .default(defaultRenewDays)
      .describe('Renewed when fewer days are left; with `acme` also not before a third of its lifetime is left, for those that live shorter.'),
  })
  .superRefine((given, context) => {
    if (given.method === 'acme' && !given.terms_agreed) {
      context.addIssue({
        code: 'custom',
        path: ['terms_agreed'],
        message: 'must be true for method acme: you agree to the terms of service of the ACME server',
      });
    }
    if (given.method === 'acme' && given.names.some((name) => name.startsWith('*.'))) {
      context.addIssue({
        code: 'custom',
        path: ['names'],
        message: 'a wildcard cannot be had through nginx (http-01): give each name, or bring the certificate (method: files)',
      });
    }
    if (given.method === 'files' && !given.certificate)
      context.addIssue({ code: 'custom', path: ['certificate'], message: 'is needed for method files' });
    if (given.method === 'files' && (given.private_key === undefined) === (given.private_key_content === undefined)) {
      context.addIssue({ code: 'custom', path: ['private_key'], message: 'give either private_key or private_key_content for method files' });
    }
  });

type Params = z.output<typeof params>;

interface Answers {
  /** The link that the certificate is found under. */
  readonly folder: FileAnswer;
  readonly certificate: CertificateAnswer;
  /** What certbot has; with `acme` only. */
  readonly lineage?: CertificateAnswer;
  readonly certbot?: CertbotAnswer;
}

function folderOf({ name, path: given }: Params): string {
  return given ?? `/etc/ssl/homerun/${name}`;
}

function liveFolder({ name }: Params): string {
  return `/etc/letsencrypt/live/${name}`;
}

function pairIn(folder: string) {
  return { certificate: `${folder}/fullchain.pem`, key: `${folder}/privkey.pem` };
}

function* look(given: Params): Asking<Answers> {
  const folder = folderOf(given);
  const both = { folder: file(folder), certificate: certificate(pairIn(folder)) };
  if (given.method !== 'acme') return yield* ask(both);
  return yield* ask({ ...both, lineage: certificate(pairIn(liveFolder(given))), certbot: certbot(given.name) });
}

function plan(given: Params, answers: Answers): readonly Change[] {
  if (given.method === 'acme') return planAcme(given, answers);
  return given.method === 'files' ? planFiles(given, answers) : planSelfSigned(given, answers);
}

function planAcme(given: Params, { folder, lineage, certbot: found }: Answers): readonly Change[] {
  const reasons = lineage ? [...faults(lineage, given), ...renewalFaults(given, found)] : [];
  const live = liveFolder(given);
  const link = folderOf(given);
  return [
    ...(reasons.length > 0 ? [acmeChange(given, reasons, lineage?.state === 'present')] : []),
    ...(folder.exists && folder.real === live
      ? []
      : [{ summary: `let ${link} point at ${live}`, commands: [linkFolder(link, live)], writes: [`file:${link}` as const] }]),
  ];
}

function acmeChange(given: Params, reasons: readonly string[], isThere: boolean): Change {
  const names = given.names.join(', ');
  return {
    summary: isThere
      ? `renew the certificate ${given.name} for ${names} (${reasons.join(', ')})`
      : `obtain the certificate ${given.name} for ${names} from ${given.acme_directory}`,
    commands: [obtain(given)],
    // The hook is anybody's code.
    writes: ['*'],
  };
}

/** certbot(1). `--force-renewal` is only reached when there is a reason to renew. */
function obtain(given: Params): Command {
  const options = [
    'certonly',
    '--non-interactive',
    '--agree-tos',
    '--force-renewal',
    '--renew-with-new-domains',
    '--cert-name',
    given.name,
    '--webroot',
    '--webroot-path',
    given.webroot,
    '--preferred-challenges',
    'http',
    '--key-type',
    'ecdsa',
    '--server',
    given.acme_directory,
    '--deploy-hook',
    given.deploy_hook,
    ...(given.account_email ? ['--email', given.account_email] : ['--register-unsafely-without-email']),
    ...given.names.flatMap((name) => ['-d', name]),
  ];
  const script = `command -v certbot >/dev/null || { echo 'certbot is not installed on this host: install it first (module apt, name: certbot)' >&2; exit 1; }
mkdir -p -- ${quote(given.webroot)}
certbot ${options.map(quote).join(' ')}`;
  return { script, timeoutSeconds: 600, detached: true };
}

function renewalFaults(given: Params, found: CertbotAnswer | undefined): readonly string[] {
  const renewal = found?.renewal;
  if (!renewal) return [];
  return [
    renewal.server !== given.acme_directory && 'another ACME server',
    (renewal.authenticator !== 'webroot' || renewal.webroot !== given.webroot) && 'another way of renewal',
    renewal.deployHook !== given.deploy_hook && 'another deploy hook',
  ].filter((reason) => reason !== false);
}

function planSelfSigned(given: Params, { folder, certificate: found }: Answers): readonly Change[] {
  const path = folderOf(given);
  const isOther = found.state === 'present' && (found.subject !== found.issuer || !isStored(folder, path));
  const reasons = [...faults(found, given), ...(isOther ? ['not made here'] : [])];
  if (reasons.length === 0) return keyChange(found, path);
  const verb = found.state === 'present' ? 'renew' : 'make';
  const summary = `${verb} the self-signed certificate ${given.name} for ${given.names.join(', ')} (${reasons.join(', ')})`;
  return [{ summary, commands: [selfSign(path, given.names, selfSignedDays)], writes: written(path) }];
}

function planFiles(given: Params, { folder, certificate: found }: Answers): readonly Change[] {
  const path = folderOf(given);
  const brought = broughtBy(given);
  const isThere =
    found.state === 'present' && found.digest === brought.digest && found.publicKey === brought.publicKey && found.keyPublicKey === brought.publicKey;
  if (!isThere || !isStored(folder, path)) {
    const summary = `${found.state === 'present' ? 'replace' : 'install'} the certificate ${given.name} with ${given.certificate?.path ?? ''}`;
    return [{ summary, commands: [placeCertificate(path, brought.fullchain, brought.key)], writes: written(path) }];
  }
  if (found.remainingDays < 0) {
    throw new TaskError(
      `the certificate ${given.certificate?.path ?? ''} expired on ${new Date(found.notAfter).toISOString().slice(0, 10)}`,
      'Bring a new one, or let homerun get one (method: acme). If that day has not come yet, it is the clock of the host that is wrong.',
    );
  }
  return keyChange(found, path);
}

function broughtBy(given: Params): BroughtCertificate {
  const key = given.private_key?.content ?? given.private_key_content ?? '';
  return readBrought(given.certificate?.path ?? 'certificate', given.certificate?.content ?? '', key, given.names);
}

/** Whether the link points at a version that this module has put there. */
function isStored(folder: FileAnswer, path: string): boolean {
  return folder.exists && folder.type === 'link' && folder.real.startsWith(`${storeOf(path)}/`);
}

function keyChange(found: CertificateAnswer, path: string): readonly Change[] {
  if (found.state !== 'present' || (found.keyMode === '0600' && found.keyOwner === '0:0')) return [];
  const summary = `let only root read ${path}/privkey.pem (it has mode ${found.keyMode ?? 'unknown'}, owner ${found.keyOwner ?? 'unknown'})`;
  return [{ summary, commands: [tightenKey(path)], writes: written(path) }];
}

function written(path: string): Change['writes'] {
  return [`file:${path}`, `file:${storeOf(path)}`];
}

/** Why a certificate has to be made again; none for one that is good. */
function faults(found: CertificateAnswer, given: Params): readonly string[] {
  // Without openssl nothing is known: the task that installs it stands before this one, and in check mode has not run yet.
  if (found.state !== 'present') return [found.state === 'unreadable' ? 'not readable' : 'new'];
  // An ACME server decides how long a certificate lasts: one of six days cannot have thirty left.
  const third = Math.floor((found.notAfter - found.notBefore) / dayMilliseconds / 3);
  const least = given.method === 'acme' ? Math.min(given.remaining_days, third) : given.remaining_days;
  const wanted = [...new Set(given.names)].sort();
  return [
    found.remainingDays < 0 && 'expired',
    found.remainingDays >= 0 && found.remainingDays < least && `expires in ${found.remainingDays} days`,
    wanted.join() !== found.names.join() && `it is for ${found.names.join(', ') || 'no name'}`,
    found.keyPublicKey !== found.publicKey && 'its key is missing or another',
  ].filter((reason) => reason !== false);
}

export default defineModule({
  summary:
    'Keeps a TLS certificate on the host: from an ACME server (through certbot), from files that you bring, or self-signed for a lab; renews what is about to expire.',
  params,
  examples: [
    {
      description: "From Let's Encrypt; nginx must already answer for the names on port 80",
      task: 'acme_certificate:\n  name: example.org\n  names: [example.org, chat.example.org]\n  account_email: admin@example.org\n  terms_agreed: true\n',
    },
    {
      description: 'Files that you bring',
      task: 'acme_certificate:\n  name: example.org\n  names: [example.org]\n  method: files\n  certificate: example.org/fullchain.pem\n  private_key: example.org/privkey.pem\nnotify: Reload nginx\n',
    },
    { description: 'For a lab', task: 'acme_certificate:\n  name: lab\n  names: [matrix.lab.test]\n  method: selfsigned\nnotify: Reload nginx\n' },
  ],
  ask: look,
  plan,
  result: (given, { certificate: found, lineage }) => {
    const now = lineage ?? found;
    const folder = folderOf(given);
    return {
      path: folder,
      fullchain: `${folder}/fullchain.pem`,
      private_key: `${folder}/privkey.pem`,
      not_after: now.state === 'present' ? new Date(now.notAfter).toISOString() : '',
    };
  },
  absent: {
    csr: 'Give the names; the key and its request are made on the host.',
    challenge: 'Only http-01 is done, through nginx and `webroot`.',
  },
});
