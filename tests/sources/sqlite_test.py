#!/usr/bin/env python3
"""SQLite files as sources: exact values whatever a column holds, increments, and what is refused.

Usage: sqlite_test.py QUERN
"""

import json
import pathlib
import sqlite3
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from project import Project, check  # noqa: E402

TABLES = '''
CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT, f REAL, day DATE, at DATETIME, raw BLOB);
INSERT INTO plain VALUES
    (1, 'a' || char(39) || 'b', 0.1, '2024-02-29', '2024-02-29 13:30:00.125', x'00ff'),
    (9223372036854775807, '', 1e300, NULL, NULL, NULL), (-5, NULL, -0.0, '0001-01-01', NULL, x'');
CREATE TABLE loose (id INTEGER, n INTEGER, day DATE, flag BOOLEAN, anything, price DECIMAL(38,10));
INSERT INTO loose VALUES (1, 5, '2024-02-31', 1, 'x', '123456789012345678901234.5'),
    (2, 'abc', 20240101, 0, 5, 1.5), (3, 0.1, NULL, NULL, x'beef', NULL);
CREATE VIEW doubled AS SELECT id * 2 AS id2, f / 3 AS third FROM plain WHERE id < 100;
CREATE TABLE "odd ""name""" ("a b" INT, "select" TEXT);
INSERT INTO "odd ""name""" VALUES (1, 'x');
CREATE TABLE empty (a INT, b TEXT, c DATE);
CREATE TABLE events (id INTEGER PRIMARY KEY, changed TIMESTAMP, v INT);
INSERT INTO events VALUES (1, '2024-01-01 10:00:00', 10), (2, '2024-01-02 10:00:00', 20);
'''


def source(table, **more):
    lines = [f"sqlite: {{file: shop.db, table: {json.dumps(table)}}}"]
    return "\n".join(lines + [f"{key}: {value}" for key, value in more.items()]) + "\n"


def values(project):
    project.source("plain", source("plain"))
    project.source("loose", source("loose"))
    project.source("doubled", source("doubled"))
    project.source("odd", source('odd "name"'))
    project.source("nothing", source("empty"))
    project.source("asked", 'sqlite: {file: shop.db, query: "SELECT id, f * 3 AS g FROM plain"}\n')
    project.run()
    project.expect("select id, name, f, day, \"at\", hex(raw) from plain order by id",
                   [["-5", None, "0.0", "0001-01-01", None, ""],
                    ["1", "a'b", "0.1", "2024-02-29", "2024-02-29 13:30:00.125", "00FF"],
                    ["9223372036854775807", "", "1e+300", None, None, None]])
    project.expect("from loose order by id",
                   [["1", "5", "2024-02-31", "true", "x", "1.2345678901234569e+23"],
                    ["2", "abc", "20240101", "false", "5", "1.5"],
                    ["3", "0.10000000000000001", None, None, "BEEF", None]])
    project.expect("select third from doubled order by id2", [["0.0"], ["0.03333333333333333"]])
    project.expect('select "a b", "select" from odd', [["1", "x"]])
    project.expect("select count(*), min(typeof(c)) from nothing", [["0", None]])
    project.expect("select typeof(id), typeof(g) from asked limit 1", [["BIGINT", "DOUBLE"]])


def increments(project, shop):
    project.source("events", source("events", load="upsert", key="id", cursor="changed"))
    project.run("events")
    shop.executescript("INSERT INTO events VALUES (3, '2024-01-03 00:00:00', 30);"
                       "UPDATE events SET v = 21, changed = '2024-01-04 00:00:00' WHERE id = 2;")
    project.run("events")
    project.expect("select id, v from events order by id", [["1", "10"], ["2", "21"], ["3", "30"]])


def refusals(project):
    (project.place / "notes.db").write_text("not a database at all" * 100)
    bad = {
        "unknown": (source("plainn"), "did you mean 'plain'"),
        "neither": ("sqlite: {file: shop.db}\n", "either a table or a query"),
        "missing": ("sqlite: {file: none.db, table: a}\n", "none.db"),
        "notes": ("sqlite: {file: notes.db, table: a}\n", "not a database"),
        "writes": ('sqlite: {file: shop.db, query: "DELETE FROM plain RETURNING *"}\n', "DELETE"),
        "column": ('sqlite: {file: shop.db, query: "SELECT nope FROM plain"}\n', "no such column")}
    for name, (text, _) in bad.items():
        project.source(name, text)
    said = project.refusal(*bad)
    for name, (_, want) in bad.items():
        place = f"sources/{name}.yml"
        line = next((one for one in said.splitlines() if place in one), "")
        check(want in said and line, f"{want} at {place}: {said}")
        project.without(name)
    project.expect("select count(*) from plain", [["3"]])


def main(quern):
    with tempfile.TemporaryDirectory(prefix="quern-sqlite-") as folder:
        project = Project(quern, folder)
        shop = sqlite3.connect(project.place / "shop.db")
        shop.executescript(TABLES)
        values(project)
        increments(project, shop)
        refusals(project)


main(sys.argv[1])
