#!/usr/bin/env python3
"""Redis's keys and streams as sources.

Usage: redis_test.py QUERN SERVERS
"""
# servers: redis

import json
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]
import redis  # noqa: E402
from stream_project import Project  # noqa: E402

QUERN, SERVER = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())["redis"]
DATABASE = 17


class Redis(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.project = Project(QUERN, place.name, "redis", SERVER["password"])
        self.command("FLUSHDB")

    def command(self, *words, input=None):
        return redis.command(SERVER, *words, database=DATABASE, input=input)

    def write(self, *lines, user="reader", **settings):
        url = f"redis://{user}@127.0.0.1:{SERVER['port']}/{DATABASE}"
        return self.project.write({"url": url, "password": "${SECRET}", **settings}, *lines)

    def test_keys(self):
        lines = [f"HSET c:{i} id {i} name n{i} zip 0{i}" for i in range(2500)]
        self.command(input="\n".join(lines))
        self.command("HSET", "c:x", "id", "7.5", "odd", 'a"b')
        for words in ["ZADD board 1.5 ann 2 bob", "RPUSH queue b a", "SADD tags red",
                      "SET c:text hello", "SET t:1 5"]:
            self.command(*words.split())
        self.write("columns: {zip: VARCHAR}", keys="c:*")
        self.project.run()
        self.assertEqual(self.project.rows("select count(*), sum(id), max(odd) from rows"),
                         [[2501, 3123757.5, 'a"b']])
        self.assertEqual(self.project.rows("from rows where _key = 'c:3'"),
                         [["c:3", 3, "n3", "03", None]])
        for settings, want in [
                ({"keys": "board", "type": "sorted_set"},
                 [["board", "ann", 1.5], ["board", "bob", 2]]),
                ({"keys": "queue", "type": "list"}, [["queue", "a", 1], ["queue", "b", 0]]),
                ({"keys": "tags", "type": "set", "prefix": "redis_"}, [["tags", "red"]]),
                ({"keys": "t:*", "type": "text"}, [["t:1", 5]])]:
            self.write(**settings)
            self.project.run()
            self.assertEqual(self.project.rows(), want)
        self.write("load: upsert", "key: _key", keys="c:?", batch_rows=3)
        self.project.run()
        self.command("HSET", "c:3", "name", "new")
        self.project.run()
        self.assertEqual(self.project.rows("select _key, name from rows where _key > 'c:2' and "
                                           "_key < 'c:5' order by 1"),
                         [["c:3", "new"], ["c:4", "n4"]])
        self.write("load: append", keys="c:*")
        self.assertIn("cannot be appended", self.project.refusal())
        self.assertEqual(self.project.leaks(), [])

    def test_stream(self):
        self.command(input="\n".join(f"XADD clicks 1772000000000-{i} user u{i} n {i}"
                                     for i in range(1, 3001)))
        self.write("load: append", user="admin", stream="clicks", batch_rows=1000)
        self.project.run()
        self.assertEqual(self.project.rows("select count(*), sum(n), min(_time)::varchar "
                                           "from rows"),
                         [[3000, 4501500, "2026-02-25 06:13:20+00"]])
        self.command("XADD", "clicks", "1772000000001-0", "user", "late", "n", "x")
        self.project.run()
        self.assertIn("1772000000001-0\nentries-read", self.command("XINFO", "GROUPS", "clicks"))
        self.assertEqual(self.project.rows("select file, reason from quern_bad.\"rows\""),
                         [["clicks[1772000000001-0]", "n: '\"x\"' is not BIGINT"]])
        self.assertIn("Nothing to do", self.project.run())
        self.command("DEL", "clicks")
        self.assertIn("'clicks' is not known", self.project.refusal())
        self.command("XADD", "clicks", "5-0", "n", "1")
        self.assertIn("it was made anew", self.project.refusal())
        self.write("load: append", user="admin", stream="click")
        self.assertIn("clicks", self.project.refusal())

    def test_refusals(self):
        self.project.environment["WRONG"] = "not it"
        self.command("SET", "plain", "1")
        for settings, want in [
                ({"keys": "*", "password": "${WRONG}"}, "check the user in `url`"),
                ({"keys": "*", "url": "redis://127.0.0.1:1", "timeout": 1}, "refused"),
                ({"keys": "*", "url": "rediss://h"}, "tunnel"),
                ({"keys": "*", "url": "redis://a:b@h"}, "must not hold a password"),
                ({"keys": "*", "url": "http://h"}, "must be like redis://"),
                ({}, "either `keys` or a `stream`"),
                ({"stream": "plain"}, "is no stream but a string"),
                ({"keys": "none:*"}, "has no rows yet")]:
            with self.subTest(want):
                self.write(**settings)
                self.assertIn(want, self.project.refusal())
        self.assertEqual(self.project.leaks(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
