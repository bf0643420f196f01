"""S3's protocol over a folder: a bucket is a folder in it, an object a file."""

import pathlib

import java


class Server(java.Server):
    jars = "s3"

    def prepare(self):
        (self.place / "data/shop").mkdir(parents=True)
        (self.place / "s3.properties").write_text(
            f"s3proxy.endpoint=http://127.0.0.1:{self.port}\n"
            "s3proxy.authorization=aws-v2-or-v4\n"
            f"s3proxy.identity={KEY}\ns3proxy.credential={SECRET}\n"
            "jclouds.provider=filesystem-nio2\n"
            f"jclouds.filesystem.basedir={self.place / 'data'}\n")

    def command(self):
        return self.java("org.gaul.s3proxy.Main", "--properties", self.place / "s3.properties")

    def address(self):
        return {"host": "127.0.0.1", "port": self.port, "endpoint": f"127.0.0.1:{self.port}",
                "key": KEY, "secret": SECRET, "region": "us-east-1", "url_style": "path",
                "use_ssl": False, "bucket": "shop", "data": str(self.place / "data")}


# With characters that must be quoted in a URL.
KEY = "AKIAQUERNTESTS"
SECRET = "wJalr/XUtn+FEMI=K7MDENG"


def new_bucket(address, name):
    """An empty bucket of the test's own, as a folder to put files into."""
    folder = pathlib.Path(address["data"]) / name
    folder.mkdir()
    return folder
