import { createHash } from 'node:crypto';
import { quote } from '../values/command.ts';
import { Secret } from '../values/secret.ts';
import { accountName } from './account.ts';

/** How psql gets to a server, plain data. Two with the same content are the same login. */
export interface PsqlLogin {
  readonly user: string;
  readonly database: string;
  /** A name or address. Absent: the socket of this host. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** The folder of the socket. Default: psql's own. */
  readonly socket?: string | undefined;
  readonly password?: Secret | undefined;
  /** As a Secret shows none of itself, this tells two passwords apart where questions are compared. */
  readonly passwordDigest?: string | undefined;
  readonly sslMode?: string | undefined;
  /** Files on the host. */
  readonly caCert?: string | undefined;
  readonly sslCert?: string | undefined;
  readonly sslKey?: string | undefined;
  /** The role to take on after the login. */
  readonly sessionRole?: string | undefined;
}

/** The member of a login that tells passwords apart. */
export function passwordDigest(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

/** The arguments of every psql: no file of the user's, no words beside what is asked for, an error ends it, a password is never asked for. */
const options = '-X -q -w -A -t -v ON_ERROR_STOP=1';

/**
 * sh that defines `homerun_psql`, which runs the SQL on its standard input. What says where to log in stands in its environment, none of it
 * secret: a name there is never read as a connection string. A password goes into a file of mode 0600 in a private folder, as psql takes
 * none on its standard input (its `\connect` would, but only once it is connected); the file is gone when the script ends.
 *
 * Root, whom the server's default rules let in as nobody, becomes the account of the login's name on a socket, as that account does itself.
 * @param passwordLine sh that prints the password's line of the file, without a word of it in an argument list.
 */
export function psqlFunction(login: PsqlLogin, passwordLine: string): string {
  const variables: readonly (readonly [name: string, value: string | undefined])[] = [
    ['PGUSER', login.user],
    ['PGDATABASE', login.database],
    ['PGHOST', login.host ?? login.socket],
    ['PGPORT', login.port === undefined ? undefined : String(login.port)],
    ['PGSSLMODE', login.sslMode],
    ['PGSSLROOTCERT', login.caCert],
    ['PGSSLCERT', login.sslCert],
    ['PGSSLKEY', login.sslKey],
    ['PGCLIENTENCODING', 'UTF8'],
    ['PGCONNECT_TIMEOUT', '10'],
    ['PGAPPNAME', 'homerun'],
  ];
  const exports = variables.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quote(value)}`]));
  const isPeer = login.host === undefined && login.password === undefined && accountName.test(login.user);
  const become = `if [ "$(id -u)" = 0 ] && id -u -- ${quote(login.user)} >/dev/null 2>&1; then su -s /bin/sh -c 'exec psql ${options}' -- ${quote(login.user)}; else psql ${options}; fi`;
  return `cd / || exit 1
export ${exports.join(' ')}
${login.password === undefined ? '' : `${passFile(passwordLine)}\n`}homerun_psql() {
  if ! command -v psql >/dev/null 2>&1; then echo ${quote(noPsql)} >&2; return 127; fi
  ${isPeer ? become : `psql ${options}`}
}`;
}

/** What is said on a host that has no psql. */
export const noPsql = 'there is no psql on this host';

function passFile(passwordLine: string): string {
  return `homerun_umask=$(umask)
umask 077
homerun_folder=$(mktemp -d) || exit 1
trap 'rm -rf "$homerun_folder"' EXIT
trap 'exit 1' HUP INT TERM
${passwordLine} >"$homerun_folder/pgpass" || exit 1
umask "$homerun_umask"
export PGPASSFILE="$homerun_folder/pgpass"`;
}

/** The line of a password file (libpq, "The Password File") that has this password for every server. */
export function passLine(password: Secret): Secret {
  return new Secret(`*:*:*:*:${password.reveal().replaceAll(/[\\:]/g, '\\$&')}\n`);
}
