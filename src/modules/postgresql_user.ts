import * as z from 'zod';
import { type PostgresRole, postgresRole } from '../questions/postgresql.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret, type Text } from '../values/secret.ts';
import { sqlName, sqlText } from '../values/sql.ts';
import { defineModule } from './module.ts';
import { bool, line, text } from './params.ts';
import {
  absentFromLogin,
  connectionLimit,
  foundIn,
  loginAliases,
  loginOf,
  loginParams,
  postgresName,
  sqlChange,
} from './support/postgresql-login.ts';
import { isStoredPassword } from './support/postgresql-password.ts';

const flags = ['superuser', 'createrole', 'createdb', 'inherit', 'login', 'replication', 'bypassrls'] as const;
type Flag = (typeof flags)[number];

/** `CREATEDB,NOLOGIN` as what shall be of each flag that is named. */
const attributes = () =>
  line().transform((words, context) => {
    const wanted: { [name in Flag]?: boolean } = {};
    for (const word of words.split(/[\s,]+/).filter((one) => one !== '')) {
      const name = word.toLowerCase();
      const flag = flags.find((one) => name === one || name === `no${one}`);
      if (flag === undefined || wanted[flag] !== undefined) {
        const what = flag === undefined ? `expected flags of ${flags.join(', ').toUpperCase()}, or with NO before` : 'expected each flag once';
        context.addIssue({ code: 'custom', message: `${what}, got ${JSON.stringify(word)}` });
        return z.NEVER;
      }
      wanted[flag] = name === flag;
    }
    return wanted;
  });

/** A time in a form that means the same to every server, so that comparing it cannot fail. */
const time = () => line().refine(isTime, 'expected infinity, or a time such as 2030-01-31 or 2030-01-31 12:00:00+00');

const params = z.strictObject({
  name: postgresName().describe('The role.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether it shall be there. One that owns something is not removed.'),
  password: text()
    .refine((value) => !revealed(value).includes('\0'), 'expected a password without NUL characters')
    .optional()
    .describe(
      'Its password, or the hash of it as PostgreSQL stores it; empty for none. It is sent only to be set: whether it is right is told here.',
    ),
  no_password_changes: bool().default(false).describe('Let `password` count only for a role that is created.'),
  role_attr_flags: attributes().optional().describe('Flags with commas between: `CREATEDB,NOLOGIN`. What is not named stays; a new role may log in.'),
  expires: time()
    .optional()
    .describe('When its password ends to be valid, in the time zone of the server unless one is given; `infinity` for never.'),
  conn_limit: connectionLimit().describe('How many connections it may have at a time; -1 for any number.'),
  login_db: postgresName().default('postgres').describe('The database to log in to.'),
  ...loginParams,
});
type Params = z.output<typeof params>;

const byQuery = 'Use the module postgresql_query with GRANT or REVOKE.';

export default defineModule({
  summary: 'Create, change or remove a role (user) of PostgreSQL.',
  params,
  examples: [
    { description: 'A role for Synapse', task: 'postgresql_user:\n  name: synapse\n  password: "{{ secret \'synapse_database_password\' }}"' },
    { description: 'A role that may create databases but not log in', task: 'postgresql_user:\n  name: makers\n  role_attr_flags: CREATEDB,NOLOGIN' },
  ],
  aliases: { ...loginAliases, user: 'name', db: 'login_db' },
  absent: {
    ...absentFromLogin,
    priv: byQuery,
    groups: byQuery,
    fail_on_user: 'A role that owns something is not removed: give it away before (postgresql_query with REASSIGN OWNED).',
    encrypted: "The server's password_encryption decides; a password is never stored plain.",
    comment: 'Use the module postgresql_query with COMMENT ON ROLE.',
    configuration: 'Use the module postgresql_query with ALTER ROLE … SET.',
    reset_unspecified_configuration: 'Use the module postgresql_query with ALTER ROLE … RESET.',
    quote_configuration_values: 'Use the module postgresql_query with ALTER ROLE … SET.',
  },
  ask: (given) => ask({ role: postgresRole(loginOf(given, given.login_db), given.name, given.state === 'present' ? given.expires : undefined) }),
  plan(given, answers) {
    const { name, state, password } = given;
    const found = foundIn(answers.role);
    if (state === 'absent') return found ? [sqlChange(given, `remove role ${name}`, `DROP ROLE ${sqlName(name)};`)] : [];
    const differences = differencesOf(found ? given : { ...given, role_attr_flags: { login: true, ...given.role_attr_flags } }, found);
    const options = [...differences.map(({ option }) => option), ...(mustSetPassword(given, found) ? [passwordOption(password ?? '')] : [])];
    if (!found) return [roleChange(given, `create role ${name}`, 'CREATE', options)];
    if (options.length === 0) return [];
    const what = [...differences.map((one) => one.what), ...(options.length > differences.length ? ['password'] : [])];
    return [roleChange(given, `change role ${name}: ${what.join(', ')}`, 'ALTER', options)];
  },
  result: ({ name }) => ({ user: name }),
});

interface Difference {
  /** For the summary. */
  readonly what: string;
  /** Of CREATE ROLE and ALTER ROLE. */
  readonly option: string;
}

function differencesOf({ role_attr_flags, expires, conn_limit }: Params, found: PostgresRole | undefined): readonly Difference[] {
  const differences: Difference[] = [];
  for (const flag of flags) {
    const wanted = role_attr_flags?.[flag];
    const option = `${wanted ? '' : 'NO'}${flag.toUpperCase()}`;
    if (wanted !== undefined && wanted !== found?.[flag]) differences.push({ what: option, option });
  }
  if (conn_limit !== undefined && conn_limit !== found?.connLimit)
    differences.push({ what: `conn_limit ${conn_limit} (was ${found?.connLimit})`, option: `CONNECTION LIMIT ${conn_limit}` });
  if (expires !== undefined && found?.expiresAsAsked !== true)
    differences.push({ what: `expires ${expires} (was ${found?.expires ?? 'never'})`, option: `VALID UNTIL ${sqlText(expires)}` });
  return differences;
}

/** @throws TaskError where it cannot be told. */
function mustSetPassword({ name, password, no_password_changes, login_user }: Params, found: PostgresRole | undefined): boolean {
  if (password === undefined) return false;
  if (!found) return revealed(password) !== '';
  if (no_password_changes) return false;
  if (!found.password)
    throw new TaskError(
      `whether the password of the role ${name} is right cannot be told: ${login_user} may not read pg_authid`,
      'Log in as a superuser (become_user: postgres); or say no_password_changes: true, so that the password counts only for a new role.',
    );
  return !isStoredPassword(name, revealed(password), found.password);
}

function passwordOption(password: Text): string {
  return revealed(password) === '' ? 'PASSWORD NULL' : `PASSWORD ${sqlText(revealed(password))}`;
}

// The server makes the hash, as its password_encryption says. A superuser can keep the statement out of the server's log; another cannot.
const unlogged = `SELECT set_config(name, value, false) FROM (VALUES ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_error_statement', 'panic')) AS quiet (name, value) WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \\g /dev/null
`;

function roleChange(given: Params, summary: string, verb: 'CREATE' | 'ALTER', options: readonly string[]): Change {
  const sql = `${verb} ROLE ${sqlName(given.name)} WITH ${options.join(' ')};`;
  const hasPassword = options.some((option) => option.startsWith('PASSWORD') && option !== 'PASSWORD NULL');
  return sqlChange(given, summary, hasPassword ? new Secret(unlogged + sql) : sql);
}

function isTime(value: string): boolean {
  if (value === 'infinity') return true;
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)? ?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?$/.exec(
    value,
  );
  if (!match) return false;
  const [, year, month, day] = match.map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  return (year ?? 0) >= 1000 && date.getUTCMonth() === (month ?? 0) - 1 && date.getUTCDate() === day;
}
