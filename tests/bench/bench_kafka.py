"""Small JSON messages from a broker on this machine into a table, with kcat, which only reads them,
beside it."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

TARGET_PER_S = 300_000
MESSAGES, PARTITIONS, ROUNDS = 3_000_000, 4, 3
TOPIC = "orders"

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "servers"))


def write_messages(kafka, server):
    kafka.new_topic(server, TOPIC, PARTITIONS)
    producer = kafka.packages().Producer({
        "bootstrap.servers": server["brokers"], "linger.ms": 50, "acks": 1,
        "batch.size": 1_000_000, "queue.buffering.max.messages": 2_000_000})
    for i in range(MESSAGES):
        value = f'{{"id":{i},"customer":"c{i % 9973}","amount":{i % 1000 + 0.25},"late":false}}'
        while True:
            try:
                producer.produce(TOPIC, value, partition=i % PARTITIONS)
                break
            except BufferError:
                producer.poll(1)
        if i % 10_000 == 0:
            producer.poll(0)
    producer.flush(300)


def bench(measure):
    if shutil.which("kcat") is None:
        print("  skipped: no kcat; run `deps/install tests`")
        return 0
    import kafka
    import servers
    with servers.running("kafka") as server, tempfile.TemporaryDirectory() as folder:
        write_messages(kafka, server)
        folder = pathlib.Path(folder)
        (folder / "sources").mkdir()
        (folder / "quern.yml").write_text("name: bench\n")
        settings = json.dumps({"brokers": server["brokers"], "topic": TOPIC})
        (folder / "sources/orders.yml").write_text(f"kafka: {settings}\nload: append\n")

        def load():
            shutil.rmtree(folder / ".quern", ignore_errors=True)
            return measure.Weighed([measure.QUERN, "run"], cwd=folder)

        def read():
            parts = [f"kcat -C -q -e -b {server['brokers']} -t {TOPIC} -p {i} >/dev/null"
                     for i in range(PARTITIONS)]
            return measure.Weighed(["sh", "-c", " & ".join(parts) + " & wait"])

        loads, reads = measure.rounds(ROUNDS, load, read)
        count = subprocess.run([measure.QUERN, "query", "select count(*) as n from orders",
                                "--json"], cwd=folder, capture_output=True, text=True, check=True)
        assert json.loads(count.stdout) == [{"n": MESSAGES}], count.stdout
    per_s = MESSAGES / measure.median(loads)
    used = min(load.processor_seconds for load in loads)
    peak = max(load.peak_bytes for load in loads) >> 20
    print(f"  quern   {per_s:11,.0f} messages/s into a table  "
          f"({used / MESSAGES * 1e6:.2f} us of processors each, peak {peak} MB)")
    print(f"  kcat    {MESSAGES / measure.median(reads):11,.0f} messages/s read and dropped")
    return int(per_s < TARGET_PER_S)
