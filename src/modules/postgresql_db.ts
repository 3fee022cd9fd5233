import * as z from 'zod';
import { type PostgresDatabase, postgresDatabase } from '../questions/postgresql.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { TaskError } from '../values/errors.ts';
import { sqlName, sqlText } from '../values/sql.ts';
import { defineModule } from './module.ts';
import { bool, line } from './params.ts';
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

const word = () => line().refine((value) => value !== '', 'expected text that is not empty');

const params = z.strictObject({
  name: postgresName().describe('The database.'),
  state: z
    .enum(
      ['present', 'absent'],
      'expected present or absent: dump, restore and rename are left out (use the module command with pg_dump, pg_restore)',
    )
    .default('present')
    .describe('Whether it shall be there.'),
  owner: postgresName().optional().describe('The role that owns it, which must be there. Default: as it is; who logs in for a new one.'),
  encoding: word().optional().describe('Its encoding, such as `UTF8`. Cannot be changed later.'),
  lc_collate: word().optional().describe('Its order of text, such as `C`. Cannot be changed later.'),
  lc_ctype: word().optional().describe('What is a letter in it, such as `C`. Cannot be changed later.'),
  template: postgresName().optional().describe('What a new one is a copy of; `template0` for another encoding or locale than that of the server.'),
  conn_limit: connectionLimit().describe('How many may be connected at a time; -1 for any number.'),
  force: bool().default(false).describe('With `state: absent`: end the connections to it before.'),
  login_db: postgresName().default('postgres').describe('The database to log in to, another than `name`.'),
  ...loginParams,
});
type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Create, change or remove a database of PostgreSQL.',
  params,
  examples: [
    {
      description: 'Have a database as Synapse wants it',
      task: 'postgresql_db:\n  name: synapse\n  owner: synapse\n  encoding: UTF8\n  lc_collate: C\n  lc_ctype: C\n  template: template0',
    },
    { description: 'Remove one that is still in use', task: 'postgresql_db:\n  name: old\n  state: absent\n  force: true' },
  ],
  aliases: { ...loginAliases, db: 'name', maintenance_db: 'login_db' },
  absent: {
    ...absentFromLogin,
    target: 'Dumps are made with the module command and pg_dump.',
    target_opts: 'Dumps are made with the module command and pg_dump.',
    dump_extra_args: 'Dumps are made with the module command and pg_dump.',
    restore_extra_args: 'Dumps are read with the module command and pg_restore.',
    tablespace: 'Use the module postgresql_query with ALTER DATABASE … SET TABLESPACE.',
    comment: 'Use the module postgresql_query with COMMENT ON DATABASE.',
    icu_locale: 'Only locales of the C library are managed.',
    locale_provider: 'Only locales of the C library are managed.',
  },
  ask: (given) => ask({ database: postgresDatabase(loginOf(given, given.login_db), given.name) }),
  plan(given, answers) {
    const { name, state } = given;
    const found = foundIn(answers.database);
    if (state === 'absent') {
      if (!found) return [];
      return [sqlChange(given, `remove database ${name}`, `DROP DATABASE ${sqlName(name)}${given.force ? ' WITH (FORCE)' : ''};`)];
    }
    if (!found) return [sqlChange(given, `create database ${name}`, creation(given))];
    refuseOthers(given, found);
    return modifications(given, found);
  },
  result: ({ name }) => ({ db: name }),
});

function creation({ name, owner, template, encoding, lc_collate, lc_ctype, conn_limit }: Params): string {
  const options = [
    ...(owner === undefined ? [] : [`OWNER ${sqlName(owner)}`]),
    ...(template === undefined ? [] : [`TEMPLATE ${sqlName(template)}`]),
    ...(encoding === undefined ? [] : [`ENCODING ${sqlText(encoding)}`]),
    ...(lc_collate === undefined ? [] : [`LC_COLLATE ${sqlText(lc_collate)}`]),
    ...(lc_ctype === undefined ? [] : [`LC_CTYPE ${sqlText(lc_ctype)}`]),
    ...(conn_limit === undefined ? [] : [`CONNECTION LIMIT ${conn_limit}`]),
  ];
  return `CREATE DATABASE ${[sqlName(name), ...options].join(' ')};`;
}

/** @throws TaskError where the database is of a kind that another would have to be made for. */
function refuseOthers({ name, encoding, lc_collate, lc_ctype }: Params, found: PostgresDatabase): void {
  const compared: readonly (readonly [what: string, wanted: string | undefined, is: string, form: (value: string) => string])[] = [
    ['encoding', encoding, found.encoding, encodingForm],
    ['lc_collate', lc_collate, found.collate, localeForm],
    ['lc_ctype', lc_ctype, found.ctype, localeForm],
  ];
  const different = compared.flatMap(([what, wanted, is, form]) =>
    wanted === undefined || form(wanted) === form(is) ? [] : [`${what} ${is}, not ${wanted}`],
  );
  if (different.length === 0) return;
  throw new TaskError(
    `the database ${name} has ${different.join(', ')}; that cannot be changed`,
    'Ask for what it has; or dump it (pg_dump), remove it (state: absent), run this again, and read the dump back.',
  );
}

/** PostgreSQL takes `utf-8`, `Unicode` and `UTF8` for the same. */
function encodingForm(name: string): string {
  const form = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return form === 'unicode' ? 'utf8' : form.replace(/^iso8859([1-4])$/, 'latin$1').replace(/^windows/, 'win');
}

/** The C library takes `en_US.UTF-8` and `en_US.utf8` for the same, and POSIX for C. */
function localeForm(name: string): string {
  if (name === 'POSIX') return 'C';
  const [language = '', codeset] = name.split('.');
  return codeset === undefined ? language : `${language}.${codeset.toLowerCase().replaceAll('-', '')}`;
}

function modifications(given: Params, found: PostgresDatabase): readonly Change[] {
  const { name, owner, conn_limit } = given;
  const differences: (readonly [what: string, sql: string])[] = [];
  if (owner !== undefined && owner !== found.owner) differences.push([`owner ${owner} (was ${found.owner})`, `OWNER TO ${sqlName(owner)}`]);
  if (conn_limit !== undefined && conn_limit !== found.connLimit)
    differences.push([`conn_limit ${conn_limit} (was ${found.connLimit})`, `CONNECTION LIMIT ${conn_limit}`]);
  if (differences.length === 0) return [];
  const sql = differences.map(([, one]) => `ALTER DATABASE ${sqlName(name)} ${one};`).join('\n');
  return [sqlChange(given, `change database ${name}: ${differences.map(([what]) => what).join(', ')}`, sql)];
}
