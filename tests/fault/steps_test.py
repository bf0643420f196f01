#!/usr/bin/env python3
"""Kills `quern run` at each of its steps by name, and damages what lies on disk between runs.

Usage: steps_test.py QUERN

After each, `quern run` must finish, and tables and model must equal those of a calm run.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kill_test import Project, write_data  # noqa: E402

STEPS = {"node_begun": 7, "table_built": 4, "table_checked": 4, "publish": 5, "published": 5,
         "journaled": 7, "model_trained": 1, "artifact_write": 1, "file_rename": 1,
         "artifact_written": 1, "model_added": 1, "warehouse_closed": 1}


def kill_at(project, step):
    done = subprocess.run([project.quern, "run"], cwd=project.folder, capture_output=True,
                          text=True, timeout=120, env={**os.environ, "QUERN_KILL_AT": step})
    return done.returncode == -signal.SIGKILL


def truncate(path, size):
    with open(path, "r+b") as file:
        file.truncate(size)


def scribble(path):
    path.chmod(0o644)
    with open(path, "r+b") as file:
        file.seek(0)
        file.write(b"scribbled over " * 1000)


def remove(path):
    path.unlink()


def add_broken_log(path):
    path.with_name(path.name + ".wal").write_bytes(b"\xff" * 5000)


def artifact_of(project):
    return next((project.folder / ".quern" / "artifacts").glob("*.qn"))


DAMAGES = {
    "the warehouse is gone": lambda p: remove(p.folder / ".quern/warehouse.duckdb"),
    "the warehouse is cut": lambda p: truncate(p.folder / ".quern/warehouse.duckdb", 9000),
    "the warehouse is empty": lambda p: truncate(p.folder / ".quern/warehouse.duckdb", 0),
    "the warehouse is scribbled over": lambda p: scribble(p.folder / ".quern/warehouse.duckdb"),
    "the log is broken": lambda p: add_broken_log(p.folder / ".quern/warehouse.duckdb"),
    "the artifact is gone": lambda p: remove(artifact_of(p)),
    "the artifact is scribbled over": lambda p: scribble(artifact_of(p)),
}


def main(quern):
    faults = []
    with tempfile.TemporaryDirectory(prefix="quern-steps-") as place:
        place = pathlib.Path(place)
        calm = Project(quern, place / "calm")
        write_data(calm.folder, 0)
        calm.call("run")
        wanted = calm.state()

        def check(project, what):
            project.call("run")
            if project.state() != wanted:
                faults.append(f"{what}: {project.state()} is not {wanted}")
            if "othing to do" not in project.call("run"):
                faults.append(f"{what}: a finished run found something left to do")

        kills = 0
        for step, times in STEPS.items():
            for nth in range(1, times + 1):
                wild = Project(quern, place / f"{step}{nth}")
                write_data(wild.folder, 0)
                if not kill_at(wild, f"{step}:{nth}"):
                    faults.append(f"{step}:{nth}: the run was not killed")
                    continue
                kills += 1
                check(wild, f"{step}:{nth}")
        for what, damage in DAMAGES.items():
            damage(calm)
            check(calm, what)
    for fault in faults:
        print(fault)
    print(f"{kills} kills at {len(STEPS)} steps, {len(DAMAGES)} damages: {len(faults)} faults")
    return len(faults) > 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
