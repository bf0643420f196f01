#!/usr/bin/env python3
"""examples/airline against a real PostgreSQL and an HTTP API: what is joined, and what is new.

Usage: airline_test.py QUERN SERVERS
"""
# servers: postgresql

import csv
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/servers"))
import postgresql  # noqa: E402

PAGE = 700
TOKEN = "a token/of the API"
FLIGHTS = ["time_hour", "origin", "dest", "carrier", "flight", "tailnum", "dep_delay"]
WEATHER = ["origin", "time_hour", "temp", "wind_speed", "visib"]


def check(is_fine, what):
    if not is_fine:
        sys.exit(f"not as expected: {what}")


def rows_of(name, until):
    with open(ROOT / "examples/flights/data" / name, newline="") as file:
        return [row for row in csv.DictReader(file) if row["time_hour"] < until]


class Api(http.server.BaseHTTPRequestHandler):
    items, asked = [], []

    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query))
        Api.asked.append(query)
        is_known = self.headers["Authorization"] == f"Bearer {TOKEN}"
        items = [item for item in Api.items if item["time_hour"] >= query.get("since", "")]
        first = int(query.get("cursor", "0"))
        is_last = first + PAGE >= len(items)
        answer = {"data": {"items": items[first:first + PAGE],
                           "next": None if is_last else str(first + PAGE)}}
        body = json.dumps(answer if is_known else {"error": "who are you?"}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def weather_until(until):
    numbers = {"temp", "wind_speed", "visib"}
    return [{name: (None if row[name] == "NA" else float(row[name])) if name in numbers
             else row[name] for name in WEATHER} for row in rows_of("weather.csv", until)]


def add_flights(server, database, rows):
    lines = "".join("\t".join(row[name].replace("NA", "\\N") if row[name] == "NA" else row[name]
                              for name in FLIGHTS) + "\n" for row in rows)
    postgresql.query(server, f"copy flights ({', '.join(FLIGHTS)}) from stdin;\n{lines}\\.\n",
                     database)


def joined(flights, weather):
    known = {(row["origin"], row["time_hour"]): row["temp"] for row in weather}
    found = [known.get((row["origin"], row["time_hour"])) for row in flights]
    return [len(flights), sum(temp is not None for temp in found),
            round(sum(temp for temp in found if temp is not None), 3)]


def main(quern, servers):
    server = json.loads(pathlib.Path(servers).read_text())["postgresql"]
    postgresql.new_database(server, "airline")
    postgresql.query(server, "create table flights (time_hour timestamptz, origin text, dest text, "
                             "carrier text, flight integer, tailnum text, dep_delay integer)",
                     "airline")
    api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    user, password = urllib.parse.quote(server["user"]), urllib.parse.quote(server["password"], "")
    environment = os.environ | {
        "AIRLINE_DATABASE":
            f"postgresql://{user}:{password}@{server['host']}:{server['port']}/airline",
        "AIRLINE_API": f"http://127.0.0.1:{api.server_port}", "AIRLINE_TOKEN": TOKEN}

    def call(*words):
        done = subprocess.run([quern, *words], cwd=project, env=environment, text=True,
                              capture_output=True, timeout=100)
        check(done.returncode == 0, done.stdout + done.stderr)
        return done.stdout

    def departures():
        [row] = json.loads(call("query", "select count(*) as n, count(temp) as m, "
                                "round(sum(temp), 3) as t from departures", "--json"))
        return [int(row["n"]), int(row["m"]), float(row["t"])]

    with tempfile.TemporaryDirectory() as place:
        examples = pathlib.Path(place) / "examples"
        project = examples / "airline"
        shutil.copytree(ROOT / "examples/airline", project,
                        ignore=shutil.ignore_patterns(".quern"))
        (examples / "flights/data").mkdir(parents=True)
        shutil.copy(ROOT / "examples/flights/data/planes.csv", examples / "flights/data")
        first, second = "2013-01-10", "2013-01-12"
        early = rows_of("flights.csv", first)
        add_flights(server, "airline", early)
        Api.items = weather_until(first)
        call("run")
        check(departures() == joined(early, Api.items), "the first join")
        check("Nothing to do" in call("run"), "a run without news")

        both = rows_of("flights.csv", second)
        add_flights(server, "airline", [row for row in both if row["time_hour"] >= first])
        Api.items, Api.asked = weather_until(second), []
        said = call("run")
        check(departures() == joined(both, Api.items), "the second join")
        new = len(both) - len(early)
        check(f"{new:,} new" in said, f"{new} new flights in\n{said}")
        check(all(query.get("since", "").startswith("2013-01-0") for query in Api.asked),
              f"weather since the last hour only: {Api.asked}")
        for file in project.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                for secret in (TOKEN, server["password"], password):
                    check(secret.encode() not in content, f"a secret in {file}")
    print(f"{len(both):,} departures joined from three places, {new:,} of them later")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2])
