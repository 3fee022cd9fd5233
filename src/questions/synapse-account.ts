import { z } from 'zod';
import { quote } from '../values/command.ts';
import { checkObjectName } from './docker.ts';
import { fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface SynapseAccountParams {
  /** The container that Synapse runs in. */
  readonly container: string;
  /** homeserver.yaml as the container sees it. */
  readonly config: string;
  /** The part of the user id before the colon. */
  readonly localpart: string;
}

/** What Synapse's database says about an account. */
export type SynapseAccount =
  | { readonly state: 'absent' }
  | { readonly state: 'present'; readonly admin: boolean; readonly deactivated: boolean }
  /** It cannot be told: no Docker, no such container, one that does not run, a database that cannot be read. */
  | { readonly state: 'unknown'; readonly reason: string };

/** One account of a homeserver, looked up in its database (read only) by the Python of its container. */
export function synapseAccount(params: SynapseAccountParams): Question<SynapseAccount> {
  return question(synapseAccountKind, { ...params, container: checkObjectName(params.container) });
}

export const synapseAccountKind: QuestionKind<SynapseAccountParams, SynapseAccount> = {
  kind: 'synapse-account',
  reads: ({ container }) => [`container:${container}`, `synapse-account:${container}`],
  script: (params) =>
    [
      preamble,
      ...groupsOf(params).map(({ container, config, localparts }) => `accounts ${[container, config, ...localparts].map(quote).join(' ')}`),
    ].join('\n'),
  split(output, params) {
    const groups = groupsOf(params);
    const count = groups.reduce((sum, { localparts }) => sum + localparts.length, 0);
    const parts = splitParts(output, count);
    const names = groups.flatMap(({ container, config, localparts }) =>
      localparts.map((localpart) => JSON.stringify([container, config, localpart])),
    );
    const byName = new Map(names.map((name, index) => [name, parts[index]]));
    return params.map(({ container, config, localpart }) => byName.get(JSON.stringify([container, config, localpart])) ?? '');
  },
  parse: (part) => parseAccount(part),
};

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

// A line for each name, printed at the end. Before the first start there is no database, or no table in it: no account.
const lookUp = `${databaseConnection}
import json
names = sys.argv[2:]
def look_up(cursor, name, server, mark):
    try:
        cursor.execute("SELECT admin, deactivated FROM users WHERE name = " + mark, ("@%s:%s" % (name, server),))
        row = cursor.fetchone()
    except Exception as error:
        if "no such table" in str(error) or "does not exist" in str(error):
            cursor.connection.rollback()
            return None
        raise
    return {"admin": bool(row[0]), "deactivated": bool(row[1])} if row else None
try:
    server, connection, mark = connect(sys.argv[1], True)
    answers = [look_up(connection.cursor(), name, server, mark) if connection else None for name in names]
except Exception as error:
    answers = [{"error": (str(error).strip() or type(error).__name__).splitlines()[0]}] * len(names)
for answer in answers:
    print(json.dumps(answer))
`;

const preamble = `accounts() {
  container=$1
  if ! command -v docker >/dev/null 2>&1; then said='there is no Docker on this host' state=
  elif state=$(docker container inspect --format '{{.State.Running}} {{.State.Paused}} {{.State.Restarting}}' -- "$container" 2>&1); then said="the container $container does not run"
  elif ! reason=$(docker version --format '{{.Server.Version}}' 2>&1); then said="Docker on this host does not answer: $(printf %s "$reason" | tr '\\n' ' ')" state=
  else said="there is no container $container on this host" state=; fi
  shift
  answers=
  if [ "$state" = 'true false false' ]; then answers=$(printf %s ${quote(lookUp)} | docker exec -i -- "$container" python - "$@" 2>/dev/null) || said="the container $container cannot look it up: is it Synapse, and $1 its configuration?" answers=; fi
  shift
  for name do
    one=\${answers%%"$nl"*}
    answers=\${answers#*"$nl"}
    printf '%s\\n.\\n' "$(printf %s "\${one:-!$said}" | base64)"
  done
}
nl='
'`;

interface Group {
  readonly container: string;
  readonly config: string;
  readonly localparts: readonly string[];
}

/** The accounts of each container together, each once. */
function groupsOf(params: readonly SynapseAccountParams[]): readonly Group[] {
  const groups = new Map<string, { container: string; config: string; localparts: string[] }>();
  for (const { container, config, localpart } of params) {
    const key = JSON.stringify([container, config]);
    const group = groups.get(key) ?? { container, config, localparts: [] };
    if (!group.localparts.includes(localpart)) group.localparts.push(localpart);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const row = z.union([z.null(), z.object({ admin: z.boolean(), deactivated: z.boolean() }), z.object({ error: z.string() })]);

function parseAccount(part: string): SynapseAccount {
  const said = fromBase64(linesOf(part).join(''));
  if (said.startsWith('!')) return { state: 'unknown', reason: said.slice(1) };
  const answer = row.parse(JSON.parse(said));
  if (answer === null) return { state: 'absent' };
  return 'error' in answer
    ? { state: 'unknown', reason: `the database of Synapse cannot be read: ${answer.error}` }
    : { state: 'present', ...answer };
}
