#!/usr/bin/env python3
"""A run on a disk that is too small says so and loses nothing; with room it finishes.

Usage: full_disk_test.py QUERN            (needs root, for a small tmpfs; else it is skipped)
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kill_test import Project, write_data  # noqa: E402

SKIPPED = 77
ROOM_KB = 64 * 1024


def mount(place, size_kb, *options):
    words = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size_kb}k", *options]), "tmpfs", place]
    return subprocess.run(words, capture_output=True).returncode == 0


def main(quern):
    with tempfile.TemporaryDirectory(prefix="quern-full-") as place:
        calm = Project(quern, pathlib.Path(place) / "calm")
        write_data(calm.folder, 1)
        calm.call("run")
        wanted = calm.state()
        disk = pathlib.Path(place) / "disk"
        disk.mkdir()
        if not mount(disk, ROOM_KB):
            print("no tmpfs can be mounted here")
            return SKIPPED
        try:
            return check(quern, disk, wanted)
        finally:
            subprocess.run(["umount", "-l", disk], check=True)


def check(quern, disk, wanted):
    project = Project(quern, disk / "full")
    write_data(project.folder, 0)
    project.call("run")
    before = project.state()
    write_data(project.folder, 1)
    filler = disk / "filler"
    refusals = 0
    # From no room at all to nearly enough.
    for left_kb in (0, 64, 256, 512, 1024, 1536, 2048):
        filler.write_bytes(b"")
        free = os.statvfs(disk)
        filler.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - left_kb * 1024))
        done = subprocess.run([quern, "run", "--json"], cwd=project.folder, capture_output=True,
                              text=True, timeout=120)
        if done.returncode == 0:
            continue
        refusals += 1
        if done.returncode != 2:
            sys.exit(f"{left_kb} kB left: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        code = json.loads(done.stdout)["error"]["code"]
        if code != "resource_exhausted":
            sys.exit(f"{left_kb} kB left: {done.stdout}{done.stderr}")
    filler.unlink()
    if refusals == 0:
        sys.exit("the disk was never full: this test tests nothing")
    half = {name: project.table_hash(name) for name in ("cleaned", "by_city", "joined", "final")}
    for name, found in half.items():
        if found not in (before[name], wanted[name]):
            sys.exit(f"{name} is neither version of itself")
    project.call("run")
    if project.state() != wanted:
        sys.exit(f"with room again: {project.state()} is not {wanted}")
    print(f"{refusals} runs on a full disk: each said so, nothing was lost")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
