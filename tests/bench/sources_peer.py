"""The bare extension: a table of a server into a DuckDB file. Prints its facts as JSON.

Usage: sources_peer.py EXTENSION SECRET_SQL TABLE FILE
"""

import json
import sys

import duckdb

extension, secret, table, file = sys.argv[1:]
connection = duckdb.connect(file)
connection.execute(f"LOAD '{extension}'")
connection.execute(secret)
kind = secret.split("(TYPE ")[1].split(",")[0]
connection.execute(f"ATTACH '' AS origin (TYPE {kind}, SECRET origin, READ_ONLY)")
connection.execute(f"CREATE TABLE pulled AS FROM origin.{table}")
print(json.dumps(connection.execute(
    "SELECT count(*), sum(id)::VARCHAR, sum(amount)::VARCHAR, max(word) FROM pulled").fetchone()))
