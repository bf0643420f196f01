"""A server of MongoDB's protocol, as MongoDB 4.2 speaks it, in memory. It knows no users, sessions
and change streams; what a real one answers to those is not tested here."""

import servers
import java


class Server(java.Server):
    jars = "mongodb"

    def prepare(self):
        (self.place / "start.bsh").write_text(
            "new de.bwaldvogel.mongo.MongoServer("
            "new de.bwaldvogel.mongo.backend.memory.MemoryBackend())"
            f'.bind("127.0.0.1", {self.port});\n'
            "Thread.currentThread().join();\n")

    def command(self):
        return self.java("bsh.Interpreter", self.place / "start.bsh")

    def address(self):
        return {"host": "127.0.0.1", "port": self.port, "database": "shop",
                "url": f"mongodb://127.0.0.1:{self.port}/shop"}


def client(address):
    """A pymongo.MongoClient; a test takes a database of its own."""
    servers.use_packages()
    import pymongo
    return pymongo.MongoClient(address["url"], serverSelectionTimeoutMS=10_000)
