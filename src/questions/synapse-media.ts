import * as z from 'zod';
import { quote } from '../values/command.ts';
import { checkObjectName } from './docker.ts';
import { fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';
import { databaseConnection, inSynapse } from './synapse-container.ts';

export interface SynapseMediaParams {
  /** The container that Synapse runs in. */
  readonly container: string;
  /** homeserver.yaml as the container sees it. */
  readonly config: string;
  /** The part of the id before the colon of the user who has uploaded it. */
  readonly localpart: string;
  /** Of the content, in hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** The name and the type that it was uploaded with. */
  readonly name: string;
  readonly contentType: string;
}

/** What Synapse has of a file that somebody has uploaded. */
export type SynapseMedia =
  /** `server` is the homeserver's name. */
  | { readonly state: 'absent'; readonly server: string }
  | { readonly state: 'present'; readonly server: string; readonly mediaId: string }
  /** It cannot be told: no Docker, no such container, one that does not run, a database that cannot be read. */
  | { readonly state: 'unknown'; readonly reason: string };

/** A file that a user has uploaded to a homeserver: found by its bytes, as long as Synapse gives it out. */
export function synapseMedia(params: SynapseMediaParams): Question<SynapseMedia> {
  return question(synapseMediaKind, { ...params, container: checkObjectName(params.container) });
}

export const synapseMediaKind: QuestionKind<SynapseMediaParams, SynapseMedia> = {
  kind: 'synapse-media',
  reads: ({ container }) => [`container:${container}`, `synapse-media:${container}`],
  script: (params) => [preamble, ...params.map((one) => `media ${argumentsOf(one).map(quote).join(' ')}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse,
  // Python of the container starts for each.
  timeoutSeconds: (params) => 60 + 10 * params.length,
};

function argumentsOf({ container, config, localpart, sha256, size, name, contentType }: SynapseMediaParams): readonly string[] {
  return [container, config, localpart, sha256, String(size), name, contentType];
}

// The bytes are what counts: a row whose file is gone, or that was quarantined, is not there.
const lookUp = `${databaseConnection}
import hashlib, json
def digest(path):
    sum = hashlib.sha256()
    with open(path, "rb") as source:
        for block in iter(lambda: source.read(1048576), b""):
            sum.update(block)
    return sum.hexdigest()
def look_up(connection, server, mark, config, name, wanted, size, title, kind):
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT media_id, media_type, upload_name FROM local_media_repository WHERE user_id = %s AND media_length = %s AND quarantined_by IS NULL AND url_cache IS NULL ORDER BY created_ts" % (mark, mark), ("@%s:%s" % (name, server), int(size)))
        rows = cursor.fetchall()
    except Exception as error:
        if "no such table" in str(error) or "does not exist" in str(error):
            return None
        raise
    folder = os.path.join(os.path.abspath(config.get("media_store_path") or "media_store"), "local_content")
    for media, one_kind, one_title in rows:
        if one_kind != kind or one_title != title:
            continue
        path = os.path.join(folder, media[0:2], media[2:4], media[4:])
        if os.path.exists(path) and digest(path) == wanted:
            return media
    return None
try:
    server, connection, mark = connect(sys.argv[1], True)
    with open(sys.argv[1], encoding="utf-8") as source:
        config = yaml.safe_load(source)
    found = look_up(connection, server, mark, config, *sys.argv[2:7]) if connection else None
    answer = {"server": server, "media": found}
except Exception as error:
    answer = {"error": (str(error).strip() or type(error).__name__).splitlines()[0]}
print(json.dumps(answer))
`;

const preamble = `${inSynapse}
media() {
  in_synapse ${quote(lookUp)} "$@"
  printf '%s\\n.\\n' "$(printf %s "\${answers:-!$said}" | base64)"
}`;

const row = z.union([
  z.object({ error: z.string() }),
  z.object({
    server: z.string(),
    media: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .nullable(),
  }),
]);

function parse(part: string): SynapseMedia {
  const said = fromBase64(linesOf(part).join(''));
  if (said.startsWith('!')) return { state: 'unknown', reason: said.slice(1) };
  const answer = row.parse(JSON.parse(said));
  if ('error' in answer) return { state: 'unknown', reason: `the database of Synapse cannot be read: ${answer.error}` };
  const { server, media } = answer;
  return media === null ? { state: 'absent', server } : { state: 'present', server, mediaId: media };
}
