#!/bin/sh
# Entry point of the lab's PostgreSQL image: the variables, the order of steps and the owners of folders that the official image documents.
set -eu

[ "${1:-}" = postgres ] || exec "$@"
shift
for bin in /usr/lib/postgresql/*/bin; do PATH=$bin:$PATH; done
sockets=/var/run/postgresql

# As root, make the folders and go on as the user of PostgreSQL.
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" "$sockets"
    chmod 0700 "$PGDATA"
    chmod 3775 "$sockets"
    find "$PGDATA" "$sockets" ! -user postgres -exec chown postgres {} +
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" postgres "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    password=${POSTGRES_PASSWORD:-}
    [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || password=$(cat "$POSTGRES_PASSWORD_FILE")
    if [ -z "$password" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
        exit 1
    fi
    # Words of the variable are options.
    printf '%s\n' "$password" | initdb -D "$PGDATA" --username "$user" --pwfile /dev/stdin ${POSTGRES_INITDB_ARGS:-}
    printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
    # A server of its own for what is done once, which other machines do not reach.
    pg_ctl -D "$PGDATA" -w start -o "$* -c listen_addresses=''"
    export PGPASSWORD="$password"
    if [ "$database" != postgres ]; then
        psql -v ON_ERROR_STOP=1 --username "$user" --no-password --no-psqlrc --dbname postgres -c "CREATE DATABASE \"$database\""
    fi
    unset PGPASSWORD
    pg_ctl -D "$PGDATA" -m fast -w stop
    echo 'PostgreSQL init process complete; ready for start up.'
fi
exec postgres "$@"
