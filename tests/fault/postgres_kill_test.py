#!/usr/bin/env python3
# servers: postgresql
"""Kills `quern run` with SIGKILL while rows come from a PostgreSQL server into which more are being
written. At the end what has landed is what the server holds, each row as often as there.

Usage: postgres_kill_test.py QUERN KILLS SERVERS
"""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "sources"), str(TESTS / "servers")]
import postgresql  # noqa: E402
import sql_project  # noqa: E402

SEED, KILLS_A_SERIES = 7, 5
# Some rows are there twice and more: how often is counted, too.
ROWS = ("INSERT INTO log SELECT {0} + i / 3, md5((i / 3)::text), i % 3 = 0 AND random() < 0.5 "
        "FROM generate_series(0, 59) i;\n")


class Writer(threading.Thread):
    """Writes without a pause until told to stop, one transaction after the other."""

    def __init__(self, server, database):
        super().__init__()
        self.stops = threading.Event()
        self.psql = subprocess.Popen(
            ["psql", "-X", "-q", "-h", server["socket"], "-p", str(server["port"]), "-U",
             server["admin"], "-d", database], stdin=subprocess.PIPE, text=True)

    def run(self):
        first = 0
        while not self.stops.is_set():
            self.psql.stdin.write(ROWS.format(first))
            self.psql.stdin.flush()
            first += 20
            time.sleep(0.1)
        self.psql.stdin.close()
        self.psql.wait()

    def finish(self):
        self.stops.set()
        self.join()


def counted(rows):
    return sorted((int(row[0]), str(row[1]), str(row[2]).lower()[0], int(row[3])) for row in rows)


def compare(project, server, after, is_all):
    landed = counted(project.rows("select id, v, f, count(*) from log group by all"))
    below = "" if is_all else f"WHERE id < {landed[-1][0] if landed else 0}"
    there = postgresql.query(server, f"SELECT id, v, f, count(*) FROM log {below} GROUP BY 1, 2, 3",
                             project.database)
    want = counted(line.split("|") for line in there.splitlines())
    found = landed if is_all else [row for row in landed if row[0] < landed[-1][0]]
    if found != want:
        lost, more = set(want) - set(found), set(found) - set(want)
        sys.exit(f"{after}: {len(lost)} rows lost, such as {sorted(lost)[:3]}; "
                 f"{len(more)} too many, such as {sorted(more)[:3]}")
    return sum(row[3] for row in found)


def main(quern, kills, servers):
    server = json.loads(pathlib.Path(servers).read_text())["postgresql"]
    database = f"quern_kill_{kills}"
    postgresql.new_database(server, database)
    postgresql.query(server, "CREATE TABLE log (id int8, v text, f bool); CREATE INDEX ON log (id)",
                     database)
    draw = random.Random(SEED)
    writer = Writer(server, database)
    with tempfile.TemporaryDirectory(prefix="quern-kill-") as folder:
        project = sql_project.Project(quern, folder, "postgres", server, database)
        project.write("log", {"table": "log"}, "load: append", "cursor: id")
        writer.start()
        try:
            start = time.monotonic()
            assert project.run() == {}
            seconds = time.monotonic() - start
            done = 0
            while done < kills:
                for _ in range(KILLS_A_SERIES):
                    process = subprocess.Popen([quern, "run"], cwd=folder,
                                               env=project.environment, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL)
                    try:
                        process.wait(draw.uniform(0, seconds))
                    except subprocess.TimeoutExpired:
                        process.send_signal(signal.SIGKILL)
                        process.wait()
                        done += 1
                start = time.monotonic()
                assert project.run() == {}
                seconds = time.monotonic() - start
                compare(project, server, f"after kill {done}", is_all=False)
        finally:
            writer.finish()
        assert project.run() == {}
        row_count = compare(project, server, "at the end", is_all=True)
        assert project.leaks() == []
    print(f"{done} kills: {row_count} rows, none lost and none repeated")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
