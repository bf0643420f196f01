"""Redis: one user may read, another all; who gives no password may do nothing."""

import hashlib
import os
import urllib.parse

import servers


class Server(servers.Server):
    def prepare(self):
        password = hashlib.sha256(servers.PASSWORD.encode()).hexdigest()
        (self.place / "redis.conf").write_text(
            f'bind 127.0.0.1\nport {self.port}\nsave ""\nappendonly no\ndatabases 64\n'
            f"user default off\nuser admin on #{password} ~* &* +@all\n"
            f"user reader on #{password} ~* +@read +@stream +@connection\n")

    def command(self):
        return ["redis-server", self.place / "redis.conf"]

    def address(self):
        quoted = urllib.parse.quote(servers.PASSWORD, safe="")
        return {"host": "127.0.0.1", "port": self.port, "user": "reader", "admin": "admin",
                "password": servers.PASSWORD, "url": f"redis://reader@127.0.0.1:{self.port}/0",
                "url_with_password": f"redis://reader:{quoted}@127.0.0.1:{self.port}/0"}


def command(address, *words, database=0, input=None):
    """Runs a command as the administrator, or those of `input`, one a line; what redis-cli prints.
    A test takes a database of its own, 1 to 63."""
    return servers.call("redis-cli", "-e", "-p", address["port"], "--user", address["admin"], "-n",
                        database, *words, input=input,
                        env={**os.environ, "REDISCLI_AUTH": address["password"]})
