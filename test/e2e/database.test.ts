// PostgreSQL on the server, in a container and elsewhere, and the way to it from SQLite with nothing lost.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as z from 'zod';
import type { Vars } from '../../src/values/vars.ts';
import { hostNamed, onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { postgresImage } from '../lab/postgres.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';
import { openPorts } from './open-ports.ts';

const name = 'e2e-database';
const folder = mkdtempSync(join(tmpdir(), 'homerun-database-'));
const data = '/var/matrix-synapse-data';
/** With all that a line of libpq's password file, a shell and SQL could stumble over. */
const password = `p:a\\b 'x"$1`;
const steps = ['playbooks/postgresql.yaml', 'playbooks/synapse.yaml', 'playbooks/administrator.yaml'];

let lab: Lab;
let inventory: MatrixInventory;
/** The administrator's of the host boxed. */
let boxedToken = '';
/** Variables of each host, as its owner would edit them. */
const variables: Record<string, Vars> = {
  boxed: { matrix_database: 'container', matrix_database_image: postgresImage },
  // Without its pauses what a new server does in the background is done at once: it is waited for before a copy.
  moved: { matrix_database: 'sqlite', matrix_synapse_settings: { trusted_key_servers: [], background_updates: { sleep_duration_ms: 0 } } },
};

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({
    name,
    hosts: [homeserverRequest('boxed', 'baked'), homeserverRequest('moved', 'baked')],
    postgres: true,
    say: (line) => t.log(line),
  });
  const ran = await runWith({});
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  boxedToken = (await login('boxed', 'admin', inventory.adminPassword)).access_token ?? '';
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs playbooks with these variables of hosts from now on. */
async function runWith(changed: Record<string, Vars>, playbooks: readonly string[] = steps, ...more: readonly string[]): Promise<JsonRan> {
  for (const [host, vars] of Object.entries(changed)) variables[host] = { ...variables[host], ...vars };
  inventory = await writeInventory(lab, { folder, variables: { matrix_database_password: password }, hostVariables: variables });
  return converge('run', [...playbooks, '-i', inventory.folder, ...more]);
}

async function on(host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, host, script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout.trim();
}

/** SQL as the superuser. */
const sql = (host: string, query: string, database = 'synapse') =>
  on(
    host,
    `cd / && ${host === 'boxed' ? 'psql -h /var/lib/matrix-postgresql/socket -U root' : 'runuser -u postgres -- psql'} -XAtq -d ${database} <<'SQL'\n${query}\nSQL`,
  );

const answer = z.looseObject({
  access_token: z.string().optional(),
  room_id: z.string().optional(),
  event_id: z.string().optional(),
  errcode: z.string().optional(),
});

/** A request to Synapse of a host, past nginx. */
async function ask(host: string, method: string, path: string, token: string | undefined, body?: object, port = 8008) {
  const authorization = token === undefined ? '' : `-H 'Authorization: Bearer ${token}'`;
  const said = await on(
    host,
    `curl -sS --max-time 60 -X ${method} ${authorization} -H 'Content-Type: application/json' --data-binary @- 'http://127.0.0.1:${port}${path}' <<'BODY'\n${JSON.stringify(body ?? {})}\nBODY`,
  );
  return answer.parse(JSON.parse(said));
}

const login = (host: string, user: string, secret: string, port?: number) =>
  ask(
    host,
    'POST',
    '/_matrix/client/v3/login',
    undefined,
    { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password: secret },
    port,
  );

/** Synapse works with its database. A connection that was cut is noticed by the request that meets it, one after another. */
async function isServed(t: ExecutionContext): Promise<void> {
  const users = () => ask('boxed', 'GET', '/_synapse/admin/v2/users', boxedToken);
  let answered = await users();
  for (let tries = 0; tries < 50 && answered['total'] !== 1; tries += 1) answered = await users();
  t.is(answered['total'], 1, JSON.stringify(answered));
}

const failure = (ran: JsonRan) => ran.tasks.find(({ status }) => status === 'failed');
const startOf = (host: string, container = 'synapse') => on(host, `docker inspect -f '{{.State.StartedAt}} {{.RestartCount}}' ${container}`);

test.serial('in a container: the database is as Synapse wants it, nothing listens, and a second run changes nothing', async (t) => {
  t.is(
    await sql(
      'boxed',
      `SELECT pg_encoding_to_char(encoding), datcollate, datctype, pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'synapse'`,
    ),
    'UTF8|C|C|synapse',
  );
  t.is(await sql('boxed', `SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'synapse'`), 'f|f|f');
  t.is(await sql('boxed', 'SELECT name FROM users'), '@admin:boxed.lab.test');
  t.is(await on('boxed', "docker inspect -f '{{.HostConfig.NetworkMode}} {{len .HostConfig.PortBindings}}' synapse-postgresql"), 'none 0');
  // nginx is there with the image of the host, and its page of nobody's.
  t.deepEqual(await openPorts(lab, 'boxed'), ['tcp 22 sshd', 'tcp 80 nginx']);
  t.is(await on('boxed', `stat -c '%u:%g %a' ${data}/postgresql.passfile`), '991:991 600');
  t.regex(await on('boxed', `grep -A 9 '^database:' ${data}/homeserver.yaml`), /passfile: "?\/data\/postgresql\.passfile/);
  t.notRegex(await on('boxed', `cat ${data}/homeserver.yaml; docker inspect synapse synapse-postgresql`), /p:a|password: /);
  const again = await runWith({});
  t.deepEqual(again.changed, [], complaint(again));
});

test.serial('an image of another major version than the files is refused before anything is touched', async (t) => {
  const ran = await runWith({}, steps, '-l', 'boxed', '-e', 'matrix_database_image=docker.io/library/postgres:9.6');
  t.is(ran.exitCode, 2);
  t.regex(failure(ran)?.message ?? '', /are those of PostgreSQL \d+, and matrix_database_image is docker\.io\/library\/postgres:9\.6/);
  t.deepEqual(ran.changed, []);
});

/** A run with variables that are refused: why, once it is seen that nothing was changed. */
async function refusedWith(t: ExecutionContext, host: string, vars: Vars, playbooks: readonly string[] = steps): Promise<string> {
  const seen = `docker inspect -f '{{.Id}} {{.Name}} {{.State.StartedAt}}' $(docker ps -aq) | sort; ls -d /var/*synapse-data* /var/lib/*postgresql* 2>/dev/null || :`;
  const before = await on(host, seen);
  const ran = await runWith({}, playbooks, '-l', host, '-e', JSON.stringify(vars));
  t.is(ran.exitCode, 2, complaint(ran));
  t.deepEqual(ran.changed, []);
  t.is(await on(host, seen), before);
  return failure(ran)?.message ?? '';
}

test.serial('another folder, in which no database is, is refused: an empty one would take the place of the one that is used', async (t) => {
  t.regex(
    await refusedWith(t, 'boxed', { matrix_database_folder: '/var/lib/new-postgresql' }),
    /has its users and messages in PostgreSQL, in \/var\/lib\/matrix-postgresql, and .* \/var\/lib\/new-postgresql, there is no database: .*mv \/var\/lib\/matrix-postgresql\/data \/var\/lib\/new-postgresql\//,
  );
  // So it is where they have other names.
  await on('boxed', 'docker rename synapse-postgresql aside && docker rename synapse aside-too');
  t.regex(
    await refusedWith(t, 'boxed', {
      matrix_database_folder: '/var/lib/new-postgresql',
      matrix_database_container: 'aside',
      matrix_synapse_container: 'aside-too',
      matrix_database_image: 'docker.io/library/postgres:9.6',
    }),
    /in PostgreSQL, in \/var\/lib\/matrix-postgresql, and/,
  );
  await on('boxed', 'docker rename aside synapse-postgresql && docker rename aside-too synapse');
  // Unless that is wanted: a backup is to be restored.
  const empty = { matrix_database_folder: '/var/lib/new-postgresql', matrix_database_allow_empty: true };
  const checked = await converge('check', [...steps, '-i', inventory.folder, '-l', 'boxed', '-e', JSON.stringify(empty)]);
  t.is(checked.exitCode, 3, complaint(checked));
  t.true(checked.changed.includes('boxed: Run PostgreSQL, without a network'), checked.changed.join());
});

test.serial('a container under another name is refused while that of the old name has its files, and taken once it is renamed', async (t) => {
  const renamed: readonly (readonly [container: string, variables: Vars, says: RegExp])[] = [
    [
      'synapse-postgresql',
      { matrix_database_container: 'database' },
      /matrix_database_container is database, and the container synapse-postgresql of this host has \/var\/lib\/matrix-postgresql\/data already: .* docker rename synapse-postgresql database\. .* set matrix_database_folder to another/,
    ],
    [
      'synapse',
      { matrix_synapse_container: 'homeserver' },
      /matrix_synapse_container is homeserver, and the container synapse of this host has \/var\/matrix-synapse-data already: .* docker rename synapse homeserver\. /,
    ],
  ];
  for (const [container, variables, says] of renamed) {
    t.regex(await refusedWith(t, 'boxed', variables), says);
    const [name = ''] = Object.values(variables).map(String);
    await on('boxed', `docker rename ${container} ${name}`);
    const taken = await runWith({}, steps, '-l', 'boxed', '-e', JSON.stringify(variables));
    t.deepEqual([taken.exitCode, taken.changed], [0, []], complaint(taken));
    await on('boxed', `docker rename ${name} ${container}`);
  }
});

test.serial('another homeserver in the place of the one that runs is refused, and so are the services of calls under other names', async (t) => {
  t.regex(
    await refusedWith(t, 'boxed', { matrix_instance: 'other' }),
    /matrix_synapse_container is other-synapse, and the container synapse of this host has its port, 8008\. .*set matrix_synapse_port to another port/,
  );
  const calls = ['playbooks/matrix-rtc.yaml'];
  const withCalls = { matrix_rtc: true, matrix_rtc_secret: 'x'.repeat(32) };
  await on('boxed', `docker create --name earlier -v /etc/matrix-rtc:/etc/matrix-rtc:ro ${postgresImage}`);
  t.regex(
    await refusedWith(t, 'boxed', withCalls, calls),
    /matrix_rtc_livekit_container is livekit, and the container earlier of this host, which is stopped, has \/etc\/matrix-rtc already: .* docker rename earlier livekit\. /,
  );
  // Without calls it is nobody's business.
  const without = await runWith({}, calls, '-l', 'boxed');
  t.deepEqual([without.exitCode, without.changed], [0, []], complaint(without));
  await on('boxed', `docker rm earlier; docker create --name earlier -v /etc/matrix-rtc/keys.yaml:/etc/matrix-rtc/keys.yaml:ro ${postgresImage}`);
  t.regex(await refusedWith(t, 'boxed', withCalls, calls), /matrix_rtc_jwt_container is lk-jwt-service, and the container earlier /);
  await on('boxed', 'docker rm earlier');
});

test.serial('on the server another port than that of PostgreSQL is refused', async (t) => {
  const port = { matrix_database: 'host', matrix_database_port: 5433 };
  t.regex(
    await refusedWith(t, 'moved', { ...port, matrix_synapse_data_folder: '/var/none', matrix_synapse_container: 'none', matrix_synapse_port: 8020 }),
    /matrix_database_port is 5433, and PostgreSQL 15 of this host will have port 5432/,
  );
});

test.serial('another role of the server and another password do not get in', async (t) => {
  const tries = await on(
    'boxed',
    `docker exec -i -u 991:991 synapse python - <<'PYTHON'
import psycopg2
for given in ({"user": "root"}, {"user": "postgres"}, {"user": "synapse", "password": "wrong"}, {"user": "synapse", "passfile": "/data/postgresql.passfile"}):
    try: psycopg2.connect(host="/run/matrix-postgresql", dbname="synapse", **given); print("in")
    except psycopg2.OperationalError as error: print("out")
PYTHON`,
  );
  t.deepEqual(tries.split('\n'), ['out', 'out', 'out', 'in']);
});

test.serial('another password reaches the role and the file alone: Synapse is not restarted, and its next connections use it', async (t) => {
  const before = await startOf('boxed');
  const ran = await runWith({ boxed: { matrix_database_password: 'another one' } });
  t.deepEqual(
    ran.changed,
    ['boxed: Create the role of Synapse', 'boxed: Keep the password of the database where Synapse alone reads it'],
    complaint(ran),
  );
  await sql('boxed', `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'synapse'`);
  await isServed(t);
  t.is(await startOf('boxed'), before);
});

const settings = ['boxed: Fit it to the memory of the machine', 'boxed: Use the new settings of PostgreSQL'];

test.serial('a setting of PostgreSQL is taken while it runs where that can be, else by a restart of PostgreSQL alone', async (t) => {
  const [synapse, server] = [await startOf('boxed'), await startOf('boxed', 'synapse-postgresql')];
  const reloaded = await runWith({ boxed: { matrix_database_settings: { work_mem: '9MB' } } });
  t.deepEqual(reloaded.changed, settings, complaint(reloaded));
  t.is(await sql('boxed', 'SHOW work_mem'), '9MB');
  t.is(await startOf('boxed', 'synapse-postgresql'), server);
  const restarted = await runWith({ boxed: { matrix_database_settings: { max_connections: 61 } } });
  t.deepEqual(restarted.changed, settings, complaint(restarted));
  t.is(await sql('boxed', 'SHOW max_connections'), '61');
  t.not(await startOf('boxed', 'synapse-postgresql'), server);
  t.is(await startOf('boxed'), synapse);
  await isServed(t);
});

test.serial('settings that PostgreSQL does not start with give way to those before, and the run says why', async (t) => {
  const ran = await runWith({ boxed: { matrix_database_settings: { max_connections: 61, shared_preload_libraries: 'nothing_of_that_kind' } } });
  t.is(ran.exitCode, 2);
  t.regex(
    failure(ran)?.message ?? '',
    /does not start with its new settings: .*nothing_of_that_kind.*Those before are back, and PostgreSQL runs with them/,
  );
  await isServed(t);
  // The handler that failed is still owed.
  const again = await runWith({ boxed: { matrix_database_settings: { max_connections: 61 } } });
  t.deepEqual(again.changed, settings.slice(1), complaint(again));
});

/** What is in the room, newest first. */
async function messages(token: string, room: string): Promise<readonly string[]> {
  const said = await ask('moved', 'GET', `/_matrix/client/v3/rooms/${room}/messages?dir=b&limit=50`, token);
  const chunk = z.array(z.looseObject({ content: z.looseObject({ body: z.string().optional() }) })).parse(said['chunk']);
  return chunk.flatMap(({ content }) => content.body ?? []);
}

const say = (token: string, room: string, body: string) =>
  ask('moved', 'PUT', `/_matrix/client/v3/rooms/${room}/send/m.room.message/${encodeURIComponent(body)}`, token, { msgtype: 'm.text', body });

/** The admin's, from before the move: it stays valid. */
let token = '';
let room = '';

test.serial('a server with SQLite whose variable says PostgreSQL is refused, with what to do, and nothing is touched', async (t) => {
  token = (await login('moved', 'admin', inventory.adminPassword)).access_token ?? '';
  room = encodeURIComponent((await ask('moved', 'POST', '/_matrix/client/v3/createRoom', token, { name: '家' })).room_id ?? '');
  for (const body of ['第一条 🔑', 'to be redacted']) await say(token, room, body);
  const look = `sha256sum ${data}/homeserver.yaml; ls -A ${data}; dpkg -l | grep -c postgresql-1 || true`;
  const before = [await on('moved', look), await startOf('moved')];
  const ran = await runWith({ moved: { matrix_database: 'host' } }, steps, '-l', 'moved');
  t.is(ran.exitCode, 2);
  t.regex(
    failure(ran)?.message ?? '',
    /SQLite \(.*homeserver\.db\), and matrix_database is host: .*playbooks\/sqlite-to-postgresql\.yaml; or set matrix_database to sqlite/,
  );
  t.deepEqual([await on('moved', look), await startOf('moved')], before);
});

const move = ['playbooks/sqlite-to-postgresql.yaml'];

/** Rows of a table that is copied once, whose numbers and bytes say which they are; as Synapse itself writes them, past it. */
const rowsOf = (statements: string) =>
  on(
    'moved',
    `docker exec -i -u 991:991 synapse python - <<'PYTHON'
import sqlite3, time
with sqlite3.connect("/data/homeserver.db", timeout=60) as database:
    add = lambda row, answer: database.execute("INSERT INTO received_transactions (rowid, transaction_id, origin, ts, response_json) VALUES (?, ?, 'far.test', ?, ?)", (row, str(row), time.time() * 1000 // 1, answer))
    ${statements}
PYTHON`,
  );

test.serial(
  'the copy is made while Synapse runs with SQLite, what happens then is not lost by the switch, and a copy that differs is not switched to',
  async (t) => {
    t.timeout(300_000);
    await rowsOf('add(50, b"stays"); add(60, b"goes"); add(70, b"\\x00before")');
    const copied = await runWith({}, move, '-l', 'moved', '--tags', 'copy');
    t.is(copied.exitCode, 0, complaint(copied));
    t.regex(await on('moved', `cat ${data}/homeserver.yaml`), /^ {2}name: "?sqlite3"?$/m);
    t.is(await sql('moved', 'SELECT count(*) FROM users'), '1');
    // Rows that are there already change (the password) or go, others come, one of them before the last that was copied.
    await rowsOf(
      'database.execute("DELETE FROM received_transactions WHERE rowid = 60"); database.execute("UPDATE received_transactions SET response_json = ? WHERE rowid = 70", (b"\\x00after",)); add(65, b"late"); add(80, b"new")',
    );
    const change = {
      new_password: 'a new one',
      logout_devices: false,
      auth: { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'admin' }, password: inventory.adminPassword },
    };
    t.is((await ask('moved', 'POST', '/_matrix/client/v3/account/password', token, change)).errcode, undefined);
    await ask('moved', 'PUT', '/_synapse/admin/v2/users/@bob:moved.lab.test', token, { password: 'bobs secret' });
    await say(token, room, 'while it was copied');
    // A copy that is not the same is not switched to.
    await sql('moved', "INSERT INTO received_transactions (transaction_id, origin, ts) VALUES ('x', 'stray.test', 0)");
    const refused = await runWith({}, move, '-l', 'moved');
    t.is(refused.exitCode, 2);
    t.true(
      refused.tasks.some(({ message = '' }) =>
        /received_transactions has \d rows in SQLite and \d in PostgreSQL.* Synapse runs with SQLite as before/.test(message),
      ),
      complaint(refused),
    );
    t.regex(await on('moved', `cat ${data}/homeserver.yaml`), /^ {2}name: "?sqlite3"?$/m);
    t.is((await messages(token, room)).length, 3);
    await sql('moved', "DELETE FROM received_transactions WHERE origin = 'stray.test'");
    const ran = await runWith({}, move, '-l', 'moved');
    t.is(ran.exitCode, 0, complaint(ran));
    t.regex(await on('moved', `cat ${data}/homeserver.yaml`), /^ {2}name: "?psycopg2"?$/m);
    t.deepEqual(await messages(token, room), ['while it was copied', 'to be redacted', '第一条 🔑']);
    t.is(
      await sql(
        'moved',
        `SET bytea_output TO escape; SELECT transaction_id, response_json FROM received_transactions WHERE origin = 'far.test' ORDER BY 1`,
      ),
      ['50|stays', '65|late', '70|\\000after', '80|new'].join('\n'),
    );
    t.truthy((await login('moved', 'admin', 'a new one')).access_token);
    t.is((await login('moved', 'admin', inventory.adminPassword)).errcode, 'M_FORBIDDEN');
    t.truthy((await login('moved', 'bob', 'bobs secret')).access_token);
    t.is(await on('moved', `cd ${data} && ls homeserver.db*`), 'homeserver.db.before-postgresql');
  },
);

test.serial('a second move changes nothing, and neither do the other playbooks', async (t) => {
  const again = await runWith({}, move, '-l', 'moved');
  t.deepEqual(again.changed, [], complaint(again));
  t.is(again.exitCode, 0);
  const others = await runWith({}, steps, '-l', 'moved');
  t.deepEqual(others.changed, [], complaint(others));
  t.is(others.exitCode, 0);
  t.is(await on('moved', `ss -Hltn 'sport = 5432' | awk '{print $4}' | grep -vE '^(127\\.0\\.0\\.1|\\[::1\\]):' || true`), '');
});

const back = ['playbooks/postgresql-to-sqlite.yaml'];

test.serial('as long as nothing has been written there is a way back, and afterwards nothing of PostgreSQL is left at Synapse', async (t) => {
  const ran = await runWith({ moved: { matrix_database: 'sqlite' } }, back, '-l', 'moved');
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual(await messages(token, room), ['while it was copied', 'to be redacted', '第一条 🔑']);
  const again = await runWith({}, back, '-l', 'moved');
  t.deepEqual(again.changed, [], complaint(again));
  const others = await runWith({}, steps, '-l', 'moved');
  t.is(others.exitCode, 0, complaint(others));
  t.is(
    await on(
      'moved',
      `ls ${data} | grep -E "^(homeserver\\.db|postgresql)" | grep -vE -- "-(wal|shm)$"; docker inspect -f '{{.HostConfig.Binds}}' synapse`,
    ),
    `homeserver.db\n[${data}:/data]`,
  );
  const last = await runWith({}, steps, '-l', 'moved');
  t.deepEqual(last.changed, [], complaint(last));
});

test.serial('a database that holds something is not copied over, and Synapse runs on as before', async (t) => {
  t.timeout(300_000);
  const ran = await runWith({ moved: { matrix_database: 'host' } }, move, '-l', 'moved');
  t.is(ran.exitCode, 2);
  t.regex(failure(ran)?.message ?? '', /holds \d+ tables already, and what is in it would be lost\. .*drop the database/);
  t.is((await messages(token, room)).length, 3);
  await sql('moved', 'DROP DATABASE synapse WITH (FORCE);', 'postgres');
  const moved = await runWith({}, move, '-l', 'moved');
  t.is(moved.exitCode, 0, complaint(moved));
  t.is((await messages(token, room)).length, 3);
});

test.serial('after the first new message there is no way back, and the run says so and leaves Synapse with PostgreSQL', async (t) => {
  await say(token, room, 'new');
  const plain = await runWith({ moved: { matrix_database: 'sqlite' } }, steps, '-l', 'moved');
  t.regex(
    failure(plain)?.message ?? '',
    /PostgreSQL \(synapse@\/var\/run\/postgresql:5432\/synapse\), and matrix_database is sqlite: .*playbooks\/postgresql-to-sqlite\.yaml/,
  );
  const ran = await runWith({}, back, '-l', 'moved');
  t.is(ran.exitCode, 2);
  t.true(
    ran.tasks.some(({ status, message }) => status === 'failed' && /would be lost: messages and other events/.test(message ?? '')),
    complaint(ran),
  );
  t.is((await messages(token, room))[0], 'new');
  const others = await runWith({ moved: { matrix_database: 'host' } }, steps, '-l', 'moved');
  t.deepEqual(others.changed, [], complaint(others));
});

test.serial('what PostgreSQL has of the memory follows from that of the machine, on the server and in a container', async (t) => {
  const total = Math.floor(Number(await on('moved', "awk '/^MemTotal:/ {print $2}' /proc/meminfo")) / 1024);
  const expected = [
    Math.max(Math.min(Math.floor(total / 640) * 128, 8192), 128),
    Math.floor(total / 256) * 128,
    Math.min(Math.floor(total / 256) * 16, 1024),
    Math.min(Math.floor(total / 256), 64),
  ];
  const query = `SELECT string_agg((pg_size_bytes(current_setting(name)) / 1048576)::text, ',' ORDER BY place)
FROM unnest(ARRAY['shared_buffers', 'effective_cache_size', 'maintenance_work_mem', 'work_mem']) WITH ORDINALITY AS names(name, place)`;
  // In the container work_mem was set by an earlier test, and taken back since.
  for (const host of ['moved', 'boxed']) t.is(await sql(host, query), expected.join(','), host);
});

test.serial('on the server the port and version of the PostgreSQL that is there are the only ones that are taken', async (t) => {
  const another = { matrix_synapse_data_folder: '/var/none', matrix_synapse_container: 'none', matrix_synapse_port: 8020 };
  t.regex(
    await refusedWith(t, 'moved', { ...another, matrix_database_port: 5433 }, steps.slice(0, 1)),
    /matrix_database_port is 5433, and PostgreSQL 15 of this host has port 5432, which this playbook does not change\. Set matrix_database_port to 5432/,
  );
  t.regex(
    await refusedWith(t, 'moved', { matrix_database_version: '16' }, steps.slice(0, 1)),
    /there is no cluster \/etc\/postgresql\/16\/main of PostgreSQL on this host \(there is: \/etc\/postgresql\/15\/main\/postgresql\.conf\)/,
  );
});

test.serial('elsewhere: a database with another locale is refused, one that is right is used, over TLS', async (t) => {
  const { labAddress } = hostNamed(lab, 'moved');
  const listening = await runWith({ moved: { matrix_database_settings: { listen_addresses: '*' } } }, steps.slice(0, 1), '-l', 'moved');
  t.is(listening.exitCode, 0, complaint(listening));
  await on('moved', 'echo "hostssl elsewhere elsewhere samenet scram-sha-256" >>/etc/postgresql/15/main/pg_hba.conf && systemctl reload postgresql');
  await sql('moved', "CREATE ROLE elsewhere LOGIN PASSWORD 'far away';", 'postgres');
  await sql('moved', "CREATE DATABASE elsewhere OWNER elsewhere TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';", 'postgres');
  // Debian's own certificate of each machine, which is its own authority.
  const authority = join(folder, 'postgresql.pem');
  writeFileSync(authority, `${await on('moved', 'cat /etc/ssl/certs/ssl-cert-snakeoil.pem')}\n`);
  // A second homeserver on that host, apart from the first one.
  const second = {
    matrix_server_name: 'second.lab.test',
    matrix_synapse_container: 'second',
    matrix_synapse_data_folder: '/var/second',
    matrix_synapse_port: 8010,
    matrix_database: 'external',
    matrix_database_host: labAddress,
    matrix_database_name: 'elsewhere',
    matrix_database_user: 'elsewhere',
    matrix_database_password: 'far away',
    matrix_database_sslmode: 'verify-ca',
    matrix_database_sslrootcert: authority,
  };
  const args = ['-l', 'boxed', '-e', JSON.stringify(second)];
  const wrong = await runWith({}, steps, ...args);
  t.is(wrong.exitCode, 2);
  t.regex(
    failure(wrong)?.message ?? '',
    /has encoding UTF8, collation C\.UTF-8 .*CREATE DATABASE elsewhere OWNER elsewhere TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'/,
  );
  await sql('moved', 'DROP DATABASE elsewhere;', 'postgres');
  await sql('moved', "CREATE DATABASE elsewhere OWNER elsewhere TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';", 'postgres');
  const ran = await runWith({}, steps, ...args);
  t.is(ran.exitCode, 0, complaint(ran));
  t.is(await sql('moved', 'SELECT name FROM users', 'elsewhere'), '@admin:second.lab.test');
  t.is(await sql('moved', "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'elsewhere'", 'postgres'), 't');
  t.regex(await on('boxed', 'cat /var/second/homeserver.yaml'), /sslmode: "?verify-ca"?\n +sslrootcert: "?\/data\/postgresql-authority\.pem/);
  const again = await runWith({}, steps, ...args);
  t.deepEqual(again.changed, [], complaint(again));
  // The certificate is not for this address, which the strictest mode minds: so it is the certificate that is looked at.
  const strict = await runWith({}, steps, ...args, '-e', 'matrix_database_sslmode=verify-full');
  t.regex(failure(strict)?.message ?? '', /certificate .* does not match host name/);
  const elsewhere = await runWith({}, steps, ...args, '-e', 'matrix_database_name=empty');
  t.regex(
    failure(elsewhere)?.message ?? '',
    /elsewhere@[\d.]+:5432\/elsewhere, and the variables matrix_database_\* say elsewhere@[\d.]+:5432\/empty/,
  );
});
