"""PostgreSQL: over TCP with passwords and TLS, and for tests' own use through a socket."""

import pathlib
import signal

import servers

class Server(servers.Server):
    stop_signal = signal.SIGQUIT  # at once, also with clients
    refuses_root = True

    def __init__(self, place):
        super().__init__(place)
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if not found:
            servers.fail(f"PostgreSQL is not installed: {servers.FIX}")
        self.programs = found[-1].parent
        self.data = place / "data"

    def prepare(self):
        self.call(self.programs / "initdb", "-D", self.data, "-A", "trust", "-U", "admin", "-N",
                  "--no-locale", "-E", "UTF8")
        (self.data / "pg_hba.conf").write_text(
            "local all all trust\n"
            "hostssl all only_tls 127.0.0.1/32 scram-sha-256\n"
            "host all only_tls 127.0.0.1/32 reject\n"
            "host all all 127.0.0.1/32 scram-sha-256\n")
        self.make_certificates()

    def command(self):
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "fsync": "off",
            "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 60,
            "shared_buffers": "64MB", "unix_socket_directories": self.place,
            "wal_level": "logical", "ssl": "on", "ssl_cert_file": self.place / "server.crt",
            "ssl_key_file": self.place / "server.key", "timezone": "UTC"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.data, *words]

    def is_ready(self):
        return (self.place / f".s.PGSQL.{self.port}").exists() and servers.is_open(self.port)

    def settle(self):
        password = servers.sql_text(servers.PASSWORD)
        query(self.address(), f"""
            SET standard_conforming_strings = on;
            CREATE DATABASE shop;
            CREATE ROLE reader LOGIN PASSWORD {password};
            CREATE ROLE writer LOGIN PASSWORD {password};
            CREATE ROLE only_tls LOGIN PASSWORD {password};
            GRANT pg_read_all_data TO reader, only_tls;
            GRANT CREATE ON DATABASE shop TO writer;
            GRANT pg_read_all_data, pg_write_all_data TO writer;""", database="postgres")

    def address(self):
        return {**self.sql_address("postgresql"), "socket": str(self.place), "admin": "admin"}


def query(address, sql, database="shop"):
    """Runs SQL as the administrator; what it prints, columns parted by |."""
    return servers.call("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", address["socket"],
                        "-p", address["port"], "-U", address["admin"], "-d", database, "-At",
                        input=sql)


def new_database(address, name):
    """An empty database of the test's own; the users above may read and write it."""
    query(address, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")
    query(address, f"CREATE DATABASE {name}", "postgres")
    query(address, f"GRANT CREATE ON DATABASE {name} TO writer; "
                   "GRANT CREATE ON SCHEMA public TO writer", name)
