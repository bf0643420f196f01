#!/usr/bin/env python3
# servers: postgresql
"""Tables and queries of a real PostgreSQL server: types, loads, changes and faults.

Usage: postgres_test.py QUERN SERVERS
"""

import json
import os
import pathlib
import re
import signal
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]
import postgresql  # noqa: E402
import servers  # noqa: E402
import sql_project  # noqa: E402

QUERN, SERVERS = os.path.abspath(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
SERVER = SERVERS["postgresql"]
DATABASE = "quern_postgres_test"

TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b numeric);
CREATE DOMAIN price AS numeric(6,2) CHECK (value > 0);
CREATE TABLE types (big int8, exact numeric, cents numeric(10,2), wide numeric(40,2),
  thousands numeric(5,-2), cash money, cost price, id uuid, doc jsonb, list int[],
  grid int[][], amounts numeric[], words text[], state mood, at timestamptz, local timestamp,
  day date, raw bytea, ip inet, span interval, clock timetz, midnight time, fixed char(5),
  bits bit(3), span4 int4range, spot point, both_ pair, ratio float8, small float4, flag bool);
INSERT INTO types VALUES (9223372036854775807, 12345678901234567890123456789.0123456789, 1.25,
  12345678901234567890123456789012345678.25, 12300, 12.34, 9.99,
  '00000000-0000-0000-0000-00000000002a', '{"a": 1}', '{1,NULL,3}', '{{1,2},{3,4}}', '{0.1,2}',
  '{x,"y z"}', 'ok', '2024-03-31 02:30:00+02', '2024-03-31 02:30:00', '2024-02-29', '\\x00ff',
  '10.0.0.1/8', '1 year 2 days 03:04:05.6', '04:05:06+02', '24:00:00', 'ab', B'101', '[1,5)',
  '(1,2)', row(1, 0.1), 'Infinity', 'NaN', true);
INSERT INTO types (big) VALUES (NULL);
"""
# As text: what DuckDB's JSON would round is compared exactly.
WANT = {
    "big": ("BIGINT", "9223372036854775807"),
    "exact": ("VARCHAR", "12345678901234567890123456789.0123456789"),
    "cents": ("DECIMAL(10,2)", "1.25"),
    "wide": ("VARCHAR", "12345678901234567890123456789012345678.25"),
    "thousands": ("VARCHAR", "12300"), "cash": ("VARCHAR", "12.34"),
    "cost": ("DECIMAL(6,2)", "9.99"), "id": ("UUID", "00000000-0000-0000-0000-00000000002a"),
    "doc": ("VARCHAR", '{"a": 1}'), "list": ("INTEGER[]", "[1, NULL, 3]"),
    "grid": ("VARCHAR", "[[1,2],[3,4]]"), "amounts": ("VARCHAR[]", "[0.1, 2]"),
    "words": ("VARCHAR[]", "[x, y z]"), "state": ("VARCHAR", "ok"),
    "at": ("TIMESTAMP WITH TIME ZONE", "2024-03-31 00:30:00+00"),
    "local": ("TIMESTAMP", "2024-03-31 02:30:00"), "day": ("DATE", "2024-02-29"),
    "raw": ("BLOB", "\\x00\\xFF"), "ip": ("VARCHAR", "10.0.0.1/8"),
    "span": ("VARCHAR", "1 year 2 days 03:04:05.6"), "clock": ("VARCHAR", "04:05:06+02"),
    "midnight": ("TIME", "24:00:00"), "fixed": ("VARCHAR", "ab"), "bits": ("VARCHAR", "101"),
    "span4": ("VARCHAR", "[1,5)"), "spot": ("VARCHAR", "(1,2)"),
    "both_": ("VARCHAR", '{"a":1,"b":0.1}'), "ratio": ("DOUBLE", "inf"),
    "small": ("FLOAT", "nan"), "flag": ("BOOLEAN", "true"),
}


def sql(text):
    return postgresql.query(SERVER, text, DATABASE)


def setUpModule():
    postgresql.new_database(SERVER, DATABASE)


class Base(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="quern-postgres-")
        self.addCleanup(place.cleanup)
        self.project = sql_project.Project(QUERN, place.name, "postgres", SERVER, DATABASE)
        self.addCleanup(lambda: self.assertEqual(self.project.leaks(), []))

    def check_rows(self, query, want):
        with self.subTest(query=query):
            self.assertEqual(self.project.rows(query), want)

    def check_refused(self, want):
        """One run that refuses each source with the words given, at its own place."""
        faults = self.project.run()
        for name, words in want.items():
            with self.subTest(source=name):
                self.assertRegex(faults.get(name, "loaded"), rf"sources/{name}.yml:\d+:\d+: ")
                for word in words:
                    self.assertIn(word, faults.get(name, "loaded"))
        self.assertEqual(set(faults), set(want))
        self.project.drop()


class Types(Base):
    def test_every_type_keeps_its_value(self):
        sql(TYPES)
        sql("CREATE TABLE ends (d date, ts timestamp, tz timestamptz); INSERT INTO ends VALUES "
            "('infinity', '-infinity', 'infinity'), ('4713-01-01 BC', '4713-01-01 BC', "
            "'0001-01-01 BC'); CREATE TABLE grids (grid int[][]); "
            "INSERT INTO grids VALUES ('{{1,2},{3,4}}'); CREATE TABLE loose (n numeric); "
            "INSERT INTO loose VALUES (0.1), (12345.678)")
        flat = ", ".join(name for name in WANT if name != "grid")
        self.project.write("of_table", {"table": "types"})
        self.project.write("of_query", {"query": f"SELECT {flat} FROM types -- all of it"})
        self.project.write("ends", {"table": "ends"})
        self.project.write("grids", {"query": "SELECT * FROM grids"}, "columns: {grid: VARCHAR}")
        self.project.write("loose", {"table": "loose"}, "columns: {n: 'DECIMAL(12,3)'}")
        self.assertEqual(self.project.run(), {})
        for source in ("of_table", "of_query"):
            types = self.project.types(source)
            found = self.project.rows(f"select columns(*)::varchar from {source} where big > 0")
            for name, text in zip(types, found[0]):
                with self.subTest(column=name, source=source):
                    self.assertEqual((types[name], text), WANT[name])
        self.check_rows("select count(*) from of_table where big is null", [[1]])
        self.check_rows("select columns(*)::varchar from ends order by ts",
                        [["infinity", "-infinity", "infinity"],
                         ["4713-01-01 (BC)", "4713-01-01 (BC) 00:00:00",
                          "0001-01-01 (BC) 00:00:00+00"]])
        self.check_rows("from grids", [["{{1,2},{3,4}}"]])
        self.check_rows("select n, typeof(n) from loose order by n",
                        [[0.1, "DECIMAL(12,3)"], [12345.678, "DECIMAL(12,3)"]])

    def test_value_that_duckdb_lacks_is_refused_by_name(self):
        sql("CREATE TABLE odd (n numeric(10,2)); INSERT INTO odd VALUES (1.5), ('NaN');"
            "CREATE TABLE late (at timestamp); INSERT INTO late VALUES ('294276-01-01');"
            "CREATE TABLE bent (a int[]); INSERT INTO bent VALUES ('{{1,2},{3,4}}');"
            "CREATE TABLE large (n numeric); INSERT INTO large VALUES (1e9)")
        nan = ["column n has the value NaN, which no DECIMAL(10,2) is\n", "declare it as DOUBLE"]
        self.project.write("odd_table", {"table": "odd"})
        self.project.write("odd_query", {"query": "SELECT * FROM odd"})
        self.project.write("late", {"table": "late"})
        self.project.write("bent", {"table": "bent"})
        self.project.write("large", {"table": "large"}, "columns: {n: 'DECIMAL(4,3)'}")
        self.check_refused({
            "odd_table": nan, "odd_query": nan,
            "late": ["column at has a moment after the year 294246"],
            "bent": ["declare the column as VARCHAR"],
            "large": ["numeric field overflow", "declare a wider type"]})
        self.project.write("odd_table", {"table": "odd"}, "columns: {n: DOUBLE}")
        self.assertEqual(self.project.run(), {})
        self.check_rows("select isnan(n) from odd_table order by n", [[False], [True]])


class Shapes(Base):
    def test_shapes_and_names(self):
        columns = ", ".join(f"c{i} int2" for i in range(1600))
        sql(f"CREATE TABLE broad ({columns}); INSERT INTO broad (c1599) VALUES (7);"
            "CREATE TABLE none (id int); CREATE TABLE hollow ();"
            'CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."T ""x""" ("c ol" int, "select" text); '
            'INSERT INTO "a.b"."T ""x""" VALUES (1, \'it\'\'s\'); '
            'CREATE TABLE twins ("Name" int, name int);'
            "CREATE TABLE parts (id int) PARTITION BY RANGE (id); "
            "CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (10); "
            "INSERT INTO parts VALUES (1), (2); CREATE VIEW seen AS SELECT id * 10 AS n FROM parts")
        self.project.write("hollow", {"table": "hollow"})
        self.project.write("twins", {"table": "twins"})
        self.check_refused({"hollow": ["there are no columns"],
                            "twins": ["each name must be there once"]})
        self.project.write("broad", {"table": "broad"})
        self.project.write("none", {"table": "public.none"})
        self.project.write("odd", {"schema": "a.b", "table": 'T "x"'})
        self.project.write("parts", {"table": "parts"})
        self.project.write("seen", {"table": "seen"})
        self.project.write("greatest", {"query": "WITH w AS (SELECT max(id) AS m FROM parts) "
                                                 "SELECT m FROM w;"})
        self.assertEqual(self.project.run(), {})
        self.check_rows("select c1599, (select count(*) from (describe broad)) from broad",
                        [[7, 1600]])
        self.check_rows("select typeof(any_value(id)) from none", [["INTEGER"]])
        self.check_rows("from odd", [[1, "it's"]])
        self.check_rows("select (select sum(id) from parts), (select sum(n) from seen), m "
                        "from greatest", [[3, 30, 2]])


class Loads(Base):
    def test_each_way_of_loading(self):
        sql('CREATE TABLE log (id int8 PRIMARY KEY, n numeric); '
            'INSERT INTO log SELECT i, i FROM generate_series(1, 1000) i;'
            'CREATE TABLE keys (k text COLLATE "en-x-icu"); INSERT INTO keys VALUES (\'Zz\');'
            "CREATE TABLE orders (id int, amount numeric(8,2), at timestamptz); INSERT INTO orders "
            "VALUES (1, 1, '2024-01-01 10:00+00'), (2, 2, '2024-01-01 12:00+00');"
            "CREATE TABLE stock (id int, n int, gone bool DEFAULT false); "
            "INSERT INTO stock VALUES (1, 1), (2, 2), (3, 3);"
            "CREATE TABLE prices (id int, n int); INSERT INTO prices VALUES (1, 1), (2, 2)")
        by_id = ["load: append", "cursor: id"]
        self.project.write("log", {"table": "log"}, *by_id)
        self.project.write("log_query", {"query": "SELECT * FROM log"}, *by_id)
        self.project.write("keys", {"table": "keys"}, "load: append", "cursor: k")
        self.project.write("orders", {"table": "orders"}, "load: upsert", "key: id",
                           "cursor: {column: at, overlap: 1 hour}")
        by_key = ["load: upsert", "key: id"]
        self.project.write("stock", {"table": "stock"}, *by_key, "deletes: detect")
        self.project.write("marked", {"table": "stock"}, *by_key, "deleted: gone")
        self.project.write("prices", {"table": "prices"}, "load: snapshot", "key: id")
        self.assertEqual(self.project.run(), {})
        sql("INSERT INTO log VALUES (2000, 0.5); DELETE FROM log WHERE id < 1000;"
            "INSERT INTO keys VALUES ('aA');"  # later than Zz in bytes, earlier in English
            "INSERT INTO orders VALUES (3, 3, '2024-01-01 11:30+00'), "
            "(4, 4, '2024-01-01 09:00+00'); "  # later than the overlap allows
            "UPDATE orders SET amount = 20, at = '2024-01-01 13:00+00' WHERE id = 2;"
            "DELETE FROM stock WHERE id = 2; UPDATE stock SET gone = true WHERE id = 3;"
            "UPDATE prices SET n = 10 WHERE id = 1")
        self.assertEqual(self.project.run(), {})
        for table in ("log", "log_query"):
            self.check_rows(f"select count(*), max(id), sum(n::double) from {table}",
                            [[1001, 2000, 500500.5]])
        self.check_rows("from keys order by k", [["Zz"], ["aA"]])
        self.check_rows("select id, amount from orders order by id", [[1, 1], [2, 20], [3, 3]])
        self.check_rows("select id from stock order by id", [[1], [3]])
        self.check_rows("select id from marked order by id", [[1], [2]])
        self.check_rows("select id, n, is_current from prices order by id, valid_from",
                        [[1, 1, False], [1, 10, True], [2, 2, True]])
        self.assertEqual(self.project.run(), {})
        self.assertIn("othing to do", self.project.said[-1])

    def test_cursor_is_left_to_the_server(self):
        sql("CREATE TABLE big (id int8 PRIMARY KEY, n numeric(9,2), loose numeric, at timestamptz "
            "DEFAULT '2024-01-01'); "
            "INSERT INTO big SELECT i, i, i FROM generate_series(1, 20000) i;"
            "CREATE VIEW calm AS SELECT id, at FROM big")
        self.project.write("direct", {"table": "calm"}, "load: append", "cursor: at")
        self.project.write("cast", {"table": "big"}, "load: append", "cursor: id")
        self.assertEqual(self.project.run(), {})
        sql("UPDATE big SET at = '2024-01-02' WHERE id = 7; SELECT pg_stat_reset()")
        sql("ALTER DATABASE " + DATABASE + " SET log_min_duration_statement = 0")
        self.assertEqual(self.project.run(), {})
        sql("ALTER DATABASE " + DATABASE + " RESET log_min_duration_statement")
        log = (pathlib.Path(SERVER["folder"]) / "log").read_text(errors="replace")
        copies = re.findall(r"COPY \(SELECT .*?TO STDOUT", log, re.DOTALL)
        for words in (r'FROM "public"."calm" WHERE "at" >= \'2024-01-01',
                      r'"public"."big".* q."id" >= \'20000\''):
            found = [copy for copy in copies if re.search(words, copy, re.DOTALL)]
            self.assertTrue(found, words)


class Changes(Base):
    def test_dropped_renamed_and_retyped_columns(self):
        drop = "ALTER TABLE @ DROP COLUMN b; INSERT INTO @ VALUES (2, 2)"
        rename = "ALTER TABLE @ RENAME a TO c; INSERT INTO @ VALUES (2, 2, 'y')"
        retype = "ALTER TABLE @ ALTER a TYPE int8; INSERT INTO @ VALUES (2, 5000000000, 'y')"
        kept = {
            "drop_evolve": (drop, [[1, 1, "x"], [2, 2, None]]),
            "drop_ignore": (drop, [[1, 1, "x"], [2, 2, None]]),
            "rename_evolve": (rename, [[1, 1, "x", None], [2, None, "y", 2]]),
            "rename_ignore": (rename, [[1, 1, "x"], [2, None, "y"]]),
            "retype_evolve": (retype, [[1, 1, "x"], [2, 5000000000, "y"]])}
        refused = {"drop_fail": (drop, ["b is gone", "schema: evolve"]),
                   "rename_fail": (rename, ["a is gone"]),
                   "retype_fail": (retype, ["was INTEGER and is BIGINT"])}
        for table in [*kept, *refused]:
            sql(f"CREATE TABLE {table} (id int, a int, b text); "
                f"INSERT INTO {table} VALUES (1, 1, 'x')")
            self.project.write(table, {"table": table}, "load: append", "cursor: id",
                               f"schema: {table.split('_')[1]}")
        self.assertEqual(self.project.run(), {})
        for table, (change, _) in [*kept.items(), *refused.items()]:
            sql(change.replace("@", table))
        faults = self.project.run()
        self.assertEqual(set(faults), set(refused))
        for table, (_, words) in refused.items():
            for word in words:
                self.assertIn(word, faults[table])
        for table, (_, want) in kept.items():
            self.check_rows(f"from {table} order by id", want)

    def test_new_value_of_an_enum_is_no_new_type(self):
        sql("CREATE TYPE size AS ENUM ('S'); CREATE TABLE sizes (id int, size size, all_ size[]); "
            "INSERT INTO sizes VALUES (1, 'S', '{S}')")
        self.project.write("sizes", {"table": "sizes"}, "load: append", "cursor: id",
                           "schema: fail")
        self.assertEqual(self.project.run(), {})
        sql("ALTER TYPE size ADD VALUE 'L'")
        sql("INSERT INTO sizes VALUES (2, 'L', '{S,L}')")
        self.assertEqual(self.project.run(), {})
        self.check_rows("select size, all_[-1] from sizes order by id", [["S", "S"], ["L", "L"]])


class Faults(Base):
    def setUp(self):
        super().setUp()
        sql("CREATE TABLE IF NOT EXISTS plain (id int); TRUNCATE plain; "
            "INSERT INTO plain VALUES (1)")

    def test_settings(self):
        want = {}
        for name, settings, *words in [
                ("scheme", {"url": "mysql://x@y/z", "table": "plain"}, "no address of postgres"),
                ("port", {"url": "postgresql://x@h:0x1/z", "table": "plain"}, "port '0x1'"),
                ("more", {"url": "postgresql://x@h/z?sslmode=disable", "table": "plain"},
                 "behind '?'"),
                ("twice", {"user": "other", "table": "plain"}, "given twice"),
                ("none", {}, "either a table or a query"),
                ("mode", {"table": "plain", "sslmode": "maybe"}, "sslmode", "verify-full"),
                ("plane", {"table": "plane"}, "public.plane", "did you mean 'public.plain'?"),
                ("nope", {"query": "SELECT nope FROM plain"}, 'column "nope" does not exist'),
                ("command", {"query": "DROP TABLE plain"}, "syntax error"),
                ("two", {"query": "SELECT 1 AS a) q; DROP TABLE plain; SELECT * FROM (SELECT 1"},
                 "multiple commands"),
                ("suicide", {"query": "SELECT pg_terminate_backend(pg_backend_pid()) AS a"},
                 "run again"),
                ("slow", {"query": "SELECT pg_sleep(60)::text AS a", "statement_timeout": 1},
                 "statement timeout", "raise `statement_timeout`"),
                ("nobody", {"url": f"postgresql://x@127.0.0.1:{servers.free_port()}/z",
                            "table": "plain"}, "Connection refused", "is the server up"),
                ("nowhere", {"url": "postgresql://a@no-such-host.invalid/x", "table": "plain",
                             "sslmode": "disable"}, "could not translate host name")]:
            self.project.write(name, settings)
            want[name] = words
        self.check_refused(want)
        self.assertEqual(sql("SELECT count(*) FROM plain").strip(), "1")

    def test_password_in_the_clear_is_refused_and_not_shown(self):
        written = {"table": "plain", "password": None}
        self.project.write("in_url", {**written, "url": SERVER["url_with_password"]})
        said = self.project.run()["in_url"]
        self.project.drop()
        self.project.write("literal", {**written, "password": SERVER["password"]})
        said += self.project.run()["literal"]
        self.project.drop()
        self.assertIn("must not hold a password", said)
        self.assertIn("password: ${NAME}", said)
        self.assertIn("must not be written down", said)
        self.project.environment["WHOLE"] = (
            SERVER["url_with_password"].replace("/shop", "/" + DATABASE))
        self.project.write("whole", {**written, "url": "${WHOLE}"})
        self.assertEqual(self.project.run(), {})

    def test_who_may_come_in(self):
        authority = SERVER["authority"]
        nobody = "quern_nobody"
        sql(f"DROP ROLE IF EXISTS {nobody}; CREATE ROLE {nobody} LOGIN PASSWORD " +
            servers.sql_text(SERVER["password"]))
        self.addCleanup(sql, f"DROP ROLE {nobody}")
        self.project.environment["WRONG"] = "not the password"
        tls = SERVER["tls_user"]
        self.project.write("wrong", {"table": "plain", "password": "${WRONG}"})
        self.project.write("denied", {"table": "plain"}, user=nobody)
        self.project.write("clear", {"table": "plain", "sslmode": "disable"}, user=tls)
        self.project.write("other_host", {"table": "plain", "sslmode": "verify-full",
                                          "sslrootcert": authority})
        self.project.write("unknown", {"table": "plain", "sslmode": "verify-full"})
        self.project.write("no_file", {"table": "plain", "sslmode": "verify-ca",
                                       "sslrootcert": "no.pem"})
        self.check_refused({
            "wrong": ["password authentication failed", "check `user`"],
            "denied": ["permission denied", "GRANT SELECT"],
            "clear": ["pg_hba.conf", "sslmode: require"],
            "other_host": ['server certificate for "db.example"', "verify-ca"],
            "unknown": ["certificate verify failed", "sslrootcert"],
            "no_file": ["no.pem", "sslrootcert"]})
        for mode in ("prefer", "require", "verify-ca"):
            self.project.write(mode.replace("-", "_"), {
                "table": "plain", "sslmode": mode, "sslrootcert": authority}, user=tls)
        self.assertEqual(self.project.run(), {})

    def test_server_that_goes_away_as_rows_come(self):
        self.project.write("plain", {"table": "plain"}, "load: append", "cursor: id")
        self.assertEqual(self.project.run(), {})
        slow = "SELECT id, pg_sleep(0.01)::text AS s FROM generate_series(1, 6000) id"
        self.project.write("slow", {"query": slow})

        def end_it():
            for _ in range(200):
                time.sleep(0.05)
                ended = sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                            "application_name = 'quern' AND query LIKE 'COPY%pg_sleep%'")
                if ended.strip() != "0":
                    return

        killer = threading.Thread(target=end_it)
        killer.start()
        self.check_refused({"slow": ["nothing comes twice"]})
        killer.join()
        self.check_rows("from plain", [[1]])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main(argv=sys.argv[:1])
