"""An HTTP API for tests, on a thread of the test, that behaves or misbehaves as its path says."""

import base64
import contextlib
import gzip
import http.server
import json
import ssl
import threading
import urllib.parse

ROWS = [{"id": i, "name": f"row {i}", "amount": i / 4, "seen": f"2026-01-{i % 28 + 1:02}T00:00:00Z"}
        for i in range(1, 26)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        self.server.asked.append(self.path)
        getattr(self, "get_" + url.path.strip("/"), self.get_nothing)()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(f"POST {self.path} {body}")
        want = "Basic " + base64.b64encode(b"client:client%2Fsecret").decode()
        if self.headers.get("Authorization") != want:
            return self.say({"error": "invalid_client"}, status=401)
        self.server.token_count += 1
        self.say({"access_token": f"fetched-token-{self.server.token_count}", "expires_in": 3600})

    def say(self, content, status=200, kind="application/json", **headers):
        body = content if isinstance(content, bytes) else (
            content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def number(self, name, default):
        return int(self.query.get(name, default))

    def page(self, size=10):
        start = (self.number("page", 1) - 1) * size
        return ROWS[start:start + size]

    def get_nothing(self):
        self.say({"error": "no such path"}, status=404)

    def get_page(self):
        self.say({"data": {"items": self.page(self.number("per_page", 10))}, "total": len(ROWS)})

    def get_page_404(self):
        rows = self.page()
        self.say({"data": {"items": rows}, "total": len(ROWS)}, status=200 if rows else 404)

    def get_offset(self):
        start = self.number("offset", 0)
        self.say(ROWS[start:start + min(7, self.number("limit", 100))])

    def get_cursor(self):
        rows = [row for row in ROWS if row["id"] > self.number("cursor", 0)][:9]
        self.say({"data": rows, "meta": {"next": rows[-1]["id"] if len(rows) == 9 else None}})

    def get_link(self):
        rows, page = self.page(), self.number("page", 1)
        more = {"Link": f'</link?page={page + 1}>; rel="next"'} if page < 3 else {}
        self.say(rows, **more)

    def get_next(self):
        """The key of the caller comes back in the next link, as some APIs do."""
        if self.query.get("api_key") != "key/7f3a":
            return self.say({"error": f"wrong key {self.query.get('api_key')}"}, status=403)
        page = self.number("page", 1)
        link = f"http://{self.headers['Host']}/next?page={page + 1}&api_key=key%2F7f3a"
        if page == 2 and self.server.stops_at_two:
            return self.say({"error": "no: " + self.path}, status=400)
        self.say({"rows": self.page(), "next": link if page < 3 else None})

    def get_csv(self):
        text = "id,name\n" + "".join(f"{row['id']},{row['name']}\n" for row in self.page())
        self.say(text, kind="text/csv")

    def get_since(self):
        since = self.query.get("updated_since", "")
        self.say([row for row in self.server.rows if row["seen"] >= since])

    def get_liar(self):
        self.say({"data": self.page(), "total": 12})

    def get_stingy(self):
        self.say({"data": ROWS[:10], "total": 500})

    def get_repeat(self):
        self.say(ROWS[:10])

    def get_circle(self):
        self.say({"data": [{"n": self.server.next_number()}], "next": "/circle?again"})

    def get_html(self):
        self.say("<!DOCTYPE html>\n<html><title>Please log in</title></html>", kind="text/html")

    def get_empty(self):
        self.say([])

    def get_broken(self):
        text = json.dumps(self.page())
        self.say(text.replace('"row 15"', "row 15"))

    def get_odd(self):
        self.say([{"id": 1}, 7, {"id": "x"}, {"id": 3}])

    def get_bomb(self):
        self.say(gzip.compress(b"[" + b" " * (8 << 20) + b"]", 1), Content_Encoding="gzip")

    def get_redirect(self):
        self.say("", status=302, Location=self.query["to"])

    def get_busy(self):
        if self.server.next_number() == 1:
            return self.say("", status=429, Retry_After="0")
        self.say(ROWS)

    def get_dropped(self):
        if self.server.next_number() > 1:
            return self.say(ROWS)
        self.send_response(200)
        self.send_header("Content-Length", "10000")
        self.end_headers()
        self.wfile.write(b'[{"id": 1}, {"i')
        self.close_connection = True

    def get_bearer(self):
        given = self.headers.get("Authorization", "")
        good = ["Bearer token/of-mine", "Bearer fetched-token-2",
                "Basic " + base64.b64encode(b"me:pass/word").decode()]
        if given in good:
            return self.say(ROWS)
        self.say({"error": f"not {given}"}, status=401)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.rows, self.stops_at_two = [], list(ROWS), False
        self.number = self.token_count = 0
        self.lock = threading.Lock()

    def handle_error(self, request, client_address):
        pass  # clients hang up on purpose

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"


@contextlib.contextmanager
def running(certificate=None):
    with Server() as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
