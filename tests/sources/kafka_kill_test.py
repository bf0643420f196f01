#!/usr/bin/env python3
"""Kills `quern run` at random moments while messages are being written to its topic.

Usage: [KILLS=15] [SEED=N] kafka_kill_test.py QUERN SERVERS

In the end a run that nobody disturbs must leave each message that was written exactly once: the
multiset of (partition, offset) is compared, and the group must stand at the ends.
"""
# servers: kafka

import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]
import kafka  # noqa: E402
import servers  # noqa: E402
from stream_project import Project  # noqa: E402

PARTITIONS = 3
STEPS = ["pulled", "before_landed", "landed", "publish", "published", "journaled"]


class Writer(threading.Thread):
    """Writes until told to stop; knows what the broker took, and where."""

    def __init__(self, server, topic):
        super().__init__()
        self.producer = kafka.packages().Producer({"bootstrap.servers": server["brokers"],
                                                   "linger.ms": 5, "enable.idempotence": True})
        self.topic, self.stopped, self.taken = topic, threading.Event(), []

    def note(self, error, message):
        assert error is None, error
        self.taken.append((message.partition(), message.offset()))

    def run(self):
        number = 0
        while not self.stopped.is_set():
            for _ in range(200):
                number += 1
                value = "poison" if number % 101 == 0 else f'{{"id": {number}}}'
                self.producer.produce(self.topic, value, partition=number % PARTITIONS,
                                      on_delivery=self.note)
            self.producer.poll(0.05)
        self.producer.flush(60)


def run_and_kill(project, draw):
    """At one of the steps of landing, or at any moment."""
    environment = dict(project.environment)
    if draw.random() < 0.5:
        environment["QUERN_KILL_AT"] = f"{draw.choice(STEPS)}:{draw.randrange(1, 4)}"
    process = subprocess.Popen([project.quern, "run"], cwd=project.folder, env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = process.communicate(timeout=draw.uniform(0.05, 1.5))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    if process.returncode > 0:
        servers.fail(output)
    return process.returncode < 0


def main(quern, server, kills, seed):
    draw = random.Random(seed)
    topic = f"kills.{os.getpid()}"
    kafka.new_topic(server, topic, PARTITIONS)
    with tempfile.TemporaryDirectory() as folder:
        project = Project(quern, folder, "kafka", server["password"])
        project.write({"brokers": server["brokers"], "topic": topic, "batch_rows": 1000,
                       "group": topic}, "load: append")
        writer = Writer(server, topic)
        writer.start()
        while not writer.taken:
            time.sleep(0.01)
        done = 0
        while done < kills:
            done += run_and_kill(project, draw)
        writer.stopped.set()
        writer.join()
        project.run()
        rows = project.rows("select _partition, _offset from rows")
        bad = project.rows('select file, line from quern_bad."rows"')
        found = collections.Counter(map(tuple, rows))
        found.update((int(file.rpartition("[")[2][:-1]), line) for file, line in bad)
        want = collections.Counter(writer.taken)
        if found != want:
            servers.fail(f"seed {seed}: {len(want - found)} lost, {len(found - want)} too many, "
                         f"such as {list((want - found) + (found - want))[:5]}")
        told = kafka.groups_tool(server, "--describe", "--group", topic)
        lags = [line.split()[5] for line in told.splitlines() if line.startswith(topic)]
        if lags != ["0"] * PARTITIONS:
            servers.fail(told)
        print(f"{kills} kills, {len(rows)} rows and {len(bad)} bad ones of {len(writer.taken)}")


if __name__ == "__main__":
    main(sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())["kafka"],
         int(os.environ.get("KILLS", 15)),
         int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 30))))
