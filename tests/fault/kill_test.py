#!/usr/bin/env python3
"""Kills `quern run` with SIGKILL at random moments; nothing may be lost, torn or done twice.

Usage: kill_test.py QUERN [KILLS] [SEED]

A project of one source, four tables and a model changes between two versions. While it is being
rebuilt the run is killed, again and again. After each kill the published tables must be one whole
version of themselves; after the last of a series `quern run` must finish, and tables and model
must equal, byte for byte, those of a run that nobody disturbed.
"""

import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

ROWS = 4000
KILLS_A_SERIES = 5
TABLES = ["cleaned", "by_city", "joined", "final"]


def write_project(folder):
    for name in ("sources", "tables", "models", "services", "data"):
        (folder / name).mkdir(parents=True)
    (folder / "quern.yml").write_text("name: kills\n")
    (folder / "sources/orders.yml").write_text("file: data/*.csv\n")
    (folder / "tables/cleaned.sql").write_text(
        "/* ---\nkey: id\nchecks:\n  - id: [not_null, unique]\n"
        "  - city: {in: [Bonn, Kiel, Ulm]}\n"
        "--- */\nselect id, trim(city) as city, amount, late from orders\n"
        "where amount is not null\n")
    (folder / "tables/by_city.sql").write_text(
        "/* ---\nchecks:\n  - rows: {min: 3, max: 3}\n--- */\n"
        "select city, count(*) as orders, sum(amount) as total from cleaned group by city\n")
    (folder / "tables/joined.sql").write_text(
        "select c.*, b.total / b.orders as city_mean from cleaned c join by_city b using (city)\n")
    (folder / "tables/final.sql").write_text(
        "/* ---\nmaterialize: view\n--- */\n"
        "select *, amount > city_mean as is_large from joined\n")
    (folder / "models/late.yml").write_text(
        "from: final\ntarget: late\nkey: id\nfeatures: [city, amount, amount / city_mean as ratio, "
        "is_large]\nalgorithm: {gbdt: {num_iterations: 15}}\nsplit: {seed: 5}\n")
    (folder / "services/late.yml").write_text("model: late@champion\n")


def write_data(folder, version):
    """Version 0 and 1 differ in rows and in one table's SQL, so each change makes real work."""
    draw = random.Random(version)
    lines = ["id,city,amount,late"]
    for i in range(ROWS + version * 500):
        city = draw.choice(["Bonn", "Kiel ", " Ulm"])
        amount = "" if draw.random() < 0.01 else f"{draw.lognormvariate(3, 1):.2f}"
        lines.append(f"{i},{city},{amount},{'yes' if draw.random() < 0.3 else 'no'}")
    (folder / "data/orders.csv").write_text("\n".join(lines) + "\n")
    threshold = "city_mean" if version == 0 else "city_mean * 2"
    (folder / "tables/final.sql").write_text(
        "/* ---\nmaterialize: view\n--- */\n"
        f"select *, amount > {threshold} as is_large from joined\n")


class Project:
    def __init__(self, quern, folder):
        self.quern, self.folder = quern, folder
        folder.mkdir()
        write_project(folder)

    def call(self, *words):
        done = subprocess.run([self.quern, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=300)
        if done.returncode != 0:
            sys.exit(f"quern {' '.join(words)} ended with {done.returncode}:\n"
                     f"{done.stdout}{done.stderr}")
        return done.stdout

    def run_and_kill(self, seconds):
        """True if the run was killed, False if it was faster."""
        process = subprocess.Popen([self.quern, "run"], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stderr.close()
            return True
        if process.returncode != 0:
            sys.exit(f"a run ended with {process.returncode}: {process.stderr.read().decode()}")
        process.stderr.close()
        return False

    def table_hash(self, table):
        rows = self.call("query", f"from {table} order by all", "--json")
        return hashlib.sha256(rows.encode()).hexdigest()

    def state(self):
        """What is published: a hash of each table's rows, and of the champion's file."""
        state = {table: self.table_hash(table) for table in TABLES}
        shown = json.loads(self.call("show", "late", "--json"))
        state["late"] = find_artifact(shown)
        artifact = self.folder / ".quern" / "artifacts" / f"{state['late']}.qn"
        if hashlib.sha256(artifact.read_bytes()).hexdigest() != state["late"]:
            sys.exit(f"{artifact} is not what its name says")
        return state


def find_artifact(facts):
    if isinstance(facts, dict):
        for key in ("artifact", "artifact_sha256", "sha256"):
            if isinstance(facts.get(key), str):
                return facts[key]
        facts = list(facts.values())
    if isinstance(facts, list):
        for fact in facts:
            if found := find_artifact(fact):
                return found
    return None


def main(quern, kills=200, seed=1):
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="quern-kill-") as place:
        reference, seconds = [], []
        for version in (0, 1):
            calm = Project(quern, pathlib.Path(place) / f"calm{version}")
            write_data(calm.folder, version)
            start = time.monotonic()
            calm.call("run")
            seconds.append(time.monotonic() - start)
            reference.append(calm.state())
        wild = Project(quern, pathlib.Path(place) / "wild")
        write_data(wild.folder, 1)
        wild.call("run")
        done, series, version = 0, 0, 1
        while done < kills:
            version = 1 - version
            write_data(wild.folder, version)
            for _ in range(KILLS_A_SERIES):
                if not wild.run_and_kill(draw.uniform(0, seconds[version] * 1.1)):
                    break
                done += 1
                for table in TABLES:
                    if wild.table_hash(table) not in (reference[0][table], reference[1][table]):
                        sys.exit(f"after kill {done}: {table} is neither version of itself")
            wild.call("run")
            series += 1
            if wild.state() != reference[version]:
                sys.exit(f"after kill {done} (seed {seed}): {wild.state()} is not "
                         f"{reference[version]}")
            if "othing to do" not in wild.call("run"):
                sys.exit(f"after kill {done}: a finished run found something left to do")
    print(f"{done} kills in {series} series: every run finished, all tables and models equal")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), *map(int, sys.argv[2:]))
