"""A project in a folder, its sources written one by one: for sources that need no server."""

import json
import pathlib
import subprocess
import sys


def check(is_fine, what):
    if not is_fine:
        sys.exit(f"not as expected: {what}")


class Project:
    def __init__(self, quern, folder):
        self.quern, self.place = pathlib.Path(quern).resolve(), pathlib.Path(folder)
        (self.place / "sources").mkdir()
        (self.place / "quern.yml").write_text("name: tests\n")

    def source(self, name, text):
        (self.place / f"sources/{name}.yml").write_text(text)

    def without(self, name):
        (self.place / f"sources/{name}.yml").unlink()

    def call(self, *words):
        return subprocess.run([self.quern, *words], cwd=self.place, capture_output=True, text=True,
                              timeout=120)

    def run(self, *words):
        done = self.call("run", *words)
        check(done.returncode == 0, done.stdout + done.stderr)
        return done.stdout

    def refusal(self, *words):
        done = self.call("run", *words)
        check(done.returncode != 0, f"run must fail: {done.stdout}")
        return done.stderr

    def expect(self, sql, want):
        """Rows with all values as texts, as the engine writes them."""
        done = self.call("query", f"select columns(*)::varchar from ({sql})", "--json")
        check(done.returncode == 0, f"{sql}: {done.stdout}{done.stderr}")
        rows = [list(row.values()) for row in json.loads(done.stdout)]
        check(rows == want, f"{sql}\n got {rows}\nwant {want}")
