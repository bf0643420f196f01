#!/usr/bin/env python3
"""Runs .test scripts: a small project, what is done to it, and what must come of it.

Usage: runner.py QUERN SCRIPT.test...

A script stands in a project's folder (or makes its files itself). It runs in a fresh copy of that
folder; files named `data/...` may be links. `#` begins a comment line. Steps:

    file PATH                     the lines up to a line `end` become that file
    bytes PATH ESCAPED            a file of these bytes, written as in a Python bytes literal
    remove PATH
    replace PATH OLD => NEW       OLD must be there once
    VERB ARGS...                  any verb of quern; then one or more expectations:
      ok | failed | error CODE    exit code 0, 1 or 2 (with that code in --json)
      has TEXT                    standard output or error holds the text
      lacks TEXT
    query SQL                     (further lines of SQL up to `----`), then rows of values set
    ----                          apart by tabs or two spaces, up to an empty line;
    a  0.52 ±0.01                 numbers may carry a margin
    query "SQL" | query -OPTION   as any verb
    http METHOD PATH [BODY]       against `quern serve` of this project, with a token; then
      200 {"probability": 0.6 ±0.1}   the status and, in JSON, what the answer must hold at least
    ways MODEL [from FILE] [without WAY, WAY...]
                                  rows of its table have the same scores in every way of ways.py
"""

import codecs
import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import ways

TIMEOUT_SECONDS = 120


class Failure(Exception):
    pass


class Script:
    def __init__(self, quern, path):
        self.quern, self.path = quern, path
        self.lines = path.read_text().splitlines()
        self.at = 0
        self.folder = None
        self.service = None
        self.outcome = None

    def fail(self, words):
        raise Failure(f"{self.path}:{self.at}: {words}")

    def next_line(self):
        line = self.lines[self.at]
        self.at += 1
        return line

    def run(self):
        with tempfile.TemporaryDirectory(prefix="quern-test-") as place:
            self.folder = pathlib.Path(place) / "project"
            shutil.copytree(self.path.parent, self.folder,
                            ignore=shutil.ignore_patterns(".quern", "*.test"))
            try:
                while self.at < len(self.lines):
                    line = self.next_line()
                    if line.strip() and not line.startswith("#"):
                        self.step(line)
            finally:
                self.stop_service()

    def step(self, line):
        word, _, rest = line.strip().partition(" ")
        if line.startswith(" ") or word in ("ok", "failed", "error", "has", "lacks"):
            return self.expect(line.strip())
        handler = getattr(self, "do_" + word, None)
        is_verb = word == "query" and rest.startswith(('"', "-"))
        if handler and not is_verb:
            return handler(rest)
        self.do_verb(line)

    # Files

    def do_file(self, rest):
        text = []
        while (line := self.next_line()) != "end":
            text.append(line + "\n")
        path = self.folder / rest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(text))

    def do_bytes(self, rest):
        name, _, escaped = rest.partition(" ")
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(codecs.escape_decode(escaped.encode())[0])

    def do_remove(self, rest):
        path = self.folder / rest
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def do_replace(self, rest):
        name, _, change = rest.partition(" ")
        old, _, new = change.partition(" => ")
        path = self.folder / name
        text = path.read_text()
        if text.count(old) != 1:
            self.fail(f"'{old}' is {text.count(old)} times in {name}, not once")
        path.write_text(text.replace(old, new))

    # Verbs

    def call(self, words):
        return subprocess.run([self.quern, *words], cwd=self.folder, capture_output=True,
                              text=True, timeout=TIMEOUT_SECONDS, stdin=subprocess.DEVNULL)

    def do_verb(self, line):
        self.stop_service()
        words = shlex.split(line)
        self.outcome = self.call(words)
        self.words = words
        following = self.lines[self.at].strip() if self.at < len(self.lines) else ""
        if not re.match(r"(ok|failed|error)\b", following):
            self.fail("a verb must be followed by ok, failed or error CODE")

    def expect(self, line):
        word, _, rest = line.partition(" ")
        shown = f"\n{self.outcome.stdout}{self.outcome.stderr}" if self.outcome else ""
        if word in ("ok", "failed"):
            if self.outcome.returncode != (word == "failed"):
                self.fail(f"exit code {self.outcome.returncode}, expected {word}{shown}")
        elif word == "error":
            if self.outcome.returncode != 2:
                self.fail(f"exit code {self.outcome.returncode}, expected an error{shown}")
            code = json.loads(self.call([*self.words, "--json"]).stdout)["error"]["code"]
            if rest and code != rest:
                self.fail(f"error code {code}, expected {rest}{shown}")
        elif word == "has":
            if rest not in self.outcome.stdout + self.outcome.stderr:
                self.fail(f"'{rest}' is not in the output:{shown}")
        elif word == "lacks":
            if rest in self.outcome.stdout + self.outcome.stderr:
                self.fail(f"'{rest}' is in the output:{shown}")
        else:
            self.fail(f"no expectation '{word}'")

    def do_query(self, rest):
        self.stop_service()
        sql = [rest]
        while (line := self.next_line()) != "----":
            sql.append(line)
        wanted = []
        while self.at < len(self.lines) and self.lines[self.at].strip():
            wanted.append(re.split(r"\t|  +", self.next_line().strip()))
        done = self.call(["query", "\n".join(sql), "--json"])
        if done.returncode != 0:
            self.fail(f"the query failed: {done.stdout}{done.stderr}")
        rows = json.loads(done.stdout)
        rows = rows["rows"] if isinstance(rows, dict) else rows
        got = [[value_text(value) for value in
                (row.values() if isinstance(row, dict) else row)] for row in rows]
        if len(got) != len(wanted) or not all(
                len(g) == len(w) and all(map(same_value, g, w)) for g, w in zip(got, wanted)):
            self.fail("the query gave\n" + "\n".join("  ".join(row) for row in got))

    # Serving

    def start_service(self):
        if self.service:
            return
        made = self.call(["token", "new", "--role", "scorer", "--json"])
        if made.returncode != 0:
            self.fail(f"no token: {made.stdout}{made.stderr}")
        self.token = json.loads(made.stdout)["token"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.service = subprocess.Popen([self.quern, "serve", "--port", str(self.port)],
                                        cwd=self.folder, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            try:
                if self.request("GET", "/v2/health/live", None)[0] == 200:
                    return
            except OSError:
                time.sleep(0.01)
            if self.service.poll() is not None:
                self.fail("serve ended: " + self.service.stderr.read())
        self.fail("serve does not answer")

    def stop_service(self):
        if not self.service:
            return
        self.service.send_signal(signal.SIGTERM)
        code = self.service.wait(20)
        self.service = None
        if code != 0:
            self.fail(f"serve ended with {code} on SIGTERM")

    def request(self, method, path, body):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            is_json = body.lstrip()[:1] in ("{", "[")
            headers["Content-Type"] = "application/json" if is_json else "text/csv"
        link.request(method, path, None if body is None else body.encode(), headers)
        reply = link.getresponse()
        text = reply.read().decode()
        link.close()
        return reply.status, text

    def do_http(self, rest):
        self.start_service()
        method, path, *body = rest.split(" ", 2)
        body = codecs.escape_decode(body[0].encode())[0].decode() if body else None
        status, text = self.request(method, path, body)
        wanted = self.next_line().strip()
        code, _, content = wanted.partition(" ")
        if str(status) != code:
            self.fail(f"answer {status}: {text}")
        if content.startswith(("{", "[")):
            if not holds(json.loads(text), parse_wanted(content)):
                self.fail(f"the answer is {text}")
        elif content and content not in text:
            self.fail(f"'{content}' is not in the answer: {text}")


    def do_ways(self, rest):
        self.stop_service()
        rest, _, without = rest.partition(" without ")
        name, _, file = rest.partition(" from ")
        library = pathlib.Path(self.quern).parent / "libquern_score.so"
        fault = ways.check(self, name, library, without, file)
        if fault:
            self.fail(fault)


def value_text(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def same_value(got, wanted):
    value, _, margin = wanted.partition(" ±")
    if not margin:
        return got == wanted
    try:
        return abs(float(got) - float(value)) <= float(margin)
    except ValueError:
        return False


MARGIN = re.compile(r"(-?[\d.]+(?:e-?\d+)?) ±([\d.]+(?:e-?\d+)?)")


def parse_wanted(text):
    return json.loads(MARGIN.sub(r'{"±": [\1, \2]}', text))


def holds(got, wanted):
    """Whether `got` has all that `wanted` has; further keys are welcome."""
    if isinstance(wanted, dict) and "±" in wanted:
        value, margin = wanted["±"]
        return isinstance(got, (int, float)) and abs(got - value) <= margin
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(
            key in got and holds(got[key], value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (isinstance(got, list) and len(got) == len(wanted)
                and all(map(holds, got, wanted)))
    return got == wanted


def main(quern, scripts):
    failures = 0
    for script in scripts:
        try:
            Script(os.path.abspath(quern), pathlib.Path(script).resolve()).run()
        except Failure as failure:
            failures += 1
            print(failure)
    print(f"{len(scripts) - failures} of {len(scripts)} scripts passed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
