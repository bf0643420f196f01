"""A table of a PostgreSQL and of a MariaDB server, whole, beside the bare extension of DuckDB."""

import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "servers"))
import mariadb  # noqa: E402
import postgresql  # noqa: E402
import servers  # noqa: E402

ROWS, ROUNDS = 2_000_000, 3
COLUMNS = ("CREATE TABLE pulled (id bigint, at timestamp, city varchar(20), amount decimal(10,2), "
           "n int, ratio double precision, word varchar(40)); INSERT INTO pulled ")
VALUES = {
    "postgresql": "SELECT i, '2024-01-01'::timestamp + i * interval '1 second', 'city ' || i % 100,"
                  " i % 1000000 / 100.0, i % 7, i / 3.0, md5(i::text) "
                  f"FROM generate_series(1, {ROWS}) i; VACUUM ANALYZE pulled",
    "mariadb": "SELECT seq, '2024-01-01' + interval seq second, concat('city ', seq % 100),"
               " seq % 1000000 / 100.0, seq % 7, seq / 3.0, md5(seq) "
               f"FROM seq_1_to_{ROWS}; ANALYZE TABLE pulled",
}
KINDS = [("postgresql", postgresql, "postgres", "postgres_scanner", "public.pulled"),
         ("mariadb", mariadb, "mysql", "mysql_scanner", "shop.pulled")]


def bench(measure):
    missed = 0
    for name, module, kind, extension, table in KINDS:
        with servers.running(name) as server, tempfile.TemporaryDirectory() as place:
            module.query(server, COLUMNS + VALUES[name])
            missed += bench_one(measure, server, pathlib.Path(place), kind, extension, table)
    return missed


def bench_one(measure, server, place, kind, extension, table):
    os.environ["SOURCES_PASSWORD"] = server["password"]
    project = place / "project"
    (project / "sources").mkdir(parents=True)
    (project / "quern.yml").write_text("name: sources\n")
    (project / "sources/pulled.yml").write_text(
        f"{kind}: {{url: '{server['url']}', password: '${{SOURCES_PASSWORD}}', "
        f"table: {table}}}\n")
    library = measure.ROOT / f"deps/native/extensions/{extension}.duckdb_extension"
    secret = (f"CREATE SECRET origin (TYPE {kind}, HOST '{server['host']}', "
              f"PORT '{server['port']}', DATABASE 'shop', USER 'reader', "
              f"PASSWORD {servers.sql_text(server['password'])})")
    peer = str(pathlib.Path(__file__).with_name("sources_peer.py"))

    def ours():
        measure.shutil.rmtree(project / ".quern", ignore_errors=True)
        return measure.Weighed([measure.QUERN, "run"], cwd=project)

    def bare():
        (place / "bare.duckdb").unlink(missing_ok=True)
        return measure.Weighed([measure.PEER_PYTHON, peer, str(library), secret, table,
                                str(place / "bare.duckdb")])

    runs, peers = measure.rounds(ROUNDS, ours, bare)
    found = measure.Weighed([measure.QUERN, "query", "--json",
                             "select count(*) as a, sum(id)::varchar as b, sum(amount)::varchar as "
                             "c, max(word) as d from pulled"], cwd=project)
    if list(json.loads(found.output)[0].values()) != json.loads(peers[0].output):
        raise SystemExit(f"not the same rows: {found.output} {peers[0].output}")
    seconds, bare_seconds = measure.median(runs), measure.median(peers)
    return measure.report(
        f"{kind}, {ROWS:,} rows", f"{ROWS / seconds:,.0f} rows/s",
        f"{ROWS / bare_seconds:,.0f} rows/s", "0.9 x", bare_seconds / seconds >= 0.9)
