#!/bin/sh
# Entry point of the lab's Synapse image, with the modes and side effects that the official image documents (docker/README.md of
# Synapse): `run` (the default) and `generate`; its ownership and modes of files too, because a playbook has to put them right.
set -eu

mode=${1:-run}
[ $# -eq 0 ] || shift

directory=${SYNAPSE_CONFIG_DIR:-/data}
configuration=${SYNAPSE_CONFIG_PATH:-$directory/homeserver.yaml}
data=${SYNAPSE_DATA_DIR:-/data}
owner=${UID:-991}:${GID:-991}

fail() {
    echo "$1" >&2
    exit 2
}

# As root, go on as the unprivileged user; started with --user, stay who we are.
as_owner() {
    if [ "$(id -u)" = 0 ] && [ "$owner" != 0:0 ]; then exec gosu "$owner" "$@"; fi
    exec "$@"
}

log_configuration() {
    cat <<YAML
version: 1
formatters:
  precise:
    format: '%(asctime)s - %(name)s - %(lineno)d - %(levelname)s - %(request)s - %(message)s'
handlers:
  console:
    class: logging.StreamHandler
    formatter: precise
loggers:
  synapse.storage.SQL:
    level: INFO
root:
  level: ${SYNAPSE_LOG_LEVEL:-INFO}
  handlers: [console]
disable_existing_loggers: false
YAML
}

case $mode in
generate)
    [ -n "${SYNAPSE_SERVER_NAME:-}" ] || fail 'Environment variable SYNAPSE_SERVER_NAME is mandatory in `generate` mode.'
    [ -n "${SYNAPSE_REPORT_STATS:-}" ] || fail 'Environment variable SYNAPSE_REPORT_STATS is mandatory in `generate` mode.'
    log=$directory/$SYNAPSE_SERVER_NAME.log.config
    if [ ! -e "$log" ]; then
        echo "Creating log config $log"
        log_configuration > "$log"
    fi
    if [ "$(id -u)" = 0 ]; then chown "$owner" "$data"; fi
    as_owner python -m synapse.app.homeserver --server-name "$SYNAPSE_SERVER_NAME" \
        --report-stats "$SYNAPSE_REPORT_STATS" --config-path "$configuration" --config-directory "$directory" \
        --data-directory "$data" --generate-config --open-private-ports
    ;;
run)
    echo 'This image was built by the homerun lab from the Python package index: it stands in for the official one.'
    named=no
    worker=no
    for word in "$@"; do
        case $word in
        -c | --config-path | --config-path=*) named=yes ;;
        -m) worker=yes ;;
        esac
    done
    if [ "$named" = no ]; then
        [ -e "$configuration" ] || fail "Config file '$configuration' does not exist. Create one with the \`generate\` mode, or name an existing one with SYNAPSE_CONFIG_PATH."
        set -- "$@" --config-path "$configuration"
    fi
    [ "$worker" = yes ] || set -- -m "${SYNAPSE_WORKER:-synapse.app.homeserver}" "$@"
    for library in /usr/lib/*/libjemalloc.so.2; do
        [ ! -e "$library" ] || export LD_PRELOAD="$library"
    done
    as_owner python "$@"
    ;;
migrate_config)
    fail 'The stand-in image of the homerun lab has no `migrate_config` mode: playbooks do not use it.'
    ;;
*)
    fail "Unknown execution mode '$mode'"
    ;;
esac
