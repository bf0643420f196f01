#!/usr/bin/env python3
"""Models of the exports' project have the same scores in every way. Usage: ways_test.py QUERN
PROJECT
"""

import pathlib
import shutil
import sys
import tempfile

import shared

sys.path.insert(0, str(shared.ROOT / "tests" / "projects"))
import runner
import ways

MODELS = ["numbers", "texts", "fitted", "forest", "categories"]


def main(quern, project):
    library = pathlib.Path(quern).resolve().parent / "libquern_score.so"
    with tempfile.TemporaryDirectory(prefix="quern-ways-") as name:
        folder = pathlib.Path(name) / "project"
        shutil.copytree(project, folder)
        script = runner.Script(str(pathlib.Path(quern).resolve()), shared.HERE / "ways_test.py")
        script.folder = folder
        try:
            for model in MODELS:
                fault = ways.check(script, model, library, "")
                shared.check(not fault, f"{model}: {fault}")
        finally:
            script.stop_service()


main(sys.argv[1], pathlib.Path(sys.argv[2]))
