"""The lab's authorization service of MatrixRTC: gives a user of Matrix a JWT for LiveKit.

It takes the settings, paths and bodies that https://github.com/element-hq/lk-jwt-service documents, as far as a test needs them, and asks a homeserver who
its user is, as that one does.
"""

import base64
import hashlib
import hmac
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

LIVEKIT_URL = os.environ["LIVEKIT_URL"]
FULL_ACCESS = os.environ["LIVEKIT_FULL_ACCESS_HOMESERVERS"].replace(",", " ").split()
with open(os.environ["LIVEKIT_KEY_FILE"], encoding="utf-8") as file:
    KEY, SECRET = (part.strip(" \r\n") for part in file.read().split(":"))
# The file that the official image has its authorities in.
TRUST = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(identity, grant):
    now = int(time.time())
    claims = {"iss": KEY, "sub": identity, "nbf": now - 5, "exp": now + 3600, "video": grant}
    head, body = (encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = hmac.new(SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{encoded(signature)}"


def fetch(url, body=None, headers=None):
    request = urllib.request.Request(url, body, headers or {})
    with urllib.request.urlopen(request, timeout=10, context=TRUST) as answer:
        return json.load(answer)


def user_of(openid):
    """Who the token is for, as the homeserver says: under the name that its well-known file gives."""
    server = openid["matrix_server_name"]
    try:
        address = fetch(f"https://{server}/.well-known/matrix/server")["m.server"]
    except (urllib.error.URLError, KeyError, ValueError):
        address = f"{server}:8448"
    user = fetch(f"https://{address}/_matrix/federation/v1/openid/userinfo?access_token={quote(openid['access_token'])}")["sub"]
    if user.partition(":")[2] != server:
        raise PermissionError(f"{user} is not of {server}")
    return user


def make_room(room):
    url = LIVEKIT_URL.replace("ws", "http", 1) + "/twirp/livekit.RoomService/CreateRoom"
    headers = {"authorization": f"Bearer {token('service', {'roomCreate': True})}", "content-type": "application/json"}
    fetch(url, json.dumps({"name": room, "empty_timeout": 300}).encode(), headers)


def permission(request):
    openid, room = request["openid_token"], request["room"]
    user = user_of(openid)
    if "*" in FULL_ACCESS or openid["matrix_server_name"] in FULL_ACCESS:
        make_room(room)
    identity = f"{user}:{request['device_id']}"
    return {"url": LIVEKIT_URL, "jwt": token(identity, {"room": room, "roomJoin": True, "canPublish": True, "canSubscribe": True})}


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "POST")
        self.send_header("Access-Control-Allow-Headers", "Content-Type")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_OPTIONS(self):
        self.answer(200)

    def do_GET(self):
        self.answer(200 if self.path == "/healthz" else 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/sfu_webhook":
            return self.answer(200)
        if self.path != "/sfu/get":
            return self.answer(404, {"errcode": "M_UNRECOGNIZED", "error": "no such path"})
        try:
            return self.answer(200, permission(json.loads(body)))
        except (KeyError, ValueError) as error:
            return self.answer(400, {"errcode": "M_BAD_JSON", "error": str(error)})
        except (PermissionError, urllib.error.HTTPError) as error:
            return self.answer(401, {"errcode": "M_UNAUTHORIZED", "error": str(error)})
        except urllib.error.URLError as error:
            return self.answer(500, {"errcode": "M_UNKNOWN", "error": str(error)})


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
