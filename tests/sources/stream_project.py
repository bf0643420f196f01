"""A project with one source from a server of streams or documents, and what it must never say."""

import json
import os
import pathlib
import subprocess
import urllib.parse


class Project:
    def __init__(self, quern, folder, kind, password):
        self.quern, self.folder, self.kind = os.path.abspath(quern), pathlib.Path(folder), kind
        self.password = password
        self.environment = {**os.environ, "SECRET": password}
        self.said = []
        (self.folder / "sources").mkdir()
        (self.folder / "quern.yml").write_text("name: streams\n")

    def write(self, settings, *lines, name="rows"):
        text = "\n".join([f"{self.kind}: {json.dumps(settings)}", *lines])
        (self.folder / f"sources/{name}.yml").write_text(text + "\n")
        return self

    def start(self, *words):
        return subprocess.Popen([self.quern, *words], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def call(self, *words):
        done = subprocess.run([self.quern, *words], cwd=self.folder, capture_output=True,
                              text=True, timeout=300, env=self.environment)
        self.said.append(done.stdout + done.stderr)
        return done

    def run(self, *words):
        done = self.call("run", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refusal(self, *words):
        done = self.call("run", *words)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def rows(self, sql="from rows order by all"):
        done = self.call("query", sql, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return [list(row.values()) for row in json.loads(done.stdout)]

    def types(self):
        described = json.loads(self.call("query", "describe rows", "--json").stdout)
        return {row["column_name"]: row["column_type"] for row in described}

    def leaks(self):
        """Where the password stands, in any spelling that it might get on its way."""
        spellings = {self.password, urllib.parse.quote(self.password, safe=""),
                     urllib.parse.quote(self.password), json.dumps(self.password)[1:-1]}
        texts = {"output": "\n".join(self.said).encode()}
        for file in self.folder.rglob("*"):
            if file.is_file():
                texts[str(file)] = file.read_bytes()
        return [place for place, text in texts.items()
                if any(spelling.encode() in text for spelling in spellings)]
