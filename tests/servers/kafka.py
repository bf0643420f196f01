"""Kafka: one broker that is its own controller, with and without passwords."""

import servers
import java

LOGGING = """rootLogger.level = warn
rootLogger.appenderRefs = out
rootLogger.appenderRef.out.ref = OUT
appenders = out
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1} %m%n
"""


class Server(java.Server):
    jars = "kafka"

    def __init__(self, place):
        super().__init__(place)
        self.password_port = servers.free_port()

    def prepare(self):
        (self.place / "log4j2.properties").write_text(LOGGING)
        password = servers.PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        login = (f"org.apache.kafka.common.security.plain.PlainLoginModule required "
                 f'user_reader="{password}";').replace("\\", "\\\\")
        controller = servers.free_port()
        local = "PLAINTEXT://127.0.0.1:{},SASL_PLAINTEXT://127.0.0.1:{}".format(
            self.port, self.password_port)
        settings = {
            "process.roles": "broker,controller", "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"{local},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": local, "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
                                              "SASL_PLAINTEXT:SASL_PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config": login,
            "log.dirs": self.place / "data", "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": 0, "num.network.threads": 2, "num.io.threads": 2,
            "offsets.topic.num.partitions": 1, "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 1, "transaction.state.log.min.isr": 1,
            "transaction.state.log.replication.factor": 1,
            "log.segment.bytes": 64 << 20, "log.index.size.max.bytes": 64 << 10}
        (self.place / "server.properties").write_text(
            "".join(f"{name}={value}\n" for name, value in settings.items()))
        self.call(*self.java("kafka.tools.StorageTool", "format", "-t", "cXVlcm4tdGVzdC1rYWZrYQ",
                             "-c", self.place / "server.properties"))

    def command(self):
        return self.java("kafka.Kafka", self.place / "server.properties")

    def is_ready(self):
        return servers.is_open(self.port) and servers.is_open(self.password_port)

    def settle(self):
        admin(self.address()).list_topics(timeout=60)

    def address(self):
        return {"host": "127.0.0.1", "port": self.port, "brokers": f"127.0.0.1:{self.port}",
                "brokers_with_password": f"127.0.0.1:{self.password_port}", "user": "reader",
                "password": servers.PASSWORD, "mechanism": "PLAIN",
                "protocol": "SASL_PLAINTEXT"}


def packages():
    servers.use_packages()
    import confluent_kafka.admin
    return confluent_kafka


def admin(address):
    """A confluent_kafka AdminClient: topics, groups and their offsets."""
    return packages().admin.AdminClient({"bootstrap.servers": address["brokers"]})


def new_topic(address, name, partitions=1):
    topic = packages().admin.NewTopic(name, partitions, 1)
    client = admin(address)  # it must live until the answer is there
    client.create_topics([topic])[name].result(60)


def produce(address, topic, values, **more):
    """values: texts or bytes, or (key, value); more: headers, partition, timestamp (ms)."""
    producer = packages().Producer({"bootstrap.servers": address["brokers"], "linger.ms": 5,
                                    "queue.buffering.max.messages": 2_000_000})
    for number, value in enumerate(values):
        key, value = value if isinstance(value, tuple) else (None, value)
        producer.produce(topic, value=value, key=key, **more)
        if number % 10_000 == 0:
            producer.poll(0)
    if producer.flush(120):
        servers.fail(f"{topic}: not all messages were taken")


def groups_tool(address, *words):
    """What Kafka's own kafka-consumer-groups prints."""
    return servers.call("java", "-XX:TieredStopAtLevel=1", "-cp", f"{java.JARS}/kafka/*",
                        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                        "--bootstrap-server", address["brokers"], *words)
