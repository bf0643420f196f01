#!/usr/bin/env python3
"""Covers sql.cc, sql_expressions.cc and sql_numbers.cc: the SQL export gives quern's scores in
DuckDB and in PostgreSQL.

Usage: sql_test.py QUERN PROJECT SERVERS
"""
# servers: postgresql

import json
import pathlib
import shutil
import sys
import tempfile

import shared
from shared import check, difference, number

sys.path.insert(0, str(shared.ROOT / "tests/servers"))
import postgresql  # noqa: E402

DATABASE = "exports"

DUCKDB = ["numbers", "texts", "fitted", "spend", "forest", "plain", "categories", "leaves"]
POSTGRESQL = ["texts", "fitted", "spend", "forest", "plain", "categories", "leaves"]
TYPES = {"income": "double precision", "wide": "bigint", "price": "numeric(10,2)",
         "small": "smallint", "city": "text", "is_member": "boolean", "born": "date",
         "seen": "timestamp"}


def literal(value):
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"


def is_ordinary(row):
    """PostgreSQL stops at doubles that overflow and at differences of infinite dates."""
    if any("infinity" in str(row["inputs"].get(name)) for name in ("born", "seen")):
        return False
    sizes = [abs(number(v)) for name, v in row["inputs"].items()
             if v is not None and TYPES[name] == "double precision"]
    return all(not 0 < size < 1e-100 and not 1e100 < size < float("inf") for size in sizes)


def check_postgresql(server, quern, project, place, model):
    file = place / f"{model}.sql"
    rows = shared.rows_of(quern, project, model, file, "--dialect", "postgresql")
    rows = [row for row in rows if not row["failed"] and is_ordinary(row)]
    check(len(rows) > 200, f"{model}: {len(rows)} rows only")
    names = list(rows[0]["inputs"])
    values = ",\n".join("(" + ", ".join([str(i)] + [literal(row["inputs"][n]) for n in names]) + ")"
                        for i, row in enumerate(rows))
    columns = ", ".join(f'"{name}" {TYPES[name]}' for name in names)
    postgresql.query(server, "DROP TABLE IF EXISTS rows_to_score; CREATE TABLE rows_to_score "
                     f"(number integer, {columns}); INSERT INTO rows_to_score VALUES {values};",
                     DATABASE)
    select = file.read_text().rstrip().rstrip(";")
    lines = postgresql.query(server, f"SELECT row_to_json(s) FROM ({select}) AS s ORDER BY number",
                             DATABASE)
    found = [json.loads(line) for line in lines.splitlines()]
    check(len(found) == len(rows), f"{model}: {len(found)} rows came back of {len(rows)}")
    for mine, theirs in zip(rows, found):
        scores = [v for k, v in theirs.items() if k.startswith("raw_score")]
        shares = [v for k, v in theirs.items() if k.startswith("probability_")]
        shares = shares or [theirs["prediction"]]
        for kind, wanted, given, margin in [("raw", mine["raw"], scores, 1e-13),
                                            ("outputs", mine["outputs"], shares, 1e-14)]:
            for a, b in zip(wanted, given):
                a, b = number(a), number(b)
                check(difference(b, a) <= margin * max(1, abs(a)),
                      f"{model} {kind}: {mine} {theirs}")
    exact = sum(number(a) == number(b["raw_score"]) or number(a) != number(a)
                for a, b in zip([r["raw"][0] for r in rows], found))
    check(exact == len(rows) or model == "fitted", f"{model}: {exact} of {len(rows)} are exact")


def main(quern, project, servers_file):
    place = pathlib.Path(tempfile.mkdtemp(prefix="quern-sql-"))
    server = json.loads(pathlib.Path(servers_file).read_text())["postgresql"]
    try:
        for model in DUCKDB:
            found = shared.export(quern, project, model, place / f"{model}.sql")["check"]
            margin = 1e-12 if model == "fitted" else 0
            check(found["rows"] > 300 and found["largest_difference_raw"] <= margin and
                  found["largest_difference"] <= margin, f"{model} in DuckDB: {found}")
        postgresql.new_database(server, DATABASE)
        for model in POSTGRESQL:
            check_postgresql(server, quern, project, place, model)
        said = shared.refusal(quern, project, "numbers", place / "x.sql", "--dialect", "postgresql")
        check("PostgreSQL export has no form for" in said and "feature" in said, said)
        said = shared.refusal(quern, project, "plain", place / "x.sql", "--dialect", "oracle")
        check("oracle" in said and "postgresql" in said, said)
    finally:
        shutil.rmtree(place)


main(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3])
