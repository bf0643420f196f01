#!/usr/bin/env python3
# servers: mariadb
"""Tables and queries of a real MariaDB server: types, loads and faults.

Usage: mysql_test.py QUERN SERVERS
"""

import json
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]
import mariadb  # noqa: E402
import servers  # noqa: E402
import sql_project  # noqa: E402

QUERN, SERVERS = os.path.abspath(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
SERVER = SERVERS["mariadb"]
DATABASE = "quern_mysql_test"
# Column: what the server keeps it as, what it holds, quern's type and text.
TYPES = {
    "ub": ("bigint unsigned", "18446744073709551615", "UBIGINT", "18446744073709551615"),
    "low": ("bigint", "-9223372036854775808", "BIGINT", "-9223372036854775808"),
    "small": ("tinyint unsigned", "255", "UTINYINT", "255"),
    "five": ("tinyint(1)", "5", "TINYINT", "5"),
    "d38": ("decimal(38,10)", "1234567890123456789012345678.0123456789", "DECIMAL(38,10)",
            "1234567890123456789012345678.0123456789"),
    "d20": ("decimal(20,0) unsigned", "99999999999999999999", "DECIMAL(20,0)",
            "99999999999999999999"),
    "d65": ("decimal(65,30)", "12345678901234567890123456789012345.000000000000000000000000000001",
            "VARCHAR", "12345678901234567890123456789012345.000000000000000000000000000001"),
    "ratio": ("double", "1e300", "DOUBLE", "1e+300"),
    "third": ("float", "0.3333333", "FLOAT", "0.3333333"),
    "zero": ("date", "'0000-00-00'", "DATE", None),
    "at": ("timestamp(6)", "'2024-03-31 00:30:00.5'", "TIMESTAMP WITH TIME ZONE",
           "2024-03-31 00:30:00.5+00"),
    "local": ("datetime(6)", "'2024-03-31 02:30:00.123456'", "TIMESTAMP",
              "2024-03-31 02:30:00.123456"),
    "span": ("time", "'-838:59:59'", "VARCHAR", "-838:59:59"),
    "yr": ("year", "2024", "INTEGER", "2024"),
    "one": ("enum('a','b')", "'a'", "VARCHAR", "a"),
    "some": ("set('x','y')", "'x,y'", "VARCHAR", "x,y"),
    "flag": ("bit(1)", "1", "BOOLEAN", "true"),
    "bits": ("bit(64)", "18446744073709551615", "UBIGINT", "18446744073709551615"),
    "doc": ("json", "'{\"a\":1}'", "VARCHAR", '{"a":1}'),
    "latin": ("varchar(9) character set latin1", "'caf\u00e9'", "VARCHAR", "caf\u00e9"),
    "face": ("varchar(9) collate utf8mb4_bin", "'\U0001f600'", "VARCHAR", "\U0001f600"),
    "raw": ("varbinary(9)", "x'00ff'", "BLOB", "\\x00\\xFF"),
    "spot": ("point", "point(1,2)", "VARCHAR", "POINT(1 2)"),
    "id": ("uuid", "'00000000-0000-0000-0000-00000000002a'", "VARCHAR",
           "00000000-0000-0000-0000-00000000002a"),
}
OF_QUERY = {"d20": "DECIMAL(20,0)", "at": "TIMESTAMP"}
NOT_OF_QUERY = ["d65", "bits", "spot"]  # what they are can only be seen in the table


def sql(text):
    return mariadb.query(SERVER, "SET NAMES utf8mb4; SET time_zone = '+00:00'; " + text, DATABASE)


def setUpModule():
    mariadb.new_database(SERVER, DATABASE)


class Base(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="quern-mysql-")
        self.addCleanup(place.cleanup)
        self.project = sql_project.Project(QUERN, place.name, "mysql", SERVER, DATABASE)
        self.addCleanup(lambda: self.assertEqual(self.project.leaks(), []))

    def check_rows(self, query, want):
        with self.subTest(query=query):
            self.assertEqual(self.project.rows(query), want)

    def check_refused(self, want):
        faults = self.project.run()
        for name, words in want.items():
            with self.subTest(source=name):
                self.assertRegex(faults.get(name, "loaded"), rf"sources/{name}.yml:\d+:\d+: ")
                for word in words:
                    self.assertIn(word, faults.get(name, "loaded"))
        self.assertEqual(set(faults), set(want))
        self.project.drop()


class Rows(Base):
    def test_every_type_keeps_its_value(self):
        columns = ", ".join(f"{name} {kind}" for name, (kind, *_) in TYPES.items())
        values = ", ".join(value for _, value, *_ in TYPES.values())
        sql(f"SET sql_mode = ''; CREATE TABLE types ({columns}); "
            f"INSERT INTO types VALUES ({values})")
        listed = ", ".join(name for name in TYPES if name not in NOT_OF_QUERY)
        self.project.write("of_table", {"table": "types"})
        self.project.write("of_query", {"query": f"SELECT {listed} FROM types -- all of it"})
        self.assertEqual(self.project.run(), {})
        for source in ("of_table", "of_query"):
            types = self.project.types(source)
            found = self.project.rows(f"select columns(*)::varchar from {source}")[0]
            for name, text in zip(types, found):
                with self.subTest(column=name, source=source):
                    _, _, kind, want = TYPES[name]
                    if source == "of_query" and name in OF_QUERY:
                        kind, want = OF_QUERY[name], want.removesuffix("+00")
                    self.assertEqual((types[name], text), (kind, want))

    def test_shapes(self):
        columns = ", ".join(f"c{i} tinyint" for i in range(900))
        sql(f"CREATE TABLE broad ({columns}); INSERT INTO broad (c899) VALUES (7);"
            "CREATE TABLE none (id int); CREATE TABLE `t ``x'\"` (`c ol` int, `select` text); "
            "INSERT INTO `t ``x'\"` VALUES (1, 'it''s');"
            "SET sql_mode = ''; CREATE TABLE partial (d date); "
            "INSERT INTO partial VALUES ('2024-00-15')")
        self.project.write("partial", {"table": "partial"})
        self.check_refused({"partial": ["a day or a month is 0"]})
        self.project.write("partial", {"table": "partial"}, "columns: {d: VARCHAR}")
        self.project.write("broad", {"table": "broad"})
        self.project.write("none", {"table": "none"})
        self.project.write("odd", {"table": "t `x'\""})
        self.project.write("greatest", {"query": "SELECT max(c899) AS m FROM broad;"})
        self.assertEqual(self.project.run(), {})
        self.check_rows("select c899, (select count(*) from (describe broad)) from broad",
                        [[7, 900]])
        self.check_rows("select typeof(any_value(id)) from none", [["INTEGER"]])
        self.check_rows("from odd", [[1, "it's"]])
        self.check_rows("select m, d from greatest, partial", [[7, "2024-00-15"]])

    def test_each_way_of_loading(self):
        sql("CREATE TABLE log (id bigint unsigned PRIMARY KEY, n decimal(9,2)); "
            "INSERT INTO log SELECT seq, seq FROM seq_1_to_1000;"
            "CREATE TABLE words (k varchar(9) collate utf8mb4_general_ci); "
            "INSERT INTO words VALUES ('Zz');"
            "CREATE TABLE orders (id int, n int, at timestamp(3)); INSERT INTO orders VALUES "
            "(1, 1, '2024-01-01 10:00:00'), (2, 2, '2024-01-01 12:00:00.5');"
            "CREATE TABLE stock (id int, n int); INSERT INTO stock VALUES (1, 1), (2, 2)")
        self.project.write("log", {"table": "log"}, "load: append", "cursor: id")
        self.project.write("words", {"table": "words"}, "load: append", "cursor: k")
        self.project.write("orders", {"table": "orders"}, "load: upsert", "key: id",
                           "cursor: {column: at, overlap: 1 hour}")
        self.project.write("stock", {"table": "stock"}, "load: upsert", "key: id",
                           "deletes: detect")
        self.assertEqual(self.project.run(), {})
        sql("INSERT INTO log VALUES (2000, 0.5); DELETE FROM log WHERE id < 1000;"
            "INSERT INTO words VALUES ('aA');"  # later than Zz in bytes, not for the server
            "INSERT INTO orders VALUES (3, 3, '2024-01-01 11:30:00'), "
            "(4, 4, '2024-01-01 09:00:00'); "  # later than the overlap allows
            "UPDATE orders SET n = 20, at = '2024-01-01 13:00:00' WHERE id = 2;"
            "DELETE FROM stock WHERE id = 2")
        self.assertEqual(self.project.run(), {})
        self.check_rows("select count(*), max(id), sum(n::double) from log",
                        [[1001, 2000, 500500.5]])
        self.check_rows("from words order by k", [["Zz"], ["aA"]])
        self.check_rows("select id, n from orders order by id", [[1, 1], [2, 20], [3, 3]])
        self.check_rows("select id from stock", [[1]])
        self.assertEqual(self.project.run(), {})
        self.assertIn("othing to do", self.project.said[-1])


class Faults(Base):
    def setUp(self):
        super().setUp()
        sql("CREATE TABLE IF NOT EXISTS plain (id int); DELETE FROM plain; "
            "INSERT INTO plain VALUES (1)")

    def test_settings_and_who_may_come_in(self):
        authority, tls = SERVER["authority"], SERVER["tls_user"]
        self.project.environment["WRONG"] = "not the password"
        other = self.project.url().replace("127.0.0.1", "127.1")
        want = {}
        for name, settings, *words in [
                ("none", {}, "either a table or a query"),
                ("plane", {"table": "plane"}, "table of database", "plain"),
                ("nope", {"query": "SELECT nope FROM plain"}, "Unknown column 'nope'"),
                ("command", {"query": "DROP TABLE plain"}, "error in your SQL syntax"),
                ("two", {"query": "SELECT 1 AS a) q; DROP TABLE plain; SELECT * FROM (SELECT 1"},
                 "error in your SQL syntax"),
                ("twins", {"query": "SELECT id, id AS ID FROM plain"}, "Duplicate column name"),
                ("nobody", {"url": f"mysql://x@127.0.0.1:{servers.free_port()}/z",
                            "table": "plain"}, "Can't connect", "is the server up"),
                ("wrong", {"table": "plain", "password": "${WRONG}"}, "Access denied",
                 "check `user`"),
                ("clear", {"table": "plain", "url": self.project.url(user=tls)}, "Access denied",
                 "sslmode: require"),
                # The client checks no names of localhost and 127.0.0.1 in the usual spelling.
                ("other_host", {"table": "plain", "sslmode": "verify-full", "url": other,
                                "sslrootcert": authority}, "verification failed", "another host"),
                ("unknown", {"table": "plain", "sslmode": "verify-full"}, "sslrootcert")]:
            self.project.write(name, settings)
            want[name] = words
        self.check_refused(want)
        self.assertEqual(sql("SELECT count(*) FROM plain").strip(), "1")
        self.project.write("plain", {"table": "plain", "sslmode": "require"}, user=tls)
        self.assertEqual(self.project.run(), {})

    def test_server_that_goes_away_as_rows_come(self):
        self.project.write("plain", {"table": "plain"}, "load: append", "cursor: id")
        self.assertEqual(self.project.run(), {})
        self.project.write("slow", {"query": "SELECT seq, sleep(0.01) AS s FROM seq_1_to_6000"})

        def end_it():
            for _ in range(200):
                time.sleep(0.05)
                found = sql("SELECT id FROM information_schema.processlist WHERE user = 'reader' "
                            "AND info LIKE '%sleep(0.01)%' AND command = 'Execute'").split()
                if found:
                    return sql(f"KILL {found[0]}")

        killer = threading.Thread(target=end_it)
        killer.start()
        self.check_refused({"slow": ["nothing comes twice"]})
        killer.join()
        self.check_rows("from plain", [[1]])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
