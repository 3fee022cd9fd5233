import { type Command, explainsItself, raw, sh, withStdin } from '../../values/command.ts';
import { Secret } from '../../values/secret.ts';
import { withDocker } from './docker.ts';

/** A file to be uploaded to a homeserver. */
export interface Upload {
  readonly container: string;
  /** Where Synapse listens, as seen in its container. */
  readonly url: string;
  readonly user: string;
  /** What proves to be that user. */
  readonly proof: { readonly kind: 'password' | 'token'; readonly secret: string };
  readonly name: string;
  readonly contentType: string;
  /** The bytes, or an absolute path on the host. */
  readonly content: Uint8Array | string;
}

// Who has no token logs in, and out again: neither a device nor a token is left behind. Too many logins are waited for, as Synapse asks.
const program = `
import base64, json, sys, time, urllib.error, urllib.parse, urllib.request
url, user, kind, encoding, name, media_type = sys.argv[1:7]
secret = sys.stdin.buffer.readline().rstrip(b"\\n").decode()
body = sys.stdin.buffer.read()
if encoding == "base64":
    body = base64.b64decode(body)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def call(what, path, body, token=None, media_type="application/json"):
    headers = {"Content-Type": media_type}
    if token:
        headers["Authorization"] = "Bearer " + token
    for attempt in range(6):
        try:
            with opener.open(urllib.request.Request(url.rstrip("/") + path, body, headers, method="POST"), timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                said = json.load(error)
            except ValueError:
                said = {}
            if error.code == 429 and attempt < 5:
                time.sleep(min(30, max(1, said.get("retry_after_ms", 5000) / 1000)))
                continue
            sys.exit("%s was refused: %s" % (what, said.get("error") or "status %d" % error.code))
        except OSError as error:
            sys.exit("%s does not answer: %s" % (url, getattr(error, "reason", error)))
token = secret
if kind == "password":
    login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}, "password": secret, "initial_device_display_name": "homerun"}
    token = call("the login", "/_matrix/client/v3/login", json.dumps(login).encode())["access_token"]
try:
    call("the file", "/_matrix/media/v3/upload?filename=" + urllib.parse.quote(name, safe=""), body, token, media_type)
finally:
    if kind == "password":
        call("the logout", "/_matrix/client/v3/logout", b"{}", token)
`;

/** Uploads in the Python of Synapse's container. The secret is the first line of standard input, and stands nowhere else. */
export function uploadMedia({ container, url, user, proof, name, contentType, content }: Upload): Command {
  const ofHost = typeof content === 'string';
  const from = ofHost ? sh`{ cat; cat -- ${content}; } | `.script : '';
  const encoding = ofHost ? 'bytes' : 'base64';
  const command = sh`said=$(${raw(from)}docker exec -i -- ${container} python -c ${program} ${url} ${user} ${proof.kind} ${encoding} ${name} ${contentType} 2>&1) || {
  printf '%s\n' "$said" ${`The file ${name} could not be uploaded as ${user}:`}" $(printf %s "$said" | tail -n 1)" >&2
  exit ${explainsItself}
}`;
  const bytes = ofHost ? '' : Buffer.from(content).toString('base64');
  return withDocker(withStdin({ ...command, timeoutSeconds: 600 }, new Secret(`${proof.secret}\n${bytes}`)));
}
