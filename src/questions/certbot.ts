import { checkWord, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface CertbotParams {
  /** Name of the lineage (`--cert-name`). */
  readonly name: string;
}

/** How certbot will renew a certificate: what stands in `/etc/letsencrypt/renewal/NAME.conf`. */
export interface CertbotAnswer {
  readonly installed: boolean;
  /** Absent: certbot does not know the name. */
  readonly renewal?: {
    /** URL of the ACME directory. */
    readonly server?: string;
    readonly authenticator?: string;
    readonly webroot?: string;
    /** The command after each renewal. */
    readonly deployHook?: string;
  };
}

/** What certbot knows of the certificate `name`. @throws TypeError for a name with a slash or control character. */
export function certbot(name: string): Question<CertbotAnswer> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(checkWord(name, 'the name of a certificate')))
    throw new TypeError(`${JSON.stringify(name)} cannot be the name of a certificate`);
  return question(certbotKind, { name });
}

export const certbotKind: QuestionKind<CertbotParams, CertbotAnswer> = {
  kind: 'certbot',
  reads: ({ name }) => [`file:/etc/letsencrypt/renewal/${name}.conf`, 'package:certbot'],
  script: (params) => [preamble, ...params.map(({ name }) => `certbot_renewal ${name}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse,
};

const preamble = `certbot_renewal() {
  if command -v certbot >/dev/null; then echo installed; fi
  if [ -f "/etc/letsencrypt/renewal/$1.conf" ]; then
    echo renewal
    grep -E '^(server|authenticator|webroot_path|renew_hook) *=' "/etc/letsencrypt/renewal/$1.conf"
  fi
  echo .
}`;

function parse(part: string): CertbotAnswer {
  const lines = linesOf(part);
  const installed = lines.includes('installed');
  if (!lines.includes('renewal')) return { installed };
  const value = (name: string) => lines.map((line) => /^(\w+) *= *(.*)$/.exec(line)).find((match) => match?.[1] === name)?.[2];
  const [server, authenticator, webroot, deployHook] = [value('server'), value('authenticator'), value('webroot_path'), value('renew_hook')];
  return {
    installed,
    renewal: {
      ...(server && { server }),
      ...(authenticator && { authenticator }),
      // A list in configobj's form: the last folder is followed by a comma.
      ...(webroot && { webroot: webroot.replace(/,\s*$/, '') }),
      ...(deployHook && { deployHook: unquoted(deployHook) }),
    },
  };
}

/** configobj puts quotes around a value that holds a comma, a quote or a hash. */
function unquoted(value: string): string {
  const match = /^(["'])(.*)\1$/.exec(value);
  return match?.[2] ?? value;
}
