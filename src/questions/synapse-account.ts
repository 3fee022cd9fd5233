import * as z from 'zod';
import { quote } from '../values/command.ts';
import { checkObjectName } from './docker.ts';
import { fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';
import { databaseConnection, inSynapse } from './synapse-container.ts';

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
  | { readonly state: 'absent'; readonly server?: string }
  /** `server` is the homeserver's name. */
  | { readonly state: 'present'; readonly admin: boolean; readonly deactivated: boolean; readonly server?: string }
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
    return {"server": server, "admin": bool(row[0]), "deactivated": bool(row[1])} if row else None
try:
    server, connection, mark = connect(sys.argv[1], True)
    found = [look_up(connection.cursor(), name, server, mark) if connection else None for name in names]
    answers = [one or {"server": server} for one in found]
except Exception as error:
    answers = [{"error": (str(error).strip() or type(error).__name__).splitlines()[0]}] * len(names)
for answer in answers:
    print(json.dumps(answer))
`;

const preamble = `${inSynapse}
accounts() {
  in_synapse ${quote(lookUp)} "$@"
  shift 2
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

const row = z.union([
  z.object({ error: z.string() }),
  z.object({ server: z.string(), admin: z.boolean(), deactivated: z.boolean() }),
  z.object({ server: z.string() }),
]);

function parseAccount(part: string): SynapseAccount {
  const said = fromBase64(linesOf(part).join(''));
  if (said.startsWith('!')) return { state: 'unknown', reason: said.slice(1) };
  const answer = row.parse(JSON.parse(said));
  if ('error' in answer) return { state: 'unknown', reason: `the database of Synapse cannot be read: ${answer.error}` };
  return 'admin' in answer ? { state: 'present', ...answer } : { state: 'absent', server: answer.server };
}
