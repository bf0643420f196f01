"""A project with one source from a database server, and a watch over what it must never say."""

import json
import os
import pathlib
import re
import subprocess
import urllib.parse


class Project:
    def __init__(self, quern, folder, kind, server, database):
        self.quern, self.folder, self.kind = quern, pathlib.Path(folder), kind
        self.server, self.database = server, database
        self.environment = {**os.environ, "SECRET": server["password"]}
        self.said = []
        (self.folder / "sources").mkdir()
        (self.folder / "quern.yml").write_text("name: sql\n")

    def url(self, user=None, port=None):
        scheme = self.server["url"].split(":")[0]
        host = f"{self.server['host']}:{port or self.server['port']}"
        return f"{scheme}://{user or self.server['user']}@{host}/{self.database}"

    def write(self, name, settings, *lines, **server):
        """A source: settings beside url and password, its further lines, url(**server)."""
        all_settings = {"url": self.url(**server), "password": "${SECRET}", **settings}
        text = json.dumps({key: value for key, value in all_settings.items() if value is not None})
        file = self.folder / f"sources/{name}.yml"
        file.write_text("\n".join([f"{self.kind}: {text}", *lines]) + "\n")

    def call(self, *words):
        done = subprocess.run([self.quern, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=120, env=self.environment)
        self.said.append(done.stdout + done.stderr)
        return done

    def run(self, *words):
        """What could not be loaded: the words of each source's error."""
        done = self.call("run", *words)
        blocks = re.split(r"^error: ", done.stderr, flags=re.MULTILINE)[1:]
        faults = {}
        for block in blocks:
            found = re.match(r"sources/(\w+)\.yml\b", block)
            assert found, done.stderr
            faults[found[1]] = faults.get(found[1], "") + block
        assert (done.returncode == 0) == (not faults), done.stdout + done.stderr
        return faults

    def drop(self):
        """Forgets the sources."""
        for file in (self.folder / "sources").iterdir():
            file.unlink()

    def rows(self, sql):
        done = self.call("query", sql, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return [list(row.values()) for row in json.loads(done.stdout)]

    def types(self, name):
        described = json.loads(self.call("query", f"describe {name}", "--json").stdout)
        return {row["column_name"]: row["column_type"] for row in described}

    def leaks(self):
        """Where the password stands, in any spelling that it might get on its way."""
        password = self.server["password"]
        spellings = {password, urllib.parse.quote(password, safe=""), urllib.parse.quote(password),
                     password.replace("'", "''"), password.replace("\\", "\\\\"),
                     password.replace("\\", "\\\\").replace("'", "\\'"),
                     json.dumps(password)[1:-1]}
        texts = {"output": "\n".join(self.said).encode()}
        for file in self.folder.rglob("*"):
            if file.is_file():
                texts[str(file)] = file.read_bytes()
        return [place for place, text in texts.items()
                if any(spelling.encode() in text for spelling in spellings)]
