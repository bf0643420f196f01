"""Cassandra: one node, with a password. The file is not named like the driver's package."""

import servers
import java

# What its own start script opens to it.
OPENED = ["java.base/" + name for name in [
    "java.io", "java.lang", "java.lang.module", "java.lang.reflect", "java.nio", "java.util",
    "java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.loader",
    "jdk.internal.math", "jdk.internal.misc", "jdk.internal.module", "jdk.internal.ref",
    "jdk.internal.reflect", "jdk.internal.util.jar", "sun.nio.ch"]]
OPENED += ["jdk.management/com.sun.management.internal", "java.rmi/sun.rmi.registry",
           "java.rmi/sun.rmi.server"]
EXPORTED = ["java.management.rmi/com.sun.jmx.remote.internal.rmi", "java.sql/java.sql",
            "java.base/java.lang.ref", "jdk.unsupported/sun.misc"]


class Server(java.Server):
    jars = "cassandra"

    def prepare(self):
        storage = servers.free_port()
        (self.place / "cassandra.yaml").write_text(f"""
cluster_name: quern
num_tokens: 1
auto_bootstrap: false
auto_snapshot: false
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
role_manager: CassandraRoleManager
commitlog_sync: periodic
commitlog_sync_period: 10000ms
commitlog_segment_size: 4MiB
concurrent_reads: 4
concurrent_writes: 4
concurrent_counter_writes: 2
endpoint_snitch: SimpleSnitch
listen_address: 127.0.0.1
rpc_address: 127.0.0.1
storage_port: {storage}
ssl_storage_port: {servers.free_port()}
native_transport_port: {self.port}
start_native_transport: true
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{{seeds: "127.0.0.1:{storage}"}}]
""")

    def command(self):
        settings = {"config": (self.place / "cassandra.yaml").as_uri(), "storagedir": self.place,
                    "superuser_setup_delay_ms": 0, "skip_wait_for_gossip_to_settle": 0,
                    "ring_delay_ms": 0, "jmx.local.port": servers.free_port()}
        opened = [f"--add-opens={name}=ALL-UNNAMED" for name in OPENED]
        exported = [f"--add-exports={name}=ALL-UNNAMED" for name in EXPORTED]
        return self.java(*opened, *exported, "-Xmx700m", "-Dcassandra-foreground=yes",
                         *[f"-Dcassandra.{name}={value}" for name, value in settings.items()],
                         "org.apache.cassandra.service.CassandraDaemon")

    def settle(self):
        password = servers.sql_text(servers.PASSWORD)
        session = client(self.address(), "cassandra", "cassandra")
        for name, more in [("admin", "AND SUPERUSER = true"), ("reader", "")]:
            session.execute(f"CREATE ROLE {name} WITH PASSWORD = {password} AND LOGIN = true "
                            f"{more}")
        session.execute("GRANT SELECT ON ALL KEYSPACES TO reader")
        session.cluster.shutdown()

    def address(self):
        return {"host": "127.0.0.1", "port": self.port, "user": "reader", "admin": "admin",
                "password": servers.PASSWORD}


def client(address, user=None, password=None):
    """A session of the driver, as the administrator; shut its `cluster` down in the end."""
    servers.use_packages()
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import Cluster
    from cassandra.cluster import NoHostAvailable
    login = PlainTextAuthProvider(user or address["admin"], password or address["password"])

    def connected():
        try:
            return Cluster([address["host"]], port=address["port"], auth_provider=login).connect()
        except NoHostAvailable:
            return None  # the first users are made a moment after the port is open

    return servers.wait_for(connected, "a session of Cassandra")


def new_keyspace(session, name):
    session.execute(f"DROP KEYSPACE IF EXISTS {name}")
    session.execute(f"CREATE KEYSPACE {name} WITH replication = "
                    "{'class': 'SimpleStrategy', 'replication_factor': 1}")
