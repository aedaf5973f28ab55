#!/usr/bin/python3
"""A small HTTPS server for tests: an S3 bucket in memory, and pages that echo.

    store.py PORT CERTIFICATE KEY ['plain']

Each S3 request's signature is computed anew by botocore's signer, over the
headers that the request says it signed; another one is answered 403.  The
bucket is "bucket", the region "eu-test-1", the key "AKIDTEST" / "the secret".
"""

import datetime
import hashlib
import http.server
import ssl
import sys
import urllib.parse
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SIGNER = S3SigV4Auth(Credentials("AKIDTEST", "the secret"), "s3", "eu-test-1")
NEVER_MORE = 2  # keys of one answer, so that lists go on
objects = {}


def fault(handler):
    """Why the signature does not hold, or None."""
    given = handler.headers.get("Authorization", "")
    if not given.startswith("AWS4-HMAC-SHA256 "):
        return "unsigned"
    parts = dict(part.strip().split("=", 1) for part in given[17:].split(","))
    names = parts["SignedHeaders"].split(";")
    for name in ("host", "x-amz-date", "x-amz-content-sha256"):
        if name not in names:
            return "not signed: " + name
    url = f"https://{handler.headers['Host']}{handler.path}"
    request = AWSRequest(method=handler.command, url=url)
    for name in names:
        request.headers[name] = handler.headers[name]
    stamp = handler.headers["x-amz-date"]
    request.context["timestamp"] = stamp
    age = datetime.datetime.utcnow() - datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
    if abs(age.total_seconds()) > 900:
        return "the date"
    if parts["Credential"] != SIGNER.scope(request):
        return "the scope"
    text = SIGNER.string_to_sign(request, SIGNER.canonical_request(request))
    return None if SIGNER.signature(text, request) == parts["Signature"] else "the signature"


def listing(query):
    prefix, after = query.get("prefix", ""), query.get("start-after", "")
    after = query.get("continuation-token", "/" + after)[1:]
    keys = sorted(k for k in objects if k.startswith(prefix) and k > after)
    page = keys[: min(NEVER_MORE, int(query["max-keys"]))]
    entries = "".join(
        f"<Contents><Key>{escape(k)}</Key><LastModified>{objects[k][1].isoformat()}.000Z"
        f"</LastModified><ETag>&quot;x&quot;</ETag><Size>{len(objects[k][0])}</Size></Contents>"
        for k in page)
    more = len(keys) > len(page)
    token = f"<NextContinuationToken>+{page[-1]}</NextContinuationToken>" if more else ""
    return (f'<?xml version="1.0"?><ListBucketResult><IsTruncated>{str(more).lower()}'
            f"</IsTruncated>{token}{entries}</ListBucketResult>").encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def s3(self, body):
        why = fault(self)
        if why is not None:
            print("refused:", why, file=sys.stderr, flush=True)
            return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        url = urllib.parse.urlsplit(self.path)
        key = urllib.parse.unquote(url.path)[len("/bucket"):].lstrip("/")
        if self.command == "PUT":
            now = datetime.datetime.utcnow().replace(microsecond=0)
            objects[key] = (body, now)
            return self.answer(200)
        if self.command == "DELETE":
            objects.pop(key, None)
            return self.answer(204)
        if key == "":
            return self.answer(200, listing(dict(urllib.parse.parse_qsl(url.query))))
        if key not in objects:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        data, when = objects[key]
        return self.answer(200, data, [
            ("Content-Length", str(len(data))),
            ("Last-Modified", when.strftime("%a, %d %b %Y %H:%M:%S GMT"))])

    def pages(self, body):
        if self.path == "/redirect":
            return self.answer(302, b"elsewhere", [("Location", "/echo")])
        if self.path == "/long":
            return self.answer(200, b"x" * 100000)
        if self.path == "/fails":
            return self.answer(500, b"an error")
        print("seen:", self.path, file=sys.stderr, flush=True)
        said = [f"{self.command} {self.path}", hashlib.sha256(body).hexdigest()]
        said += [f"{name}: {value}" for name, value in self.headers.items()]
        return self.answer(200, "\n".join(said).encode())

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command in ("PUT", "POST"):
            if len(body) != int(self.headers.get("Content-Length") or 0):
                self.close_connection = True  # broken off: nothing is kept
                return
        if self.path.startswith("/bucket"):
            self.s3(body)
        else:
            self.pages(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that turns away at the handshake, or in the midst


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
if sys.argv[4:] != ["plain"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
server.serve_forever()
