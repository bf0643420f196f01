#!/usr/bin/env python3
"""Kills `quern run` while it pulls rows from a database that is written to at the same time.

Usage: landing_kill_test.py QUERN [KILLS] [SEED]

Three sources read one table: append and upsert by a cursor, and snapshot. Rows are added and
changed all the while; each run is killed at a random moment or at a random step of landing. In the
end a run that nobody disturbs must leave each row exactly as often as the database has it.
"""

import collections
import csv
import io
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile

STEPS = ["pulled", "before_landed", "landed", "source_made", "publish", "published", "journaled"]
SOURCES = {
    "appended": "load: append\ncursor: moment\n",
    "merged": "load: upsert\nkey: id\ncursor: {column: moment, overlap: 5}\ndeletes: detect\n",
    "history": "load: snapshot\nkey: id\n",
    "whole": "load: full\n",
}


def fail(words):
    sys.exit(f"landing_kill_test: {words}")


class Shop:
    """A table whose rows never repeat a moment, but for the twins that are written on purpose."""

    def __init__(self, file, draw):
        self.database = sqlite3.connect(file, isolation_level=None)
        self.database.execute("pragma journal_mode = wal")
        self.database.execute("create table log (id integer, moment integer, word text)")
        self.draw, self.moment = draw, 0

    def add(self, count):
        for _ in range(count):
            self.moment += 1
            row = (self.draw.randrange(500), self.moment, f"w{self.draw.random():.6f}")
            for _ in range(1 + (self.draw.random() < 0.05)):
                self.database.execute("insert into log values (?, ?, ?)", row)

    def rows(self):
        return [tuple(map(str, row)) for row in self.database.execute("select * from log")]


def write_project(folder):
    (folder / "sources").mkdir()
    (folder / "quern.yml").write_text("name: kills\n")
    for name, load in SOURCES.items():
        # Each key's newest row only, so that a key is one row.
        query = "select * from log" if name in ("appended", "whole") else (
            "select id, max(moment) as moment, word from log group by id")
        (folder / f"sources/{name}.yml").write_text(
            f"sqlite: {{file: shop.db, query: \"{query}\"}}\n"
            f"columns: {{id: BIGINT, moment: BIGINT}}\n{load}")


def run(quern, folder, words=("run",), seconds=None, step=None):
    """The program's end, or None when it was killed."""
    environment = os.environ | ({"QUERN_KILL_AT": step} if step else {})
    process = subprocess.Popen([quern, *words], cwd=folder, env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return None
    if process.returncode < 0:
        return None
    if process.returncode != 0:
        fail(f"quern {' '.join(words)} ended with {process.returncode}:\n{output}")
    return output


def table(quern, folder, query):
    text = run(quern, folder, ("query", query, "--format", "csv"))
    return [tuple(row) for row in list(csv.reader(io.StringIO(text)))[1:]]


def check_equal(name, found, wanted):
    found, wanted = collections.Counter(found), collections.Counter(wanted)
    if found != wanted:
        fail(f"{name}: {sum((wanted - found).values())} rows lost, such as "
             f"{list((wanted - found))[:3]}; {sum((found - wanted).values())} too many, such as "
             f"{list((found - wanted))[:3]}")


def main(quern, kills=100, seed=1):
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="quern-landing-") as place:
        folder = pathlib.Path(place)
        write_project(folder)
        shop = Shop(folder / "shop.db", draw)
        shop.add(300)
        done = runs = 0
        while done < kills:
            shop.add(draw.randrange(60))
            step = f"{draw.choice(STEPS)}:{draw.randrange(1, 5)}" if draw.random() < 0.5 else None
            ended = run(quern, folder, seconds=None if step else draw.uniform(0.02, 0.4), step=step)
            runs += 1
            done += ended is None
        shop.add(20)
        run(quern, folder)
        everything = shop.rows()
        newest = {}
        for row in everything:
            if row[0] not in newest or int(row[1]) >= int(newest[row[0]][1]):
                newest[row[0]] = row
        check_equal("appended", table(quern, folder, "select * from appended"), everything)
        check_equal("whole", table(quern, folder, "select * from whole"), everything)
        check_equal("merged", table(quern, folder, "select * from merged"), newest.values())
        check_equal("history", table(quern, folder, "select id, moment, word from history "
                                     "where is_current"), newest.values())
        torn = table(quern, folder,
                     "select id, count(*) from history where is_current group by id "
                     "having count(*) > 1 union all select id, 0 from (select *, "
                     "lead(valid_from) over (partition by id order by valid_from) as n "
                     "from history) where n is distinct from valid_to")
        check_equal("history without gaps", torn, [])
        if "Nothing to do" not in run(quern, folder):
            fail("a run without new rows had something to do")
        kept = {path.relative_to(folder / ".quern/landing") for path in
                (folder / ".quern/landing").rglob("*.parquet")}
        state = sqlite3.connect(folder / ".quern/state.db")
        known = {pathlib.Path(file) for file, in state.execute("select file from landed_batches")}
        if not known <= kept:
            fail(f"batches without files: {known - kept}")
        print(f"{done} kills in {runs} runs: {len(everything)} rows, none lost, none twice")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
