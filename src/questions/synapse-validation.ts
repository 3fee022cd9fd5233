import { createHash } from 'node:crypto';
import * as z from 'zod';
import { quote } from '../values/command.ts';
import { Secret } from '../values/secret.ts';
import { fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** A homeserver.yaml that is not on the host yet, and the image that shall run with it. */
export interface SynapseValidationParams {
  readonly image: string;
  /** The folder that the image sees as /data. */
  readonly dataFolder: string;
  /** Further mounts, `SOURCE:TARGET`. */
  readonly volumes: readonly string[];
  readonly uid: number;
  readonly gid: number;
  /** SHA-256 of the text: it makes two questions about two texts differ. */
  readonly digest: string;
  readonly text: Secret;
  /** Keys at the top that may be at fault, the likeliest first. */
  readonly suspects: readonly string[];
}

/** What the Synapse of an image makes of a configuration. */
export type SynapseValidation =
  | { readonly state: 'accepted'; readonly unknown: readonly string[] }
  /** `reason` is in Synapse's words and may quote secrets; `keys` are those without which it would be accepted. */
  | { readonly state: 'refused'; readonly reason: string; readonly keys: readonly string[]; readonly unknown: readonly string[] }
  /** The image could not be run. */
  | { readonly state: 'not run'; readonly reason: string };

/** Has the image read the configuration, in a throw-away container that can change nothing. Takes seconds: two on a quiet host. */
export function synapseValidation(params: Omit<SynapseValidationParams, 'digest' | 'text'>, text: string): Question<SynapseValidation> {
  const digest = createHash('sha256').update(text).digest('hex');
  return question(synapseValidationKind, { ...params, digest, text: new Secret(text) });
}

export const synapseValidationKind: QuestionKind<SynapseValidationParams, SynapseValidation> = {
  kind: 'synapse-validation',
  reads: ({ dataFolder }) => [`file:${dataFolder}`, 'image:*'],
  atTurn: true,
  script: (params) => params.map(scriptOf).join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse: (part) => parseValidation(part),
  timeoutSeconds: (params) => 180 * params.length,
};

// `printf` is part of the shell: the text stands in no argument list. The container sees /data as links into a folder of its own in memory, as
// Synapse makes what is missing there (its media store).
function scriptOf({ image, dataFolder, volumes, uid, gid, text, suspects }: SynapseValidationParams): string {
  const isolation = '--rm --interactive --network none --read-only --cap-drop ALL --security-opt no-new-privileges'.split(' ');
  const folders = ['--tmpfs', '/tmp', '--tmpfs', `/data:uid=${uid},gid=${gid},mode=0700`, '--volume', `${dataFolder}:/live:ro`];
  const further = volumes.flatMap((volume) => ['--volume', `${volume}:ro`]);
  const options = [...isolation, '--user', `${uid}:${gid}`, ...folders, ...further, '--entrypoint', 'sh'];
  const words = [...options, image, '-c', insideContainer, 'sh', driver, ...suspects].map(quote).join(' ');
  return `{ said=$(printf %s ${quote(text.reveal())} | docker run ${words} 2>&1 3>&1 | base64) || said=
printf '%s\\n.\\n' "$said"; }`;
}

const insideContainer = `for entry in /live/* /live/.[!.]*; do [ ! -e "$entry" ] || ln -s "$entry" /data/; done
cd / && exec python -c "$@"`;

// Standard output, last line: JSON. First the text as it is; when it is refused, each mapping without one of its keys: the key without which it
// is accepted is at fault. What Synapse itself prints on the way is dropped.
const driver = `
import contextlib, io, json, os, re, sys, yaml
import synapse.config
from synapse.config.homeserver import HomeServerConfig
text = sys.stdin.read()
suspects = sys.argv[1:]
sources = ""
for folder, _, names in os.walk(os.path.dirname(synapse.config.__file__)):
    for name in names:
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as source:
                sources += source.read()
def attempt(candidate):
    with open("/tmp/homeserver.yaml", "w", encoding="utf-8") as target:
        target.write(candidate)
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            HomeServerConfig.load_config("", ["-c", "/tmp/homeserver.yaml", "--keys-directory", "/data"])
    except BaseException as error:
        if hasattr(error, "msg") and hasattr(error, "path") and error.path:
            return ".".join(str(step) for step in error.path) + ": " + str(error.msg)
        if isinstance(error, SystemExit):
            return quiet.getvalue().strip() or "it stopped"
        return str(error).strip() or type(error).__name__
    return None
def attempt_without(config, path):
    copy = dict(config)
    inner = copy
    for step in path[:-1]:
        inner[step] = dict(inner[step])
        inner = inner[step]
    del inner[path[-1]]
    return attempt(yaml.safe_dump(copy))
def culprits(config, paths):
    return [path for path in paths if attempt_without(config, path) is None]
reason = attempt(text)
keys = []
if reason is not None:
    # What Synapse makes in the working folder by default must not hide who is at fault.
    os.chdir("/tmp")
    try:
        config = yaml.safe_load(text)
        first = [[key] for key in suspects if key in config]
        found = culprits(config, first) or culprits(config, [[key] for key in config if [key] not in first])
        for path in found:
            value = config[path[0]]
            inner = culprits(config, [path + [key] for key in value]) if isinstance(value, dict) else []
            keys += inner or [path]
    except Exception:
        pass
unknown = [key for key in suspects if not re.search("[\\"']" + re.escape(key) + "[\\"'.]", sources)]
print("\\n" + json.dumps({"reason": reason, "keys": [".".join(map(str, path)) for path in keys], "unknown": unknown}))
`;

const printed = z.object({ reason: z.string().nullable(), keys: z.array(z.string()), unknown: z.array(z.string()) });

function parseValidation(part: string): SynapseValidation {
  const said = fromBase64(linesOf(part).join('')).trim();
  const last = said.split('\n').at(-1) ?? '';
  let answer: unknown;
  try {
    answer = JSON.parse(last);
  } catch {
    return { state: 'not run', reason: last };
  }
  const { reason, keys, unknown } = printed.parse(answer);
  return reason === null ? { state: 'accepted', unknown } : { state: 'refused', reason, keys, unknown };
}
