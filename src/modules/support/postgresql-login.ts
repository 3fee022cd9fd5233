import * as z from 'zod';
import type { PostgresAnswer } from '../../questions/postgresql.ts';
import { noPsql, type PsqlLogin, passLine, passwordDigest, psqlFunction } from '../../questions/psql.ts';
import type { Change } from '../../values/change.ts';
import { type Command, explainsItself, raw, sh, withStdin } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { revealed, Secret, type Text } from '../../values/secret.ts';
import { sqlName } from '../../values/sql.ts';
import { line, path, text } from '../params.ts';

/** Bytes of a name; PostgreSQL cuts longer ones without a word. */
const longestName = 63;

/** The name of a database, role or schema: any characters, as PostgreSQL has them. */
export const postgresName = () =>
  line()
    .refine((name) => name !== '', 'expected a name')
    .refine((name) => Buffer.byteLength(name) <= longestName, `expected a name of at most ${longestName} bytes: PostgreSQL would cut it`);

/** How many connections a database or a role may have at a time. */
export const connectionLimit = () => z.coerce.number().int().min(-1).max(2_147_483_647).optional();

/** Where and as whom the modules for PostgreSQL log in. */
export const loginParams = {
  login_user: postgresName().default('postgres').describe("The role to log in as. On this host's socket root becomes the account of that name."),
  login_password: text()
    .refine((value) => /^[^\0\r\n]+$/.test(revealed(value)), 'expected a password of one line')
    .optional()
    .describe('Its password; none is needed on the socket with the default rules of Debian.'),
  login_host: line().optional().describe('The server, as the host reaches it. Default: the one on the host, by its socket.'),
  login_port: z.coerce.number().int().min(1).max(65_535).optional().describe("The port. Default: psql's own, 5432 as a rule."),
  login_unix_socket: path().optional().describe('The folder of the socket.'),
  ssl_mode: z
    .enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'])
    .optional()
    .describe("Whether the connection is encrypted and the server's certificate checked."),
  ca_cert: path().optional().describe("A file on the host with the certificate of the server's CA."),
  ssl_cert: path().optional().describe('A file on the host with a certificate to log in with.'),
  ssl_key: path().optional().describe('A file on the host with the key of `ssl_cert`.'),
  session_role: postgresName().optional().describe('The role to take on after the login.'),
};

const login = z.object(loginParams);
type LoginParams = z.output<typeof login>;

export const loginAliases = {
  login: 'login_user',
  host: 'login_host',
  port: 'login_port',
  unix_socket: 'login_unix_socket',
  sslrootcert: 'ca_cert',
  ssl_rootcert: 'ca_cert',
};

/** Of the parameters that Ansible's modules for PostgreSQL have in common. */
export const absentFromLogin = {
  trust_input: 'Names and values are always quoted.',
  connect_params: 'Use login_host, login_port, ssl_mode and the others.',
};

export function loginOf(given: LoginParams, database: string): PsqlLogin {
  const { login_user, login_password, login_host, login_port, login_unix_socket, ssl_mode, ca_cert, ssl_cert, ssl_key, session_role } = given;
  const password = login_password === undefined ? undefined : revealed(login_password);
  return {
    user: login_user,
    database,
    host: login_host,
    port: login_port,
    socket: login_unix_socket,
    ...(password !== undefined && { password: new Secret(password), passwordDigest: passwordDigest(password) }),
    sslMode: ssl_mode,
    caCert: ca_cert,
    sslCert: ssl_cert,
    sslKey: ssl_key,
    sessionRole: session_role,
  };
}

/** What was asked for, undefined when the server has none. @throws TaskError when the server could not be asked. */
export function foundIn<Found>(answer: PostgresAnswer<Found>): Found | undefined {
  if (answer.state === 'unusable') throw new TaskError(`PostgreSQL cannot be asked: ${answer.reason}`, hintFor(answer.reason));
  return answer.state === 'present' ? answer.found : undefined;
}

const hints: readonly (readonly [says: RegExp, hint: string])[] = [
  [
    new RegExp(`${noPsql}|You must install at least one postgresql-client`),
    'Install it before: `apt: {name: postgresql}`, or postgresql-client for a server elsewhere.',
  ],
  [
    /No such file or directory|Connection refused|is the server running/i,
    'Start the server before: `systemd: {name: postgresql, state: started}`; `pg_lsclusters` on the host says which there are. For one elsewhere look at login_host and login_port.',
  ],
  [
    /Peer authentication failed|role ".*" does not exist/,
    'On the socket only the account of the same name gets in: add `become: true` (root becomes login_user), or `become_user: postgres`; or give login_host and login_password.',
  ],
  [/no password supplied|password authentication failed/, 'Look at login_user and login_password.'],
  [/database ".*" does not exist/, 'Create it before (module postgresql_db), or name another in login_db.'],
  [/starting up|shutting down|recovery mode/, 'Wait until it is ready, with `retries` and `until`.'],
];

function hintFor(reason: string): string | undefined {
  return hints.find(([says]) => says.test(reason))?.[1];
}

/**
 * A command that runs `sql` on a server in one psql: the statements and the password stand on its standard input alone.
 * What the server complains about is its message, without the statement where that is secret.
 */
export function psqlCommand(given: PsqlLogin, sql: Text): Command {
  const role = given.sessionRole === undefined ? '' : `SET ROLE ${sqlName(given.sessionRole)};\n`;
  const isSecret = sql instanceof Secret;
  // The password's line comes first: read takes no more than that line.
  const password = given.password === undefined ? '' : passLine(given.password).reveal();
  const script = sh`${raw(psqlFunction(given, 'IFS= read -r homerun_line && printf \'%s\\n\' "$homerun_line"'))}
{ homerun_said=$(homerun_psql 2>&1 >&3); homerun_rc=$?; } 3>&1
homerun_said=$(printf '%s\n' "$homerun_said" | sed -e 's/^psql:<stdin>:[0-9]*: //' -e 's/^psql: //' -e 's/^error: //' -e '/^ *\\^$/d')
if [ "$homerun_rc" != 0 ]; then
  printf 'PostgreSQL: %s\n' "$(printf %s "$homerun_said" | tr '\n\t' '  ')" >&2
  exit ${explainsItself}
fi
[ -z "$homerun_said" ] || printf '%s\n' "$homerun_said" >&2`;
  const input = `${password}${isSecret || given.password ? '\\set VERBOSITY terse\n' : ''}${role}${revealed(sql)}\n`;
  return withStdin({ ...script, timeoutSeconds: 3600 }, isSecret || given.password ? new Secret(input) : input);
}

/** The change that `sql` makes on the server that these parameters log in to. */
export function sqlChange(given: LoginParams & { readonly login_db: string }, summary: string, sql: Text): Change {
  return { summary, commands: [psqlCommand(loginOf(given, given.login_db), sql)], writes: ['postgresql:*'] };
}
