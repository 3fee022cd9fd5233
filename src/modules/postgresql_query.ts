import * as z from 'zod';
import { type PostgresAnswer, type PostgresRead, postgresRead, postgresServer } from '../questions/postgresql.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import type { Output } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret, secretIf, type Text } from '../values/secret.ts';
import { sqlName, sqlText } from '../values/sql.ts';
import type { Value, Vars } from '../values/vars.ts';
import { defineModule } from './module.ts';
import { bool, listOf, text } from './params.ts';
import { firstWord, type SqlArguments, type SqlValue, withArguments } from './support/postgresql-arguments.ts';
import { absentFromLogin, foundIn, loginAliases, loginOf, loginParams, postgresName, psqlCommand } from './support/postgresql-login.ts';

const scalar = [z.string(), z.instanceof(Secret), z.number(), z.boolean(), z.null()] as const;
/** Lists of lists are arrays of two dimensions; a recursive type could not be told to editors where the module stands in a playbook. */
const value: z.ZodType<SqlValue> = z.union(
  [...scalar, z.array(z.union([...scalar, z.array(z.union(scalar))]))],
  'expected text, a number, true, false, null, or a list of such',
);

const params = z
  .strictObject({
    query: listOf(text().refine((query) => /[^\s;]/.test(revealed(query)) && !revealed(query).includes('\0'), 'expected a statement of SQL'))
      .refine((queries) => queries.length > 0, 'expected a statement of SQL')
      .describe('A statement of SQL, or a list of them, which are done in one transaction.'),
    positional_args: listOf(value)
      .optional()
      .describe('Values for each `%s` in the query, in turn; `%%` is then a percent sign. Always values, never SQL.'),
    named_args: z.record(z.string(), value).optional().describe('Values for each `%(name)s` in the query.'),
    search_path: listOf(postgresName()).default([]).describe('Schemas in which names without one are looked for.'),
    autocommit: bool()
      .default(false)
      .describe('Run each statement outside of a transaction, as VACUUM and ALTER SYSTEM want it. What writes then gives no rows.'),
    login_db: postgresName().default('postgres').describe('The database.'),
    ...loginParams,
  })
  .superRefine((given, context) => {
    const problem = problemOf(given);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
type Params = z.output<typeof params>;

export default defineModule({
  summary:
    'Run SQL in a database of PostgreSQL; what only reads is no change, what writes is one wherever it affects a row or is no INSERT, UPDATE, DELETE or MERGE.',
  params,
  examples: [
    {
      description: 'Look something up',
      task: 'postgresql_query:\n  login_db: synapse\n  query: SELECT name FROM users WHERE admin = %s\n  positional_args: [1]\nregister: admins',
    },
    {
      description: 'Change what differs, and nothing on a rerun',
      task: "postgresql_query:\n  login_db: shop\n  query: UPDATE settings SET value = %(v)s WHERE name = 'title' AND value <> %(v)s\n  named_args: {v: It's open}",
    },
  ],
  aliases: { ...loginAliases, db: 'login_db' },
  absent: {
    ...absentFromLogin,
    encoding: 'The statements are UTF-8, as is what comes back.',
    as_single_query: 'Each entry of `query` is sent as it is.',
    path_to_script: 'Use the module command with psql -f.',
  },
  *ask(given) {
    const login = loginOf(given, given.login_db);
    const queries = statementsOf(given).map(revealed);
    if (!queries.every(isReading)) return { ...(yield* ask({ server: postgresServer(login) })), reads: [] };
    const named = queries.map((query, index) => [`query${index + 1}`, postgresRead(login, query, given.search_path)] as const);
    return { server: undefined, reads: Object.values(yield* ask(Object.fromEntries(named))) };
  },
  plan(given, { server, reads }) {
    if (server) foundIn(server);
    const rows = rowsOf(reads);
    return rows === undefined || server ? [change(given)] : [];
  },
  result: (given, { server, reads }, outputs) => {
    const done = outputs.length > 0 || server ? doneBy(outputs) : rowsOf(reads)?.map((rows) => ({ count: rows.length, rows }));
    return resultOf(given, done ?? []);
  },
  hadEffect: (given, outputs) => {
    const done = doneBy(outputs);
    return statementsOf(given).some((query, index) => !isCounted(revealed(query)) || (done[index]?.count ?? 1) > 0);
  },
});

type Rows = readonly { readonly [column: string]: unknown }[];

/** What a statement did: how many rows it gave or affected, and those that it gave. */
interface Done {
  readonly count: number;
  readonly rows: Rows;
}

function problemOf({ query, positional_args, named_args }: Pick<Params, 'query' | 'positional_args' | 'named_args'>): string | undefined {
  if (positional_args && named_args) return 'expected either positional_args or named_args';
  try {
    for (const one of query) fill(one, positional_args ?? named_args);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function fill(query: Text, given: SqlArguments | undefined): Text {
  return given === undefined ? query : withArguments(query, given);
}

function statementsOf({ query, positional_args, named_args }: Params): readonly Text[] {
  return query.map((one) => fill(one, positional_args ?? named_args));
}

/** Whether it is worth trying in a transaction that cannot write: the server has the last word. */
function isReading(query: string): boolean {
  return ['select', 'with', 'table', 'values', 'show', 'explain'].includes(firstWord(query));
}

/** Whether the number of its rows says if it changed anything. */
function isCounted(query: string): boolean {
  return ['insert', 'update', 'delete', 'merge'].includes(firstWord(query));
}

/** What each query gave, undefined when one of them would write. @throws TaskError for what the server refuses. */
function rowsOf(reads: readonly PostgresAnswer<PostgresRead>[]): readonly Rows[] | undefined {
  const all: Rows[] = [];
  for (const read of reads) {
    const found = foundIn(read);
    if (!found || 'writes' in found) return undefined;
    if ('code' in found) throw new TaskError(`PostgreSQL refuses the query: ${found.message} (SQLSTATE ${found.code})`);
    all.push(found.rows);
  }
  return all;
}

function change(given: Params): Change {
  const statements = statementsOf(given);
  const path = given.search_path.length === 0 ? '' : `SET search_path TO ${given.search_path.map(sqlName).join(', ')};\n`;
  const sql = path + (given.autocommit ? statements.map(alone).join('\n') : together(statements));
  const command = psqlCommand(
    loginOf(given, given.login_db),
    secretIf(
      statements.some((one) => one instanceof Secret),
      sql,
    ),
  );
  return { summary: given.query.map(summaryOf).join('; '), commands: [command], writes: ['*'], opaque: true };
}

function summaryOf(query: Text): string {
  if (query instanceof Secret) return 'run a secret query';
  const line = query.trim().replaceAll(/\s+/g, ' ');
  return `run ${line.length > 100 ? `${line.slice(0, 99)}…` : line}`;
}

/** As text to the server, which runs it: psql itself does not look for its own commands and variables in it. */
function alone(query: Text): string {
  return `\\o /dev/null\nSELECT ${sqlText(revealed(query))} \\gexec\n\\o`;
}

// Whether a statement gives rows is known to the server alone: one that does not cannot be looped over, and is then simply run.
function together(queries: readonly Text[]): string {
  const each = queries.map((query) => {
    const literal = sqlText(revealed(query));
    return `  rows := '{}';
  BEGIN
    FOR one IN EXECUTE ${literal} LOOP rows := array_append(rows, row_to_json(one)::text); END LOOP;
    count := cardinality(rows);
  EXCEPTION WHEN invalid_cursor_definition THEN
    EXECUTE ${literal};
    GET DIAGNOSTICS count = ROW_COUNT;
  END;
  done := array_append(done, '{"count":' || count || ',"rows":[' || array_to_string(rows, ',') || ']}');
`;
  });
  const body = `DECLARE one record; count bigint; rows text[]; done text[] := '{}';
BEGIN
${each.join('')}  PERFORM set_config('homerun.done', '[' || array_to_string(done, ',') || ']', false);
END`;
  return `DO ${sqlText(body)};\nSELECT current_setting('homerun.done');`;
}

const doneForm = z.array(z.object({ count: z.number(), rows: z.array(z.record(z.string(), z.unknown())) }));

/** What `together` printed; empty where nothing was run, or alone. */
function doneBy(outputs: readonly Output[]): readonly Done[] {
  const said = outputs.at(-1)?.stdout.trim() ?? '';
  if (said === '') return [];
  try {
    return doneForm.parse(JSON.parse(said));
  } catch {
    throw new TaskError('what PostgreSQL gave for the query is not understood', 'It may be longer than can be read: ask for less.');
  }
}

/** Ansible's names. A secret query is not among them, nor a value that was put into one. */
function resultOf({ query }: Params, done: readonly Done[]): Vars {
  const shown = query.map((one) => (one instanceof Secret ? '***' : one));
  const results = done.map(({ rows }) => rows as readonly Value[]);
  return {
    query: shown.at(-1) ?? '',
    query_list: shown,
    rowcount: done.reduce((sum, { count }) => sum + count, 0),
    query_result: results.at(-1) ?? [],
    query_all_results: results,
  };
}
