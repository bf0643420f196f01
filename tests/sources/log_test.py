#!/usr/bin/env python3
"""Logs that grow and are rotated between runs: each line is loaded once.

Usage: log_test.py QUERN
"""

import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

QUERN = os.path.abspath(sys.argv[1])
SOURCE = r"""log: {file: logs/app.log, gap: fail}
format: pattern
pattern: '(?P<time>\S+) (?P<n>\d+) (?P<text>.*)'
load: append
"""


class Log(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        for name in ["sources", "logs"]:
            (self.folder / name).mkdir()
        (self.folder / "quern.yml").write_text("name: logs\n")
        self.write_source(SOURCE)
        self.log = self.folder / "logs" / "app.log"
        self.count = 0

    def write_source(self, text):
        (self.folder / "sources" / "app.yml").write_text(text)

    def call(self, *words):
        return subprocess.run([QUERN, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=60)

    def add(self, count, end=""):
        with open(self.log, "a") as log:
            for _ in range(count):
                self.count += 1
                log.write(f"2026-01-02T03:04:05 {self.count} a line of the log\n")
            log.write(end)

    def check(self):
        done = self.call("run")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = self.call("query", "SELECT count(*)::INT AS c, sum(n)::INT AS s, "
                         "count(DISTINCT n)::INT AS d FROM app", "--json").stdout
        want = self.count
        self.assertEqual(list(json.loads(rows)[0].values()),
                         [want, want * (want + 1) // 2, want])
        return done.stdout + done.stderr

    def test_growth_and_every_rotation(self):
        self.add(20)
        self.check()
        self.check()
        self.add(5, end="2026-01-02T03:04:05 26 a li")
        self.check()
        with open(self.log, "a") as log:
            log.write("ne\n")
        self.count += 1
        self.log.rename(self.log.with_suffix(".log.1"))
        self.add(7)
        self.check()
        self.add(3)  # copied and cut
        shutil.copy(self.log, self.log.with_suffix(".log.2"))
        self.log.write_text("")
        self.add(40)
        self.check()
        self.add(2)  # renamed and packed
        with gzip.open(self.log.with_suffix(".log.3.gz"), "wb") as packed:
            packed.write(self.log.read_bytes())
        self.log.unlink()
        self.add(4)
        self.check()

    def test_a_line_that_is_none_is_told_of(self):
        self.add(3, end="Traceback (most recent call last):\n")
        self.add(2)
        self.assertIn("the line does not match the pattern", self.check())

    def test_a_log_that_is_gone_is_not_passed_over(self):
        self.add(20)
        self.check()
        self.log.unlink()
        self.add(5)
        done = self.call("run")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("was read up to line 20 and is gone", done.stdout + done.stderr)
        self.write_source(SOURCE.replace("gap: fail", "gap: skip"))
        self.check()

    def test_a_log_needs_a_format(self):
        self.write_source("log: logs/app.log\nload: append\n")
        self.add(1)
        done = self.call("run")
        self.assertIn("a log's lines need a `format`", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
