"""Take the notices of Farol with Python alone: python receive_notices.py PORT < SECRET_FILE."""

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

key = base64.b64decode(sys.stdin.read().strip().removeprefix("whsec_"))
seen: set[str] = set()  # keep it where a restart does not lose it


class Receiver(BaseHTTPRequestHandler):
    """Takes what Farol signed with this key in the last five minutes, each notice once."""

    def do_POST(self) -> None:
        """Prove the signature first: until then it is anybody's text."""
        body = self.rfile.read(min(int(self.headers["Content-Length"]), 65536))
        message_id, sent_at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        signed = hmac.digest(key, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256)
        given = self.headers["webhook-signature"].removeprefix("v1,").encode()
        genuine = hmac.compare_digest(base64.b64encode(signed), given)
        fresh = abs(time.time() - int(sent_at)) < 300
        if genuine and fresh and message_id not in seen:
            seen.add(message_id)
            print(json.loads(body)["data"]["effect"]["pt-BR"], flush=True)
        self.send_response(204 if genuine and fresh else 400)
        self.end_headers()


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
print("Waiting for notices", flush=True)
server.serve_forever()
