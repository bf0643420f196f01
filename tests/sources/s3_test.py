#!/usr/bin/env python3
"""Files in a bucket of a real server: formats, new and changed objects, and what is refused.

Usage: s3_test.py QUERN SERVERS
"""
# servers: s3

import gzip
import json
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]
import s3  # noqa: E402
from project import Project, check  # noqa: E402

BUCKET = "quern-s3-test"


def source(server, path, *lines, bucket=BUCKET, **more):
    settings = {"url": f"s3://{bucket}/{path}", "endpoint": server["endpoint"], "use_ssl": False,
                "url_style": "path", "key": server["key"], "secret": "${S3_SECRET}", **more}
    return "\n".join(["s3: " + json.dumps(settings), *lines]) + "\n"


def formats(project, server, bucket):
    (bucket / "day 1").mkdir()
    (bucket / "day 1/a.csv").write_text("id,v\n1,x\n2,y\n")
    (bucket / "day 1/b+[1]%20é.csv.gz").write_bytes(gzip.compress(b"id,v\n3,z\nbad\n"))
    (bucket / "c.ndjson").write_text('{"id": 4, "v": "w"}\n')
    project.source("files", source(server, "**", "columns: {id: INTEGER}"))
    said = project.run("files")
    check("quarantine" in said, said)
    project.expect("from files order by id", [["1", "x"], ["2", "y"], ["3", "z"], ["4", "w"]])


def changes(project, server, bucket):
    (bucket / "log").mkdir()
    (bucket / "log/1.csv").write_text("n\n1\n2\n")
    project.source("log", source(server, "log/*.csv", "load: append"))
    for _ in range(2):
        project.run("log")
        project.expect("select count(*), sum(n) from log", [["2", "3"]])
    (bucket / "log/2.csv").write_text("n\n10\n")
    project.run("log")
    project.expect("select count(*), sum(n) from log", [["3", "13"]])
    (bucket / "log/1.csv").unlink()  # what has landed stays
    project.run("log")
    project.expect("select count(*), sum(n) from log", [["3", "13"]])


def refusals(project, server):
    for name, text, want in [
            ("a", source(server, "none/*.csv"), "no object matches"),
            ("b", source(server, "x.csv", bucket="no-such-bucket"), "there is no"),
            ("c", source(server, "c.ndjson", key="WRONG"), "refuses"),
            ("d", source(server, "c.ndjson", endpoint="127.0.0.1:1"), "cannot be reached"),
            ("e", source(server, "c.ndjson?s3_endpoint=x"), "is no address of objects"),
            ("f", source(server, "c.ndjson", secret="in clear"), "must not be written down"),
            ("g", source(server, "c.ndjson", object_bytes_max=3), "raise `object_bytes_max`"),
            ("h", source(server, "c.ndjson", secret="${NOT_SET}"), "NOT_SET")]:
        project.source(name, text)
        said = project.refusal(name)
        check(want in said and f"sources/{name}.yml" in said, f"{name}: {said}")
        project.without(name)


def leaks(project, server):
    for file in project.place.rglob("*"):
        if file.is_file():
            check(server["secret"].encode() not in file.read_bytes(), f"the secret is in {file}")


def main(quern, servers_file):
    server = json.loads(pathlib.Path(servers_file).read_text())["s3"]
    os.environ["S3_SECRET"] = server["secret"]
    bucket = s3.new_bucket(server, BUCKET)
    with tempfile.TemporaryDirectory(prefix="quern-s3-") as folder:
        project = Project(quern, folder)
        formats(project, server, bucket)
        changes(project, server, bucket)
        refusals(project, server)
        leaks(project, server)


main(sys.argv[1], sys.argv[2])
