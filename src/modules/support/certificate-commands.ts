import { type Command, quote, sh, withStdin } from '../../values/command.ts';
import { Secret } from '../../values/secret.ts';
import { cleanUp, fail } from './shell.ts';
import { switchLink } from './switch-link.ts';

/** Where the versions of the certificate at `folder` are kept: a hidden folder beside it. */
export function storeOf(folder: string): string {
  const at = folder.lastIndexOf('/');
  return `${folder.slice(0, at)}/.${folder.slice(at + 1)}`;
}

/**
 * Puts a brought certificate in place: `fullchain.pem` (0644) and `privkey.pem` (0600) in a new folder, checked by openssl(1), then
 * `folder` is switched to it by one rename and older ones are removed. Nothing changes when the host's clock says that it has expired.
 */
export function placeCertificate(folder: string, fullchain: string, key: Secret): Command {
  const bundle = new Secret(`${key.reveal()}${fullchain}`);
  return withStdin({ script: [start(folder), receive, finish].join('\n') }, bundle);
}

/** Makes a key (P-256) and a certificate for `names`, signed by that key itself, and puts both in place as `placeCertificate` does. */
export function selfSign(folder: string, names: readonly string[], days: number): Command {
  const san = names.map((name) => `DNS:${name}`).join(',');
  const make = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days ${days} -subj ${quote(`/CN=${shortName(names)}`)} \\
  -addext ${quote(`subjectAltName=${san}`)} -keyout privkey.pem -out fullchain.pem 2>said || fail "openssl made no certificate: $(cat said)"`;
  return { script: [start(folder), make, finish].join('\n') };
}

/** Lets `folder` point at `target`. */
export function linkFolder(folder: string, target: string): Command {
  return {
    script: [variables(folder), `mkdir -p -- "\${folder%/*}"`, refuseFolder, switchLink, `switch_link ${quote(target)} "$folder"`].join('\n'),
  };
}

/** Owner root, mode 0600, for a key that anybody else could read. */
export function tightenKey(folder: string): Command {
  return sh`chown 0:0 ${`${folder}/privkey.pem`} && chmod 0600 ${`${folder}/privkey.pem`}`;
}

// The common name holds 64 characters at most (RFC 5280, ub-common-name); what counts is subjectAltName.
function shortName(names: readonly string[]): string {
  return names.find((name) => name.length <= 64) ?? 'certificate';
}

function variables(folder: string): string {
  return `folder=${quote(folder)} store=${quote(storeOf(folder))}`;
}

const refuseFolder = `${fail}
if [ -e "$folder" ] && [ ! -L "$folder" ]; then fail "$folder is there and is not a link: move it away"; fi`;

function start(folder: string): string {
  return `${variables(folder)}
${refuseFolder}
command -v openssl >/dev/null || fail 'openssl is not installed on this host: install it first (module apt, name: openssl)'
mkdir -p -- "$store" || fail "the folder $store cannot be made"
new=$(mktemp -d "$store/XXXXXXXX") || fail "no folder can be made in $store"
${cleanUp('rm -rf -- "$new"')}
umask 077
cd -- "$new" || exit 1`;
}

const receive = `cat >bundle || fail "the certificate could not be written"
sed -n '/^-----BEGIN [A-Z ]*PRIVATE KEY-----/,/^-----END [A-Z ]*PRIVATE KEY-----/p' bundle >privkey.pem
sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' bundle >fullchain.pem
rm -f bundle`;

const finish = `public() { openssl pkey "$@" -outform DER 2>/dev/null | sha256sum; }
[ "$(openssl x509 -in fullchain.pem -noout -pubkey | public -pubin)" = "$(public -in privkey.pem -passin pass: -pubout)" ] ||
  fail "the private key does not belong to the certificate: nothing was changed"
openssl x509 -in fullchain.pem -noout -checkend 0 >/dev/null ||
  fail "the certificate has expired ($(openssl x509 -in fullchain.pem -noout -enddate)), or this host's clock is wrong ($(date)): nothing was changed"
chmod 0600 privkey.pem && chmod 0644 fullchain.pem && rm -f said && chmod 0755 . || fail "the modes could not be set"
sync
${switchLink}
switch_link ".\${folder##*/}/\${new##*/}" "$folder" || fail "$folder could not be switched"
clean_up() { :; }
for old in "$store"/*; do [ "$old" = "$new" ] || rm -rf -- "$old"; done`;
