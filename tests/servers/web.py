"""A web server over a folder: GET and HEAD with ranges; below /private/ it asks for a password.

An API with behaviour of its own is served by its test, in its own process: `serving(Handler)`.
"""

import base64
import contextlib
import http.server
import pathlib
import re
import sys
import threading
import urllib.parse

import servers


class Files(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    login = "Basic " + base64.b64encode(f"reader:{servers.PASSWORD}".encode()).decode()

    def do_GET(self):
        self.answer(has_body=True)

    def do_HEAD(self):
        self.answer(has_body=False)

    def answer(self, has_body):
        place = urllib.parse.urlsplit(self.path).path
        if place.startswith("/private/") and self.headers.get("Authorization") != self.login:
            return self.send(401, b"", has_body, {"WWW-Authenticate": 'Basic realm="tests"'})
        file = pathlib.Path(self.translate_path(place))
        if not file.is_file():
            return self.send(404, b"not found\n", has_body, {})
        body, more = file.read_bytes(), {"Accept-Ranges": "bytes",
                                         "ETag": f'"{file.stat().st_mtime_ns}"'}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self.send(200, body, has_body, more)
        first, last = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
        if first > last:
            return self.send(416, b"", has_body, {"Content-Range": f"bytes */{len(body)}"})
        more["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        return self.send(206, body[first:last + 1], has_body, more)

    def send(self, code, body, has_body, headers):
        self.send_response(code)
        for name, value in {**headers, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if has_body:
            self.wfile.write(body)


class Server(servers.Server):
    def prepare(self):
        (self.place / "data/private").mkdir(parents=True)

    def command(self):
        return [sys.executable, __file__, self.port, self.place / "data"]

    def address(self):
        return {"host": "127.0.0.1", "port": self.port, "url": f"http://127.0.0.1:{self.port}",
                "user": "reader", "password": servers.PASSWORD, "data": str(self.place / "data")}


@contextlib.contextmanager
def serving(handler):
    """A server for one test, in its process: the address at which `handler`, a class, answers."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


if __name__ == "__main__":
    def of_folder(*words):
        return Files(*words, directory=sys.argv[2])
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), of_folder).serve_forever()
