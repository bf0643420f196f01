#!/usr/bin/env python3
"""Kafka's topics as sources: values, positions, groups, and what goes wrong.

Usage: kafka_test.py QUERN SERVERS
"""
# servers: kafka

import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]
import kafka  # noqa: E402
from stream_project import Project  # noqa: E402

QUERN, SERVER = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())["kafka"]
APPEND = "load: append"
BAD = 'select file, line, reason, raw from quern_bad."rows" order by all'


class Kafka(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.project = Project(QUERN, place.name, "kafka", SERVER["password"])
        self.topic = f"{self.id().rpartition('.')[2]}.{os.getpid()}"

    def write(self, *lines, **settings):
        return self.project.write({"brokers": SERVER["brokers"], "topic": self.topic, **settings},
                                  *(lines or [APPEND]))

    def new_topic(self, partitions=1, topic=None, **config):
        topics = kafka.packages().admin
        client = kafka.admin(SERVER)
        new = topics.NewTopic(topic or self.topic, partitions, 1, config=config)
        client.create_topics([new])[topic or self.topic].result(60)

    def produce(self, values, **more):
        kafka.produce(SERVER, self.topic, values, **more)

    def offsets(self, group="quern-rows"):
        told = kafka.groups_tool(SERVER, "--describe", "--group", group)
        rows = [line.split() for line in told.splitlines() if line.startswith(group)]
        return {(row[1], int(row[2])): int(row[3]) for row in rows if row[1] == self.topic}

    def test_rows(self):
        self.new_topic(2)
        self.write(**{"with": ["key", "timestamp", "partition", "offset", "topic", "headers",
                               "deleted"]})
        self.produce([("k", '{"id": 1, "tags": ["a"],\n "at": "2026-03-01 10:00:00"}')],
                     partition=0, timestamp=1772000000123, headers={"trace": "7", "none": None})
        self.produce([(b"\xff\x01", '{"id": 2, "price": 2.5}'), ("gone", None), (None, "{ }")],
                     partition=1, timestamp=1772000000000)
        self.project.run()
        at, day = "2026-02-25 06:13:20.123+00", "2026-02-25 06:13:20+00"
        got = self.project.rows("select _topic, _partition, _offset, _timestamp::varchar, _key, "
                                "_headers, _deleted, id, price, tags[1] from rows order by all")
        self.assertEqual(got, [
            [self.topic, 0, 0, at, "k", '{"trace":"7","none":null}', False, 1, None, "a"],
            [self.topic, 1, 0, day, "ff01", None, False, 2, 2.5, None],
            [self.topic, 1, 1, day, "gone", None, True, None, None, None],
            [self.topic, 1, 2, day, None, None, False, None, None, None]])
        types = self.project.types()
        self.assertEqual((types["at"], types["id"], types["tags"], types["_timestamp"]),
                         ("TIMESTAMP", "BIGINT", "VARCHAR[]", "TIMESTAMP WITH TIME ZONE"))
        # Nothing new; then some in one partition and in one that was not there.
        self.assertIn("Nothing to do", self.project.run())
        more = kafka.packages().admin.NewPartitions(self.topic, 3)
        admin = kafka.admin(SERVER)  # it must live until the answer is there
        admin.create_partitions([more])[self.topic].result(60)
        self.produce(['{"id": 3, "new": true}'], partition=2)
        self.produce(['{"id": 4}'], partition=0)
        self.project.run()
        self.assertEqual(self.project.rows("select id, new from rows where id > 2 order by id"),
                         [[3, True], [4, None]])
        self.assertEqual(self.offsets(),
                         {(self.topic, 0): 2, (self.topic, 1): 3, (self.topic, 2): 1})
        self.assertEqual(self.project.leaks(), [])

    def test_values(self):
        self.new_topic()
        self.produce(['1;"a;b";2.5', "02;;x", "3;c"])
        self.write(value="csv", names=["id", "name", "price"], delimiter=";", prefix="kafka_")
        self.project.run()
        self.assertEqual(self.project.rows("select id, name, price, kafka_offset from rows "
                                           "order by kafka_offset"),
                         [["1", "a;b", "2.5", 0], ["02", None, "x", 1]])
        self.assertEqual(self.project.rows(BAD), [
            [f"{self.topic}[0]", 2, "2 fields, expected 3", "3;c"]])
        self.write(value="text", **{"with": []})
        self.project.run()
        self.assertEqual(self.project.rows(), [["02;;x"], ['1;"a;b";2.5'], ["3;c"]])

    def test_poison(self):
        """Whatever comes, the others load, and it is kept with where it was and why."""
        self.new_topic(2)
        self.write()
        self.produce(['{"id": 1}'] * 3, partition=0)
        self.project.run()
        bad = ["[1]", "", b"\xff\x00", "{\"id\": \"x\"}", '{"id": 1', '{"_offset": 3}', "7\n8"]
        self.produce(bad[:1], partition=1)
        self.project.run()  # nothing but poison
        self.produce(bad[1:] + ['{"id": 2}'], partition=1)
        self.project.run()
        self.assertEqual(self.project.rows("select count(*), max(id) from rows"), [[4, 2]])
        got = self.project.rows(BAD)
        self.assertEqual([row[:2] for row in got], [[f"{self.topic}[1]", i] for i in range(7)])
        reasons = " | ".join(row[2] for row in got)
        for reason in ["not a JSON object", "NUL", '"x"\' is not BIGINT', "a key comes twice"]:
            self.assertIn(reason, reasons)
        self.assertEqual(got[6][3], "7\t8")
        self.assertEqual(self.offsets(), {(self.topic, 0): 3, (self.topic, 1): 8})

    def test_types_once_settled(self):
        """Later batches are not looked at unless they must be, and widen all the same."""
        self.new_topic()
        self.write(**{"with": ["offset"]})
        for value in ['{"n": 1, "t": "a", "d": "2026-03-01", "ok": true}',
                      '{"n": 2, "t": null, "d": "2026-03-02", "ok": false}',
                      '{"n": 3, "t": 5, "d": "2026-03-03 10:00:00"}',
                      '{"n": 9007199254740993, "d": "2026-03-04T00:00:00", "ok": 1, "t": {"u": 1}}',
                      '{"n": 2.5}',
                      '{"n": 4, "t": "2026-01-01", "d": "2026-03-05", "new": [1]}']:
            self.produce([value])
            self.project.run()
        types = self.project.types()
        self.assertEqual([types[name] for name in "ntd"], ["BIGINT", "VARCHAR", "TIMESTAMP"])
        got = self.project.rows("select _offset, n::varchar, t, d::varchar, ok, new[1] from rows "
                                "order by _offset")
        self.assertEqual(got, [
            [0, "1", "a", "2026-03-01 00:00:00", True, None],
            [1, "2", None, "2026-03-02 00:00:00", False, None],
            [2, "3", "5", "2026-03-03 10:00:00", None, None],
            [3, "9007199254740993", '{"u":1}', "2026-03-04 00:00:00", True, None],
            [5, "4", "2026-01-01", "2026-03-05 00:00:00", None, 1]])
        self.assertEqual(self.project.rows(BAD)[0][1:3], [4, "n: '2.5' is not BIGINT"])

    def test_large_message(self):
        self.new_topic(**{"max.message.bytes": "20000000"})
        producer = kafka.packages().Producer({"bootstrap.servers": SERVER["brokers"],
                                              "message.max.bytes": 20_000_000})
        for text in ["a", "b" * 10_000_000, "c"]:
            producer.produce(self.topic, json.dumps({"text": text}))
        producer.flush(60)
        self.write(batch_bytes=1024)  # three batches
        self.project.run()
        self.assertEqual(self.project.rows("select length(text) from rows order by _offset"),
                         [[1], [10_000_000], [1]])

    def test_transactions(self):
        """Aborted messages are not there, and marks leave gaps, also at the end."""
        self.new_topic()
        for number, is_kept in enumerate([True, False, True]):
            producer = kafka.packages().Producer({"bootstrap.servers": SERVER["brokers"],
                                                  "transactional.id": f"{self.topic}"})
            producer.init_transactions(60)
            producer.begin_transaction()
            producer.produce(self.topic, json.dumps({"id": number}))
            producer.flush(60)
            (producer.commit_transaction if is_kept else producer.abort_transaction)(60)
        self.write()
        self.project.run()
        self.assertEqual(self.project.rows("select _offset, id from rows order by 1"),
                         [[0, 0], [4, 2]])
        self.assertEqual(self.offsets(), {(self.topic, 0): 6})
        self.assertIn("Nothing to do", self.project.run())

    def test_start(self):
        self.new_topic()
        self.produce(['{"id": 1}'], timestamp=1772000000000)
        self.produce(['{"id": 2}'], timestamp=1772100000000)
        for start, want in [("2026-02-25 12:00:00+00", [[2]]), ("earliest", [[1], [2]])]:
            self.write(start=start)
            self.forget()
            self.project.run()
            self.assertEqual(self.project.rows("select id from rows order by id"), want)
        self.write("load: append", "columns: {id: BIGINT}", start="latest")
        self.forget()
        self.project.run()
        self.assertEqual(self.project.rows("select count(*) from rows"), [[0]])
        self.produce(['{"id": 3}'])
        self.project.run()
        self.assertEqual(self.project.rows("select id from rows"), [[3]])
        self.write(start="soon")
        self.forget()
        self.assertIn("'start' must be earliest, latest or a moment", self.project.refusal())

    def forget(self):
        shutil.rmtree(self.project.folder / ".quern", ignore_errors=True)

    def test_lost(self):
        self.new_topic()
        self.write()
        self.produce(['{"id": 1}'] * 5)
        self.project.run()
        self.produce(['{"id": 2}'] * 5)
        self.delete_before(8)
        refusal = self.project.refusal()
        self.assertIn(f"{self.topic}[0]: 3 messages from offset 5 on were removed", refusal)
        self.assertIn("lost: skip", refusal)
        self.write(lost="skip")
        self.project.run()
        self.assertEqual(self.project.rows("select _offset from rows order by 1"),
                         [[i] for i in [0, 1, 2, 3, 4, 8, 9]])
        admin = kafka.admin(SERVER)
        admin.delete_topics([self.topic])[self.topic].result(60)
        while self.topic in admin.list_topics(timeout=9).topics:
            time.sleep(0.1)
        self.new_topic()
        self.write()
        self.assertIn("was read up to 10: it was cut or made anew", self.project.refusal())

    def delete_before(self, offset):
        partition = kafka.packages().TopicPartition(self.topic, 0, offset)
        admin = kafka.admin(SERVER)
        admin.delete_records([partition])[partition].result(60)

    def test_refusals(self):
        self.new_topic()
        self.write(topic=self.topic + "x")
        self.assertIn(f"did you mean '{self.topic}'", self.project.refusal().lower())
        self.write()
        self.assertIn("has no rows yet", self.project.refusal())
        self.write(APPEND, "columns: {id: BIGINT}")
        self.project.run()
        for settings, want in [
                ({"properties": {"plugin.library.paths": "x"}}, "'plugin.library.paths'"),
                ({"properties": {"isolation.level": "read"}}, "isolation.level"),
                ({"user": "x"}, "both `user` and `password`"),
                ({"user": "x", "password": "p"}, "must not be written down here"),
                ({"brokers": "127.0.0.1:1", "timeout": 1}, "Connection refused"),
                ({"value": "csv"}, "needs `names`"), ({"nmaes": 1}, "'names'")]:
            with self.subTest(want):
                self.write(**settings)
                self.assertIn(want, self.project.refusal())

    def test_password(self):
        self.new_topic()
        self.produce(['{"id": 1}'])
        login = {"brokers": SERVER["brokers_with_password"], "user": SERVER["user"]}
        self.write(password="${SECRET}", **login)
        self.project.run()
        self.assertEqual(self.project.rows("select id from rows"), [[1]])
        self.project.environment["WRONG"] = "not " + self.project.password
        self.write(password="${WRONG}", **login)
        start = time.monotonic()
        self.assertIn("check `user`, `password` and `mechanism`", self.project.refusal())
        self.assertLess(time.monotonic() - start, 20)  # long before its timeout
        self.assertEqual(self.project.leaks(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
