#!/usr/bin/env python3
"""The C export compiles without a warning and gives quern's bits, here and on emulated ARM of 64
and of 32 bits.

Covers c.cc, apps/cli/export_check.cc and export_loss.cc. Usage: c_test.py QUERN PROJECT
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import shared
from shared import call, check

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
MODELS = ["numbers", "texts", "fitted", "spend", "forest", "plain", "categories", "stacked",
          "kinds", "leaves"]
ON_ARM = ["numbers", "texts", "categories", "leaves"]
# Scores are equal to the bit; the exp() of the link may be off by its last bit in another libm.
ARM_64 = ("aarch64-linux-gnu-gcc", "qemu-aarch64", 0)
ARM_32 = ("arm-linux-gnueabihf-gcc", "qemu-arm", 1e-15)
NEEDS_64 = "numbers"  # its features have integers of 128 bits


def run_check(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=60)
    return json.loads(done.stdout)


def main(quern, project):
    with tempfile.TemporaryDirectory(prefix="quern-c-") as name:
        place = pathlib.Path(name)
        for model in MODELS:
            report = shared.export(quern, project, model, place / f"{model}.c")
            found = report["check"]
            check(found["rows"] > 300, f"{model}: few rows: {report}")
            check(found["different"] == 0, f"{model}: other answers: {report}")
            check(found["object_size_bytes"] > 0 and 0 < found["stack_size_bytes"] < 20_000,
                  f"{model}: {report}")
            source = place / f"{model}_check.c"
            for level in ["-O1"]:
                call("gcc", *STRICT, level, "-fsanitize=undefined", "-fno-sanitize-recover",
                     "-o", place / "check", source, "-lm")
                found = run_check(place / "check")
                check(found["different"] + found["different_raw"] == 0, f"{model} {level}: {found}")
            if model not in ON_ARM:
                continue
            for compiler, emulator, margin in [ARM_64] if model == NEEDS_64 else [ARM_64, ARM_32]:
                call(compiler, *STRICT, "-O2", "-static", "-o", place / "arm", source, "-lm")
                found = run_check(emulator, place / "arm")
                check(found["rows"] > 300 and found["different_raw"] == 0 and
                      found["largest_difference"] <= margin, f"{model} by {emulator}: {found}")
        refused = subprocess.run([ARM_32[0], "-std=c99", "-c", place / f"{NEEDS_64}.c", "-o",
                                  place / "n.o"], capture_output=True, text=True)
        check("use a 64-bit target" in refused.stderr, f"not refused: {refused.stderr}")
        plain = shared.export(quern, project, "categories", place / "s.c")
        small = shared.export(quern, project, "categories", place / "s.c", "--quantize", "--prune",
                              "0.01")
        loss = small["loss"]
        check(small["check"]["different"] == 0 and loss["rows"] == 600 and
              loss["rows_of"] == "rows" and 0 < loss["largest"] < 0.05 and
              small["check"]["object_size_bytes"] < plain["check"]["object_size_bytes"], str(small))
        undefined = call("gcc", "-std=c99", "-O2", "-c", place / "numbers.c", "-o", place / "n.o")
        undefined = call("nm", "-u", place / "n.o")
        check("alloc" not in undefined, f"it allocates: {undefined}")
        said = shared.refusal(quern, project, "regex", place / "regex.c")
        for words in ["'fits'", "regexp_matches", "without a library", "tables/"]:
            check(words in said, f"no '{words}' in: {said}")


main(sys.argv[1], pathlib.Path(sys.argv[2]))
