"""What the tests of exports have in common: a project, its exports, and how answers compare."""

import csv
import json
import math
import pathlib
import random
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIX = "run `deps/install tests`"


def call(*command, **more):
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, **more)
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not installed: {FIX}")
    if done.returncode != 0:
        sys.exit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def write_rows(file):
    pick = random.Random(5)
    cities = ["Rome", "Oslo", "Paris", "Lima", "São Paulo", "O'Fallon", ""]
    with open(file, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow("income,wide,price,small,city,is_member,born,seen,plan,bought".split(","))
        for _ in range(600):
            income, small = round(pick.gauss(50, 30), 3), pick.randrange(-11, 12)
            city, wide = pick.choice(cities), pick.randrange(-10**6, 10**6)
            month, day = f"{pick.randrange(1, 13):02}", f"{pick.randrange(1, 29):02}"
            born = f"{pick.randrange(1950, 2020)}-{month}-{day}"
            seen = f"2025-{month}-11 {pick.randrange(24):02}:15:{pick.randrange(60):02}"
            score = income / 30 + small / 5 + len(city) / 4 + pick.gauss(0, 1)
            plan = ["basic", "plus", "pro"][min(2, max(0, int(score)))]
            bought = "yes" if score + wide / 10**6 > 2.5 else "no"
            row = [income, wide, f"{pick.uniform(0, 500):.2f}", small, city, pick.random() < 0.5,
                   born, seen, plan, bought]
            rows.writerow(["" if pick.random() < 0.06 and i < 8 else v for i, v in enumerate(row)])


def make_project(quern, place):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    shutil.copy(HERE / "quern.yml", place)
    write_rows(place / "rows.csv")
    call(quern, "-C", place, "run")


def export(quern, place, model, file, *options):
    call(quern, "-C", place, "export", model, "-o", file, *options)
    return json.loads(pathlib.Path(f"{file}.parity.json").read_text())


def refusal(quern, place, model, file, *options):
    command = [str(quern), "-C", str(place), "export", model, "-o", str(file), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    check(done.returncode != 0, f"{model} must be refused as {file}")
    return done.stderr


def rows_of(quern, place, model, file, *options):
    """The rows to check an export on, with what quern makes of them."""
    lines = pathlib.Path(f"{file}.rows")
    export(quern, place, model, file, *options, "--rows", lines)
    return [json.loads(line) for line in lines.read_text().splitlines()]


def check(is_fine, what):
    if not is_fine:
        sys.exit(what)


def number(value):
    return float(value.replace("Infinity", "inf")) if isinstance(value, str) else float(value)


def difference(found, wanted):
    """0 where both have the same bits (but for zero's sign) or are NaN."""
    if math.isnan(found) and math.isnan(wanted) or found == wanted:
        return 0.0
    return abs(found - wanted) if math.isfinite(found) and math.isfinite(wanted) else math.inf


def bits(value):
    return struct.pack("<d", value)
