#!/usr/bin/env python3
"""MongoDB's collections as sources.

Usage: mongodb_test.py QUERN SERVERS
"""
# servers: mongodb

import datetime
import json
import pathlib
import sys
import tempfile
import unittest
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]
import mongodb  # noqa: E402
from stream_project import Project  # noqa: E402

QUERN, SERVER = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())["mongodb"]
CLIENT = mongodb.client(SERVER)
DAY = datetime.datetime(2026, 3, 1, 10, 0, 0, 123000)


class MongoDb(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.project = Project(QUERN, place.name, "mongodb", "no secret here")
        self.name = self.id().rpartition(".")[2]
        CLIENT.drop_database(self.name)
        self.orders = CLIENT[self.name].orders

    def write(self, *lines, **settings):
        all_settings = {"url": f"mongodb://127.0.0.1:{SERVER['port']}/{self.name}",
                        "collection": "orders", **settings}
        return self.project.write(all_settings, *lines)

    def test_types(self):
        import bson
        self.orders.insert_many([
            {"_id": bson.ObjectId("65e1a0000000000000000001"), "big": 2**62, "n": 1, "x": 1.0,
             "at": DAY, "price": bson.Decimal128("12345678901234567890.25"), "text": "2026-03-01",
             "who": {"name": "ann", "tags": ["a", "b"], "born": DAY}, "ok": True,
             "lines": [{"sku": "s", "n": 2}], "data": b"\x00\xff", "nothing": None,
             "uuid": bson.Binary(uuid.UUID(int=1).bytes, 4), "word": bson.Regex("a.*", "i")},
            {"_id": bson.ObjectId("65e1a0000000000000000002"), "x": float("inf"),
             "price": bson.Decimal128("1.5"), "n": 2.5}])
        self.write()
        self.project.run()
        types = self.project.types()
        self.assertEqual({name: types[name] for name in
                          ["_id", "big", "n", "x", "at", "price", "text", "ok", "uuid"]},
                         {"_id": "VARCHAR", "big": "BIGINT", "n": "DOUBLE", "x": "DOUBLE",
                          "at": "TIMESTAMP WITH TIME ZONE", "price": "DECIMAL(38,2)",
                          "text": "VARCHAR", "ok": "BOOLEAN", "uuid": "VARCHAR"})
        self.assertTrue(types["who"].startswith("STRUCT("), types["who"])
        self.assertTrue(types["lines"].endswith("[]"), types["lines"])
        got = self.project.rows(
            "select _id, big, n, x::varchar, \"at\"::varchar, price::varchar, who.name, "
            "who.tags[2], lines[1].sku, data, uuid, word like '%a.*%' from rows order by _id")
        self.assertEqual(got, [
            ["65e1a0000000000000000001", 2**62, 1.0, "1.0", "2026-03-01 10:00:00.123+00",
             "12345678901234567890.25", "ann", "b", "s", "00ff",
             "00000000-0000-0000-0000-000000000001", True],
            ["65e1a0000000000000000002", None, 2.5, "inf", None, "1.50", None, None, None, None,
             None, None]])

    def test_changes(self):
        self.orders.insert_many([{"_id": i, "state": "paid" if i % 2 else "open", "at": i // 10}
                                 for i in range(2500)])
        self.write("load: append", since="_id", batch_rows=1000)
        self.project.run()
        self.orders.insert_many([{"_id": i, "state": "paid"} for i in range(2500, 2600)])
        self.project.run()
        self.assertEqual(self.project.rows("select count(*), sum(_id) from rows"),
                         [[2600, sum(range(2600))]])
        self.assertIn("Nothing to do", self.project.run())
        self.write("load: upsert", "key: _id", since="at", filter='{"state": "paid"}',
                   projection='{"state": 0}')
        self.project.run()
        self.orders.update_one({"_id": 7}, {"$set": {"at": 249, "new": "yes"}})
        self.project.run()
        self.assertEqual(self.project.rows("select count(*), max(_id), max(new) from rows"),
                         [[1350, 2599, "yes"]])
        self.assertEqual(self.project.rows('select _id, "at" from rows where _id = 7'), [[7, 249]])

    def test_poison(self):
        self.orders.insert_many([{"_id": 1, "a": 1}, {"_id": 2, "a": 1, "A": 2}])
        self.write()
        self.project.run()
        self.assertEqual(self.project.rows("select _id from rows"), [[1]])
        self.assertEqual(self.project.rows('select file, line, reason from quern_bad."rows"'),
                         [[f"{self.name}.orders", 2, "a key comes twice"]])

    def test_refusals(self):
        self.orders.insert_one({"_id": 1})
        for settings, want in [
                ({"collection": "order"}, "orders"),
                ({"url": "mongodb://127.0.0.1:1/x", "timeout": 1}, "MongoDB"),
                ({"url": "mongodb://a:b@h/x"}, "must not hold a password"),
                ({"url": "mongodb://127.0.0.1:1/x", "password": "${SECRET}"}, "needs a user"),
                ({"url": "http://h"}, "'url'"),
                ({"filter": "{"}, "'filter' must be a JSON object")]:
            with self.subTest(want):
                self.write(**settings)
                self.assertIn(want, self.project.refusal())
        self.write("load: append")
        self.assertIn("`since: _id` only", self.project.refusal())
        self.assertEqual(self.project.leaks(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
