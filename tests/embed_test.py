#!/usr/bin/env python3
"""The embedding examples give what `quern score` gives, in every language that is installed.

Usage: embed_test.py QUERN LIBRARY SOURCE_DIR
"""

import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BIRDS = """bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex
39.1,18.7,181,3750,male
46.1,13.2,211,4500,female
46.5,17.9,192,3500,
"""


def call(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **more)
    if done.returncode != 0:
        sys.exit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def wanted(quern, project, place):
    (place / "birds.csv").write_text(BIRDS)
    call(quern, "-C", project, "score", "species", place / "birds.csv", "-o", place / "scores.csv")
    lines = []
    for row in csv.DictReader(open(place / "scores.csv")):
        shares = [row[name] for name in row if name.startswith("probability_")]
        lines.append(" ".join([row["prediction"]] + [f"{float(share):.6f}" for share in shares]))
    return "\n".join(lines) + "\n"


def main(quern, library, source):
    with tempfile.TemporaryDirectory(prefix="quern-embed-") as name:
        place = pathlib.Path(name)
        project, model = place / "penguins", place / "species.qn"
        shutil.copytree(source / "examples/penguins", project,
                        ignore=shutil.ignore_patterns(".quern"))
        call(quern, "-C", project, "run")
        call(quern, "-C", project, "export", "species", "-o", model)
        want = wanted(quern, project, place)
        examples, headers = source / "examples/embed", source / "quern/embed"
        folder = library.parent
        found = {"python": call(sys.executable, examples / "score.py", library, model)}
        call("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{headers}",
             examples / "score.c", f"-L{folder}", f"-Wl,-rpath,{folder}", "-lquern_score", "-o",
             place / "score")
        found["c"] = call(place / "score", model)
        if shutil.which("go"):
            flags = {"CGO_CFLAGS": f"-I{headers}", "GOCACHE": str(place / "go"),
                     "CGO_LDFLAGS": f"-L{folder} -Wl,-rpath,{folder}"}
            found["go"] = call("go", "run", examples / "score.go", model,
                               env={**os.environ, **flags})
        for language, lines in found.items():
            if lines != want:
                sys.exit(f"{language} says:\n{lines}quern score says:\n{want}")
        print(f"{', '.join(found)}: as quern score says\n{want}", end="")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(),
         pathlib.Path(sys.argv[3]).resolve())
