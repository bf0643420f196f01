#!/usr/bin/env python3
"""HTTP APIs as sources, against a server that behaves, misbehaves and lies.

Usage: http_test.py QUERN
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import http_server  # noqa: E402

QUERN = os.path.abspath(sys.argv[1])
SECRETS = {"TOKEN": "token/of-mine", "API_KEY": "key/7f3a", "PASSWORD": "pass/word",
           "CLIENT_SECRET": "client/secret"}
SPELLINGS = ["token/of-mine", "token%2Fof-mine", "key/7f3a", "key%2F7f3a", "pass/word",
             "bWU6cGFzcy93b3Jk", "client/secret", "client%2Fsecret", "fetched-token"]


class Project:
    """A project with one source, `api`."""

    def __init__(self, folder, settings, rest="", yml=""):
        self.folder = pathlib.Path(folder)
        (self.folder / "sources").mkdir(exist_ok=True)
        (self.folder / "quern.yml").write_text("name: api\n" + yml)
        self.write(settings, rest)
        self.said = ""

    def write(self, settings, rest=""):
        lines = "".join(f"  {key}: {value}\n" for key, value in settings.items())
        (self.folder / "sources" / "api.yml").write_text("http:\n" + lines + rest)

    def call(self, *words):
        done = subprocess.run([QUERN, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=100, env={**os.environ, **SECRETS})
        self.said += done.stdout + done.stderr
        return done

    def run(self):
        return self.call("run")

    def rows(self, sql="SELECT count(*)::VARCHAR AS n, sum(id)::VARCHAR AS s FROM api"):
        done = self.call("query", sql, "--json")
        if done.returncode != 0:
            return done.stdout + done.stderr
        return [list(row.values()) for row in json.loads(done.stdout)]


class Http(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)

    def project(self, settings, rest="", yml=""):
        project = Project(self.place.name, settings, rest, yml)
        self.addCleanup(self.check_secrets, project)
        return project

    def check_secrets(self, project):
        """No secret is in anything said or written, in whatever spelling."""
        places = {"what was said": project.said.encode()}
        for path in project.folder.rglob("*"):
            if path.is_file():
                places[str(path)] = path.read_bytes()
        for spelling in SPELLINGS:
            for name, content in places.items():
                self.assertNotIn(spelling.encode(), content, name)

    def loads(self, settings, rest="", count="25", total="325"):
        project = self.project(settings, rest)
        done = project.run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(project.rows(), [[count, total]])
        return project

    def refuses(self, settings, words, rest="", yml=""):
        project = self.project(settings, rest, yml)
        done = project.run()
        said = done.stdout + done.stderr
        self.assertNotEqual(done.returncode, 0, said)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, said)
        return project

    def test_each_way_of_paging(self):
        ways = {
            "page": {"records": "data.items", "pages": "{page: {size: 10}}", "total": "total"},
            "page_404": {"records": "data.items", "pages": "page", "total": "total"},
            "offset": {"pages": "{offset: {size: 100}}"},
            "cursor": {"records": "'$.data[*]'", "pages": "{cursor: meta.next}"},
            "link": {"pages": "link"},
            "next": {"records": "rows", "pages": "{next: next}",
                     "params": '{api_key: "${API_KEY}"}'},
            "csv": {"pages": "page", "format": "csv"},
        }
        for path, settings in ways.items():
            with self.subTest(path), http_server.running() as server:
                self.loads({"url": server.url(path), **settings})

    def test_types_are_found_and_what_is_declared_wins(self):
        with http_server.running() as server:
            project = self.loads({"url": server.url("offset"), "pages": "offset"},
                                 'columns: {amount: "DECIMAL(9,2)"}\n')
            kinds = project.rows("SELECT typeof(id), typeof(amount), typeof(seen) FROM api LIMIT 1")
            self.assertEqual(kinds, [["BIGINT", "DECIMAL(9,2)", "TIMESTAMP"]])

    def test_who_asks(self):
        with http_server.running() as server:
            url = server.url("bearer")
            self.loads({"url": url, "bearer": '"${TOKEN}"'})
            self.loads({"url": url, "headers": '{Authorization: "Bearer ${TOKEN}"}'})
            self.loads({"url": url, "user": "me", "password": '"${PASSWORD}"'})
            # The first token is refused, so another one is fetched.
            token = f'{{token_url: "{server.url("token")}", client_id: client}}'
            self.loads({"url": url, "oauth2": token, "client_secret": '"${CLIENT_SECRET}"'})
            self.assertEqual(server.token_count, 2)

    def test_wrong_credentials(self):
        with http_server.running() as server:
            url = server.url("bearer")
            self.refuses({"url": url, "bearer": '"${TOKEN}x"'}, ["answered 401", "sources/api.yml"])
            self.assertEqual(server.asked.count("/bearer"), 1)
            self.refuses({"url": server.url("next"), "params": '{api_key: "no${API_KEY}"}'},
                         "answered 403")
            self.refuses({"url": url, "headers": "{Authorization: Bearer abc}"},
                         "'Authorization' must not be written down here")
            self.refuses({"url": url, "bearer": "abc"},
                         ["'bearer'", "must not be written down here"])
            self.refuses({"url": url.replace("//", "//me:pw@")}, "must not hold a password")

    def test_lies_and_repeats(self):
        with http_server.running() as server:
            def refuse(path, words, **settings):
                self.refuses({"url": server.url(path), **settings}, words)

            refuse("liar", "speaks of 12 records but gave 25", records="data", pages="page",
                   total="total")
            refuse("stingy", "say in `pages` how they are asked for", records="data", total="total")
            refuse("repeat", "the same records as on a page before", pages="page")
            refuse("circle", "leads back to one before it", records="data", pages="{next: next}")
            refuse("html", "a web page, 'Please log in', not data")
            refuse("broken", ["not JSON from byte", "page=2"], pages="page")
            refuse("page", ["an object with data, total", "`records: data`"])
            refuse("page", "there is no 'rows' in the answer", records="rows")
            refuse("bomb", "the answer is larger than 1.0 MB", limits="{body_bytes_max: 1048576}")
            refuse("nothing", "answered 404")

    def test_an_empty_page_needs_declared_columns(self):
        with http_server.running() as server:
            settings = {"url": server.url("empty"), "pages": "page"}
            self.refuses(settings, "has no rows yet")
            self.loads(settings, "columns: {id: BIGINT}\n", count="0", total=None)

    def test_odd_records_go_to_quarantine(self):
        with http_server.running() as server:
            project = self.project({"url": server.url("odd")}, "columns: {id: INTEGER}\n")
            said = project.run()
            self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
            self.assertEqual(project.rows(), [["2", "4"]])
            self.assertIn("not a JSON object", said.stdout + said.stderr)

    def test_redirects(self):
        with http_server.running() as server, http_server.running() as other:
            def refuse(to, words, yml=""):
                self.refuses({"url": server.url("redirect?to=") + to}, words, yml=yml)

            refuse("http://169.254.169.254/latest/meta-data/", "another host, 169.254.169.254")
            refuse("http://169.254.169.254/", "an address that no source may read from",
                   yml="egress: [127.0.0.1, 169.254.169.254]\n")
            refuse("file:///etc/passwd", "only http and https are read")
            refuse(other.url("offset"), "which is this machine")
            self.assertEqual(other.asked, [])
            refuse("/redirect?to=/nothing", "answered 404")
            self.loads({"url": server.url("redirect?to=/dropped")})
            self.refuses({"url": server.url("offset")}, "the project may not talk to 127.0.0.1",
                         yml="egress: ['*.example']\n")

    def test_what_passes_is_asked_again(self):
        with http_server.running() as server:
            self.loads({"url": server.url("busy")})
            self.assertEqual(server.asked, ["/busy"] * 2)
        with http_server.running() as server:
            self.loads({"url": server.url("dropped"), "limits": "{pause_s: 0.01}"})
            self.assertEqual(server.asked, ["/dropped"] * 2)

    def test_goes_on_with_the_page_that_failed(self):
        """Nor is the key that the server repeats in its next link written down."""
        with http_server.running() as server:
            server.stops_at_two = True
            project = self.refuses(
                {"url": server.url("next"), "records": "rows", "pages": "{next: next}",
                 "params": '{api_key: "${API_KEY}"}'}, "answered 400", "load: upsert\nkey: id\n")
            server.stops_at_two = False
            server.asked.clear()
            self.assertEqual(project.run().returncode, 0, project.said)
            self.assertEqual([path.split("&")[0] for path in server.asked],
                             ["/next?page=2", "/next?page=3"])
            self.assertEqual(project.rows(), [["25", "325"]])

    def test_asks_from_the_last_value_on(self):
        for load in ["append", "upsert\nkey: id"]:
            with self.subTest(load), http_server.running() as server:
                server.rows = http_server.ROWS[:5]
                project = self.loads({"url": server.url("since"), "since": "updated_since"},
                                     f"load: {load}\ncursor: seen\n", count="5", total="15")
                self.assertEqual(server.asked, ["/since"])
                server.rows = http_server.ROWS[:7]
                self.assertEqual(project.run().returncode, 0, project.said)
                self.assertEqual(server.asked[1:],
                                 ["/since?updated_since=2026-01-06T00%3A00%3A00Z"])
                self.assertEqual(project.rows(), [["7", "28"]])
                project.write({"url": server.url("since"), "since": "updated_since"},
                              f"load: {load}\ncursor: {{column: seen, overlap: 2 days}}\n")
                self.assertEqual(project.run().returncode, 0, project.said)
                self.assertIn("updated_since=2026-01-06T00", server.asked[-1])
                self.assertEqual(project.rows(), [["7", "28"]])

    def test_loading_that_would_repeat_is_refused(self):
        with http_server.running() as server:
            self.refuses({"url": server.url("offset")}, "each run would add all rows again",
                         "load: append\n")
            self.refuses({"url": server.url("offset"), "since": "x"}, "there is none")

    def test_certificates(self):
        certificate = pathlib.Path(self.place.name) / "server.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", certificate, "-out", certificate.with_suffix(".crt")],
                       check=True, capture_output=True)
        certificate.write_bytes(certificate.read_bytes() +
                                certificate.with_suffix(".crt").read_bytes())
        with http_server.running(certificate) as server:
            good = server.url("offset").replace("http://127.0.0.1", "https://localhost")
            limits = {"limits": "{attempt_count_max: 1}"}
            self.refuses({"url": good, **limits}, "the server's certificate is not trusted")
            trusted = {"ca_file": "server.crt", **limits}
            self.loads({"url": good, "pages": "offset", **trusted})
            self.refuses({"url": good.replace("localhost", "127.0.0.1"), **trusted},
                         "the server's certificate is not trusted")
            plain = good.replace("https", "http")
            self.refuses({"url": plain, **limits}, "localhost")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
