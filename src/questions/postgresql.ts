import * as z from 'zod';
import { quote } from '../values/command.ts';
import { sqlName, sqlText } from '../values/sql.ts';
import { fromBase64, linesOf, splitParts } from './parts.ts';
import { type PsqlLogin, passLine, psqlFunction } from './psql.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** What was asked, or why the server cannot be asked. */
export type PostgresAnswer<Found> =
  | { readonly state: 'unusable'; readonly reason: string }
  /** The server answers, and has no such thing. */
  | { readonly state: 'absent' }
  | { readonly state: 'present'; readonly found: Found };

export type PostgresDatabase = z.output<typeof databaseForm>;
export type PostgresRole = z.output<typeof roleForm>;
export type PostgresRead = z.output<typeof readForm>;

/** A database of a server. */
export function postgresDatabase(login: PsqlLogin, name: string): Question<PostgresAnswer<PostgresDatabase>> {
  return question(databaseKind, { login, sql: databaseSql(name) });
}

/** A role of a server. @param expires a time, valid as the server writes them: the answer says whether it is the role's. */
export function postgresRole(login: PsqlLogin, name: string, expires?: string): Question<PostgresAnswer<PostgresRole>> {
  return question(roleKind, { login, ...roleSql(name, expires) });
}

/** Whether the server lets in. */
export function postgresServer(login: PsqlLogin): Question<PostgresAnswer<{ readonly version: number }>> {
  return question(serverKind, { login, sql: "SELECT json_build_object('version', current_setting('server_version_num')::int)" });
}

/** What a query that only reads gives, asked in a transaction that the server keeps from writing, and takes back. */
export function postgresRead(login: PsqlLogin, query: string, searchPath: readonly string[]): Question<PostgresAnswer<PostgresRead>> {
  return question(readKind, { login, sql: query, searchPath });
}

/** Something to ask: SQL that gives one row with one JSON value, or no row. */
interface Asked {
  readonly login: PsqlLogin;
  readonly sql: string;
  /** The same for who may not look into pg_authid. */
  readonly otherwise?: string;
  readonly searchPath?: readonly string[];
}

const databaseForm = z.object({
  owner: z.string().nullable(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  connLimit: z.number().int(),
});

// The catalogue's columns of PostgreSQL 12 to 18.
function databaseSql(name: string): string {
  return `SELECT json_build_object('owner', r.rolname, 'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype, 'connLimit', d.datconnlimit) FROM pg_database d LEFT JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = ${sqlText(name)}`;
}

const storedPassword = z.discriminatedUnion('method', [
  z.object({ method: z.literal('none') }),
  /** Its digest is the SHA-256 of what is stored, hexadecimal: the keys in it stay on the host. */
  z.object({
    method: z.literal('scram'),
    iterations: z.string().regex(/^[1-9]\d{0,5}$/),
    salt: z.string().regex(/^[A-Za-z0-9+/]{4,}={0,2}$/),
    digest: z.string(),
  }),
  z.object({ method: z.literal('md5'), digest: z.string() }),
]);
export type StoredPassword = z.output<typeof storedPassword>;

const roleForm = z.object({
  superuser: z.boolean(),
  inherit: z.boolean(),
  createrole: z.boolean(),
  createdb: z.boolean(),
  login: z.boolean(),
  replication: z.boolean(),
  bypassrls: z.boolean(),
  connLimit: z.number().int(),
  expires: z.string().nullable(),
  /** Absent unless a time was asked for. */
  expiresAsAsked: z.boolean().nullish(),
  /** Absent where the login may not see it. */
  password: storedPassword.nullish(),
});

function roleSql(name: string, expires: string | undefined): Pick<Asked, 'sql' | 'otherwise'> {
  const flags = ['inherit', 'createrole', 'createdb', 'replication', 'bypassrls'].map((flag) => `'${flag}', r.rol${flag}`);
  const asAsked = expires === undefined ? '' : `, 'expiresAsAsked', coalesce(r.rolvaliduntil, 'infinity') = ${sqlText(expires)}::timestamptz`;
  const select = (more: string, from: string) =>
    `SELECT json_build_object(${flags.join(', ')}, 'superuser', r.rolsuper, 'login', r.rolcanlogin, 'connLimit', r.rolconnlimit, 'expires', r.rolvaliduntil::text${asAsked}${more}) FROM ${from} r WHERE r.rolname = ${sqlText(name)}`;
  const digest = "'digest', encode(sha256(convert_to(r.rolpassword, 'UTF8')), 'hex')";
  const password = `CASE WHEN r.rolpassword LIKE 'SCRAM-SHA-256$%' THEN json_build_object('method', 'scram', 'iterations', split_part(split_part(r.rolpassword, '$', 2), ':', 1), 'salt', split_part(split_part(r.rolpassword, '$', 2), ':', 2), ${digest}) WHEN r.rolpassword IS NOT NULL THEN json_build_object('method', 'md5', ${digest}) ELSE json_build_object('method', 'none') END`;
  // Only a superuser may look into pg_authid; others see the same without passwords.
  return { sql: select(`, 'password', ${password}`, 'pg_authid'), otherwise: select('', 'pg_roles') };
}

const readForm = z.union([
  z.object({ rows: z.array(z.record(z.string(), z.unknown())) }),
  /** It would write, or is several statements: it was not run. */
  z.object({ writes: z.literal(true) }),
  z.object({ code: z.string(), message: z.string() }),
]);

/** sh that answers one login's questions in one process, a part for each. */
function scriptOf(statements: (asked: Asked) => string): (params: readonly Asked[]) => string {
  return (params) => [preamble, ...groupsOf(params).map((group) => groupScript(group, statements))].join('\n');
}

// Lines of answers begin with `=`; all others are words of psql's, of which the number of a line depends on what else is asked.
const preamble = `homerun_answers() {
  said=$(cat)
  status=\${said##*"$nl"} said=\${said%"$nl"*}
  if [ "$status" = 0 ]; then printf '%s\\n' "$said" | sed -n 's/^=//p' | sed 's/$/\\
./'
  else
    reason=$(printf '%s\\n' "$said" | sed -e '/^=/d' -e 's/^psql:<stdin>:[0-9]*: //' -e 's/^psql: //' -e 's/^error: //' | tr '\\n\\t' '  ' | head -c 2000 | base64 | tr -d '\\n')
    for one in $1; do printf '!%s\\n.\\n' "$reason"; done
  fi
}
nl='
'`;

function groupScript(group: readonly Asked[], statements: (asked: Asked) => string): string {
  const [first] = group;
  if (!first) return '';
  const { login } = first;
  const role = login.sessionRole === undefined ? '' : `SET ROLE ${sqlName(login.sessionRole)};\n`;
  // A notice may say anything, a line that looks like an answer too.
  const sql = `\\set VERBOSITY terse\nSET client_min_messages TO error;\n${role}SELECT has_table_privilege('pg_authid', 'select') AS may_see \\gset\n${group.map(statements).join('\n')}\n`;
  // A builtin prints it: no argument list holds it.
  const line = login.password === undefined ? ':' : `printf %s ${quote(passLine(login.password).reveal())}`;
  return `(
${psqlFunction(login, line)}
{ printf %s ${quote(sql)} | homerun_psql 2>&1; printf '\\n%s' "$?"; } | homerun_answers ${quote(group.map((_, index) => index).join(' '))}
)`;
}

/** The value as one line of base64: it may hold any character. */
function lineOf(value: string): string {
  return `'=' || translate(encode(convert_to(${value}, 'UTF8'), 'base64'), E'\\n', '')`;
}

function stateSql({ sql, otherwise }: Asked): string {
  const select = (one: string) => `SELECT ${lineOf(`coalesce((${one})::text, 'null')`)};`;
  return otherwise === undefined ? select(sql) : `\\if :may_see\n${select(sql)}\n\\else\n${select(otherwise)}\n\\endif`;
}

function readSql({ sql, searchPath = [] }: Asked): string {
  const body = `DECLARE one record; rows text[] := '{}';
BEGIN
  FOR one IN EXECUTE ${sqlText(sql)} LOOP rows := array_append(rows, row_to_json(one)::text); END LOOP;
  PERFORM set_config('homerun.said', '{"rows":[' || array_to_string(rows, ',') || ']}', false);
EXCEPTION
  WHEN read_only_sql_transaction OR invalid_cursor_definition THEN PERFORM set_config('homerun.said', '{"writes":true}', false);
  WHEN OTHERS THEN PERFORM set_config('homerun.said', json_build_object('code', SQLSTATE, 'message', SQLERRM)::text, false);
END`;
  const path = searchPath.length === 0 ? '' : `SET LOCAL search_path TO ${searchPath.map(sqlName).join(', ')};\n`;
  return `BEGIN READ ONLY;\n${path}DO ${sqlText(body)};\nSELECT ${lineOf("current_setting('homerun.said')")};\nROLLBACK;`;
}

/** What is asked of each login together, each once. */
function groupsOf(params: readonly Asked[]): readonly (readonly Asked[])[] {
  const groups = new Map<string, Map<string, Asked>>();
  for (const asked of params) {
    const group = groups.get(JSON.stringify(asked.login)) ?? new Map<string, Asked>();
    group.set(keyOf(asked), asked);
    groups.set(JSON.stringify(asked.login), group);
  }
  return [...groups.values()].map((group) => [...group.values()]);
}

function keyOf(asked: Asked): string {
  return JSON.stringify(asked);
}

function splitAsked(output: string, params: readonly Asked[]): readonly string[] {
  const asked = groupsOf(params).flat();
  const parts = splitParts(output, asked.length);
  const byKey = new Map(asked.map((one, index) => [keyOf(one), parts[index] ?? '']));
  return params.map((one) => byKey.get(keyOf(one)) ?? '');
}

function parseAs<Found>(form: z.ZodType<Found>): (part: string) => PostgresAnswer<Found> {
  return (part) => {
    const said = linesOf(part).join('');
    if (said.startsWith('!')) return { state: 'unusable', reason: fromBase64(said.slice(1)).trim() };
    const answer: unknown = JSON.parse(fromBase64(said));
    if (answer === null) return { state: 'absent' };
    const read = form.safeParse(answer);
    if (!read.success) throw new Error(`PostgreSQL describes it in a form that is not understood: ${read.error.issues[0]?.message}`);
    return { state: 'present', found: read.data };
  };
}

function kindOf<Found>(kind: string, form: z.ZodType<Found>): QuestionKind<Asked, PostgresAnswer<Found>> {
  return {
    kind,
    reads: () => ['postgresql:*', 'package:*', 'unit:*'],
    script: scriptOf(stateSql),
    split: splitAsked,
    parse: parseAs(form),
  };
}

export const databaseKind = kindOf('postgresql database', databaseForm);
export const roleKind = kindOf('postgresql role', roleForm);
export const serverKind = kindOf('postgresql server', z.object({ version: z.number() }));
export const readKind: QuestionKind<Asked, PostgresAnswer<PostgresRead>> = {
  ...kindOf('postgresql query', readForm),
  // What a query reads may be anything, and may change by itself.
  reads: () => ['*'],
  atTurn: true,
  volatile: true,
  script: scriptOf(readSql),
  timeoutSeconds: () => 600,
};
