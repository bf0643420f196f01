#!/usr/bin/env python3
"""Covers wasm.cc and wasm_page.cc: the page of a WebAssembly export scores every row in a headless
Chromium as quern does.

Usage: wasm_test.py QUERN PROJECT
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import shared
from shared import call, check

MODELS = ["texts", "fitted", "categories", "stacked", "leaves"]
FOUND = re.compile(r"(\d+) rows checked, (\d+) differ, largest difference ([-+.e\d]+)")


def open_page(place, file):
    # Root has no sandbox; the page is ours.
    dom = call("chromium", "--headless", "--no-sandbox", "--disable-gpu",
               f"--user-data-dir={place}/profile", "--virtual-time-budget=10000", "--dump-dom",
               f"file://{file}")
    shown = FOUND.search(dom)
    check(shown, f"{file.name} did not check its rows: {dom[-1500:]}")
    output = re.search(r"<output>([^<]*)", dom)
    return int(shown[1]), int(shown[2]), float(shown[3]), output[1]


def main(quern, project):
    with tempfile.TemporaryDirectory(prefix="quern-wasm-", ignore_cleanup_errors=True) as name:
        place = pathlib.Path(name)
        for model in MODELS:
            shared.export(quern, project, model, place / f"{model}.wasm")
            count, off, most, output = open_page(place, place / f"{model}.html")
            check(count > 300 and off == 0 and most <= 1e-13,
                  f"{model}: {off} of {count} rows differ, by at most {most}")
            check("%" in output or "income: " in output,
                  f"{model}: no score is shown: '{output}'")
        said = shared.refusal(quern, project, "numbers", place / "x.wasm")
        check("128 bits" in said, said)
        bare = subprocess.run([quern, "-C", project, "export", "plain", "-o", place / "x.wasm"],
                              env={**os.environ, "PATH": "/nonexistent"}, capture_output=True,
                              text=True, timeout=60)
        check(bare.returncode != 0 and "clang" in bare.stderr, f"without clang: {bare.stderr}")


main(sys.argv[1], pathlib.Path(sys.argv[2]))
