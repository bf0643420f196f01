"""MariaDB: over TCP with passwords and TLS, and for tests' own use through a socket."""

import getpass

import servers


class Server(servers.Server):
    def __init__(self, place):
        super().__init__(place)
        self.socket = place / "socket"
        self.settings = ["--no-defaults", f"--datadir={place / 'data'}",
                         f"--user={getpass.getuser()}", "--innodb-flush-log-at-trx-commit=0",
                         "--innodb-log-file-size=16M", "--innodb-buffer-pool-size=64M",
                         "--debug-no-sync"]

    def prepare(self):
        self.make_certificates()
        self.call("mariadb-install-db", *self.settings, "--auth-root-authentication-method=normal",
                  "--skip-test-db")

    def command(self):
        return ["/usr/sbin/mariadbd", *self.settings, f"--port={self.port}",
                "--bind-address=127.0.0.1", f"--socket={self.socket}", "--skip-log-bin",
                "--skip-name-resolve", "--character-set-server=utf8mb4", "--local-infile=1",
                "--default-time-zone=+00:00", f"--ssl-cert={self.place / 'server.crt'}",
                f"--ssl-key={self.place / 'server.key'}"]

    def is_ready(self):
        return self.socket.exists() and servers.is_open(self.port)

    def settle(self):
        password = servers.sql_text(servers.PASSWORD.replace("\\", "\\\\"))
        query(self.address(), f"""
            CREATE DATABASE shop;
            CREATE USER reader@'127.0.0.1' IDENTIFIED BY {password};
            CREATE USER writer@'127.0.0.1' IDENTIFIED BY {password};
            CREATE USER only_tls@'127.0.0.1' IDENTIFIED BY {password} REQUIRE SSL;
            GRANT SELECT ON *.* TO reader@'127.0.0.1';
            GRANT SELECT ON *.* TO only_tls@'127.0.0.1';
            GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON *.*
                TO writer@'127.0.0.1';""", database="mysql")

    def address(self):
        return {**self.sql_address("mysql"), "socket": str(self.socket), "admin": "root"}


def query(address, sql, database="shop"):
    """Runs SQL as the administrator; what it prints, columns parted by tabs."""
    return servers.call("mariadb", "--no-defaults", f"--socket={address['socket']}",
                        f"--user={address['admin']}", "--batch", "--skip-column-names", database,
                        input=sql)


def new_database(address, name):
    """An empty database of the test's own; the users above may read and write it."""
    query(address, f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}", "mysql")
