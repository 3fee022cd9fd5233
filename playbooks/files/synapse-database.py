"""
What playbooks/sqlite-to-postgresql.yaml and its way back need to know and do of Synapse's databases. Runs in Synapse's own image, as its
user, with the volumes of its container; stays nowhere.

    synapse-database.py copy DATABASE      a copy while Synapse runs: the longest part of the work
    synapse-database.py finish DATABASE    the last copy, when Synapse has stopped; then all rows are counted
    synapse-database.py tidy DATABASE      removes what it has left, when Synapse works with PostgreSQL
    synapse-database.py news               what has been written to PostgreSQL since, as homeserver.yaml names it

DATABASE is the section `database` of homeserver.yaml for PostgreSQL, as JSON, without a password: others on the host see it. It is Synapse's own synapse_port_db that copies. What a second
run of it leaves out is caught up here: rows of its APPEND_ONLY_TABLES that were changed or deleted, or came late, since the first (a
password, a redaction). Exit code 1 with one sentence on standard error where it cannot be done.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import psycopg2
import yaml

CONFIGURATION = "/data/homeserver.yaml"
KEPT = "/data/homeserver.db.before-postgresql"
# A copy that is under way, and the last one that PostgreSQL has all of.
COPYING, COPIED = "/data/homeserver.db.copying", "/data/homeserver.db.copied"

# Seconds.
PATIENCE = 180

# What has no like in the other database, is made anew, or is copied in part on purpose: of old transactions only yesterday's are.
UNCOUNTED = {
    "applied_module_schemas",
    "applied_schema_deltas",
    "background_updates",
    "event_search",
    "port_from_sqlite3",
    "schema_compat_version",
    "schema_version",
    "sent_transactions",
    "user_directory_stream_pos",
}


def tables_of_port():
    """The tables that synapse_port_db goes on with where it was, and those that it leaves out. Takes seconds, as all of Synapse is loaded."""
    from synapse._scripts.synapse_port_db import APPEND_ONLY_TABLES, IGNORED_TABLES

    return APPEND_ONLY_TABLES, IGNORED_TABLES


class Refusal(Exception):
    """It cannot be done, and why."""


def main():
    mode, *given = sys.argv[1:]
    with open(CONFIGURATION, encoding="utf-8") as source:
        configuration = yaml.safe_load(source)
    database = json.loads(given[0]) if given else configuration["database"]
    arguments = {name: value for name, value in database["args"].items() if value is not None and not name.startswith("cp_")}
    os.umask(0o077)
    try:
        target = psycopg2.connect(connect_timeout=10, **arguments)
    except psycopg2.Error as error:
        raise Refusal(f"PostgreSQL lets nobody in: {error}") from error
    if mode == "news":
        tell_news(target)
    elif mode == "tidy":
        tidy(target)
    else:
        source = configuration["database"]["args"]["database"]
        see_that_it_can_be_copied(source, target, configuration["server_name"])
        copy(source, target, {**configuration, "database": {"name": "psycopg2", "args": arguments}})
        if mode == "finish":
            count(target)
            # What stands in the log beside it belongs to the file that is kept.
            with opened(source, "rw") as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def see_that_it_can_be_copied(source, target, server_name):
    if not os.path.exists(source):
        raise Refusal(f"there is no {source}")
    needed = 2 * os.path.getsize(source)
    free = shutil.disk_usage(os.path.dirname(source)).free
    if free < needed:
        raise Refusal(f"the copies of {source} need {needed >> 20} MB in its folder, and {free >> 20} MB are free")
    wait_for_background_updates(source)
    with opened(source) as database:
        if database.execute("PRAGMA auto_vacuum").fetchone()[0] != 0:
            raise Refusal("auto_vacuum is on in the SQLite database, which numbers its rows anew: switch it off (PRAGMA auto_vacuum = none; VACUUM)")
    mark = f"homerun: {server_name}"
    tables = tables_of(target)
    with target, target.cursor() as cursor:
        if tables and "port_from_sqlite3" not in tables:
            raise Refusal(
                f"the database in PostgreSQL holds {len(tables)} tables already, and what is in it would be lost. Give another name in matrix_database_name, or drop the database"
            )
        cursor.execute("SELECT obj_description(to_regclass('port_from_sqlite3'))")
        (found,) = cursor.fetchone()
        if tables and found != mark:
            raise Refusal(f"the database in PostgreSQL holds a copy of another homeserver ({found}): give another name in matrix_database_name")
        # As synapse_port_db makes it; it notes there how far it came.
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS port_from_sqlite3"
            " (table_name varchar(100) NOT NULL UNIQUE, forward_rowid bigint NOT NULL, backward_rowid bigint NOT NULL)"
        )
        cursor.execute("COMMENT ON TABLE port_from_sqlite3 IS %s", (mark,))


def wait_for_background_updates(source):
    """After a first start and after an upgrade there are some, a second each or more; synapse_port_db wants them done."""
    until = time.monotonic() + PATIENCE
    while True:
        with opened(source) as database:
            (left,) = database.execute("SELECT count(*) FROM background_updates").fetchone()
        if left == 0:
            return
        if time.monotonic() > until:
            raise Refusal(f"Synapse is still at work on its database in the background ({left} steps are left): wait until it is done, and run this again")
        time.sleep(1)


def copy(source, target, configuration):
    # Of a copy that was cut nobody knows what it has left, one of another version of Synapse has other columns, and what was dropped is not there.
    if os.path.exists(COPYING) or not os.path.exists(COPIED) or schema(COPIED) != schema(source) or not has_copy(target):
        begin_anew(target)
    with opened(source) as database, opened(COPYING, "rwc") as snapshot:
        database.backup(snapshot)
    port(COPYING, configuration)
    with opened(COPYING, "rw") as snapshot:
        snapshot.execute("PRAGMA journal_mode = DELETE")
    if os.path.exists(COPIED):
        catch_up(COPIED, COPYING, target)
    os.replace(COPYING, COPIED)


def has_copy(target):
    with target, target.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM port_from_sqlite3")
        return cursor.fetchone()[0] > 0


def begin_anew(target):
    for path in (COPYING, COPIED):
        for end in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(path + end):
                os.remove(path + end)
    append_only, _ = tables_of_port()
    there = tables_of(target)
    with target, target.cursor() as cursor:
        cursor.execute("TRUNCATE " + ", ".join([*(table for table in append_only if table in there), "port_from_sqlite3"]) + " CASCADE")


def port(snapshot, configuration):
    path = "/tmp/homeserver.yaml"
    # Between two steps of what it does in the background it would rest for a second; nobody uses that database yet.
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump({**configuration, "background_updates": {"sleep_duration_ms": 0}}, file)
    program = [sys.executable, "-m", "synapse._scripts.synapse_port_db", "--sqlite-database", snapshot, "--postgres-config", path]
    done = subprocess.run(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    dropped = [line.split("DROPPING ROW: ")[1] for line in done.stderr.splitlines() if "DROPPING ROW: " in line]
    if dropped:
        raise Refusal(f"{len(dropped)} rows hold a NUL character, which PostgreSQL cannot keep: {'; '.join(dropped[:3])}")
    if done.returncode != 0:
        raise Refusal(f"synapse_port_db says: {' '.join(done.stderr.splitlines()[-3:])}")


def catch_up(before, now, target):
    """Brings the rows that PostgreSQL has from `before` to what they are in `now`; those behind them have been copied."""
    append_only, _ = tables_of_port()
    with opened(now) as database, target, target.cursor() as cursor:
        database.execute("ATTACH ? AS before", (before,))
        for table in set(append_only) - {"event_search", "sent_transactions"}:
            columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
            types = types_of(cursor, table)
            if not columns or not types:
                continue
            differ = " OR ".join(f"old.{column} IS NOT new.{column}" for column in map(quoted, columns))
            changed = database.execute(
                f"SELECT old.rowid, new.rowid FROM before.{table} AS old LEFT JOIN main.{table} AS new ON new.rowid = old.rowid WHERE new.rowid IS NULL OR {differ}"
            )
            # synapse_port_db goes on behind the last row that it has seen, and before the first one below 1.
            late = database.execute(
                f"SELECT NULL, new.rowid FROM main.{table} AS new"
                f" WHERE new.rowid BETWEEN (SELECT min(min(rowid), 1) FROM before.{table}) AND (SELECT max(max(rowid), 0) FROM before.{table})"
                f" AND NOT EXISTS (SELECT 1 FROM before.{table} AS old WHERE old.rowid = new.rowid)"
            )
            for old, new in [*changed.fetchall(), *late.fetchall()]:
                rows = [database.execute(f"SELECT * FROM {of}.{table} WHERE rowid = ?", (rowid,)).fetchone() for of, rowid in (("before", old), ("main", new))]
                replace(cursor, table, [{column: value_for(types[column], value) for column, value in zip(columns, row or ())} for row in rows], types)
        gone = database.execute("SELECT event_id FROM before.event_search EXCEPT SELECT event_id FROM main.event_search").fetchall()
        cursor.executemany("DELETE FROM event_search WHERE event_id = %s", gone)


def value_for(kind, value):
    """SQLite has numbers where PostgreSQL has true and false."""
    return bool(value) if kind == "boolean" and value is not None else value


def replace(cursor, table, rows, types):
    """Puts the second of `rows` in place of the first. Without a first one it is added, without a second one that is removed."""
    old, new = rows
    place = {column: f"%s::{kind}" for column, kind in types.items()}
    if not old:
        names = ", ".join(map(quoted, new))
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(place[column] for column in new)})", list(new.values()))
        return
    where = " AND ".join(f"{quoted(column)} IS NULL" if value is None else f"{quoted(column)} = {place[column]}" for column, value in old.items())
    known = [value for value in old.values() if value is not None]
    if not new:
        cursor.execute(f"DELETE FROM {table} WHERE {where}", known)
        return
    differing = {column: value for column, value in new.items() if value != old[column]}
    settings = ", ".join(f"{quoted(column)} = {place[column]}" for column in differing)
    cursor.execute(f"UPDATE {table} SET {settings} WHERE {where}", [*differing.values(), *known])
    if cursor.rowcount == 0:
        raise Refusal(f"a row of {table} that has changed in SQLite is not in the copy: drop the database in PostgreSQL, and run this again")


def count(target):
    """Compares how many rows each table has. Raises Refusal where one has not the same number."""
    differing = []
    _, ignored = tables_of_port()
    counted = tables_of(target) - UNCOUNTED - set(ignored)
    with opened(COPIED) as database, target, target.cursor() as cursor:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = 0
        for table in sorted(set(names) & counted):
            (is_there,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
            cursor.execute(f"SELECT count(*) FROM {table}")
            (is_copied,) = cursor.fetchone()
            rows += is_copied
            if is_there != is_copied:
                differing.append(f"{table} has {is_there} rows in SQLite and {is_copied} in PostgreSQL")
        if differing:
            raise Refusal("; ".join(differing) + ": drop the database in PostgreSQL, and run this again")
        (users,) = database.execute("SELECT count(*) FROM users").fetchone()
        (events,) = database.execute("SELECT count(*) FROM events").fetchone()
    print(f"{rows} rows are in PostgreSQL as they were in SQLite, {users} users and {events} events among them")


def tidy(target):
    # Without this table it is a database that is in use, and nothing is copied over it any more.
    with target, target.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS port_from_sqlite3")
    os.remove(COPIED)


def tell_news(target):
    kept = KEPT if os.path.exists(KEPT) else "/data/homeserver.db"
    if not os.path.exists(kept):
        raise Refusal("there is no SQLite database to go back to: Synapse was not moved here, or its file was removed")
    news = []
    with opened(kept) as database, target, target.cursor() as cursor:
        for table, what in (("events", "messages and other events"), ("users", "users"), ("local_media_repository", "uploads")):
            (then,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
            cursor.execute(f"SELECT count(*) FROM {table}")
            (now,) = cursor.fetchone()
            if now != then:
                news.append(f"{what} ({now}, and {then} when it was moved)")
    if news:
        raise Refusal(f"PostgreSQL has what SQLite has not, and it would be lost: {', '.join(news)}")
    # A key that was handed out since must not be handed out again; clients send new ones. Source: Synapse's manual on backups.
    with opened(kept, "rw") as database:
        database.execute("DELETE FROM e2e_one_time_keys_json")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextlib.contextmanager
def opened(path, mode="ro"):
    """A SQLite database, closed behind. `mode` is one of its URIs: ro, rw, rwc."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode={mode}", uri=True, timeout=60)) as database:
        yield database


def schema(path):
    with opened(path) as database:
        return sorted(database.execute("SELECT name, sql FROM sqlite_master").fetchall(), key=str)


def tables_of(target):
    with target, target.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {name for (name,) in cursor.fetchall()}


def types_of(cursor, table):
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped", (table,)
    )
    return dict(cursor.fetchall())


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


try:
    main()
except Refusal as refusal:
    sys.exit(" ".join(str(refusal).split()))
except (psycopg2.Error, sqlite3.Error) as error:
    sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())}")
