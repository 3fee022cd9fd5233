/** Connects to the database that a homeserver.yaml names, as its owner: sqlite may leave files beside the database. Put before what uses \`connect\`. */
export const databaseConnection = `
import os, sys, yaml
def connect(path, read_only):
    with open(path, encoding="utf-8") as source:
        config = yaml.safe_load(source)
    if os.geteuid() == 0:
        owner = os.stat(os.path.dirname(path) or "/")
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    # Not root's: libpq looks for certificates there.
    os.environ["HOME"] = os.path.dirname(path)
    database = config.get("database") or {}
    for one in (config.get("databases") or {}).values():
        if "main" in one.get("data_stores", ["main"]):
            database = one
    arguments = {key: value for key, value in (database.get("args") or {}).items() if not key.startswith("cp_")}
    if database.get("name") == "sqlite3":
        import sqlite3, urllib.parse
        name = arguments["database"]
        if not os.path.exists(name):
            return config["server_name"], None, "?"
        mode = "ro" if read_only else "rw"
        return config["server_name"], sqlite3.connect("file:" + urllib.parse.quote(name) + "?mode=" + mode, uri=True, timeout=20), "?"
    import psycopg2
    arguments.setdefault("connect_timeout", 10)
    connection = psycopg2.connect(**arguments)
    if read_only:
        connection.set_session(readonly=True)
    return config["server_name"], connection, "%s"
`;

/**
 * `in_synapse PROGRAM CONTAINER CONFIG ARGUMENT…` runs a program in the Python of Synapse's container: sets `answers` to what it prints, `said` to why there
 * is nothing.
 */
export const inSynapse = `in_synapse() {
  program=$1 container=$2
  shift 2
  answers=
  if ! command -v docker >/dev/null 2>&1; then said='there is no Docker on this host' state=
  elif state=$(docker container inspect --format '{{.State.Running}} {{.State.Paused}} {{.State.Restarting}}' -- "$container" 2>&1); then said="the container $container does not run"
  elif ! reason=$(docker version --format '{{.Server.Version}}' 2>&1); then said="Docker on this host does not answer: $(printf %s "$reason" | tr '\\n' ' ')" state=
  else said="there is no container $container on this host" state=; fi
  if [ "$state" = 'true false false' ]; then answers=$(printf %s "$program" | docker exec -i -- "$container" python - "$@" 2>/dev/null) || said="the container $container cannot look it up: is it Synapse, and $1 its configuration?" answers=; fi
}`;
