"""`quern --help`, a `quern run` with nothing to do, and a cold plan over 1,000 generated tables."""

import pathlib
import tempfile

ROUNDS = 15
TABLE_COUNT = 1000


def write_tables(folder):
    """A layered graph of small tables over one source: each reads two of the layer before."""
    (folder / "sources").mkdir(parents=True)
    (folder / "tables").mkdir()
    (folder / "quern.yml").write_text("name: thousand\n")
    (folder / "raw.csv").write_text("id,amount,city\n1,2.5,Bonn\n2,3.5,Kiel\n")
    (folder / "sources" / "raw.yml").write_text("file: raw.csv\n")
    width = 50
    for i in range(TABLE_COUNT):
        left = "raw" if i < width else f"t{i - width}"
        right = "raw" if i < width else f"t{(i - width) // width * width + (i * 7) % width}"
        (folder / "tables" / f"t{i}.sql").write_text(
            "/* ---\nchecks:\n  - id: not_null\n--- */\n"
            f"select a.id, a.amount + {i} as amount, upper(b.city) as city\n"
            f"from {left} as a join {right} as b using (id)\nwhere a.amount is not null\n")


def bench(measure):
    missed = 0
    help_runs, = measure.rounds(ROUNDS, lambda: measure.Weighed([measure.QUERN, "--help"]))
    seconds = measure.median(help_runs)
    missed += measure.report("quern --help", measure.milliseconds(seconds), "-", "30 ms",
                             seconds <= 0.030)
    with measure.project_copy(measure.CENSUS) as project:
        measure.Weighed([measure.QUERN, "run"], cwd=project)
        idle, = measure.rounds(ROUNDS, lambda: measure.Weighed([measure.QUERN, "run"], cwd=project))
    seconds = measure.median(idle)
    missed += measure.report("run, nothing to do", measure.milliseconds(seconds), "-", "100 ms",
                             seconds <= 0.100)

    def cold_plan():
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place) / "thousand"
            write_tables(folder)
            return measure.Weighed([measure.QUERN, "plan"], cwd=folder)

    plans, = measure.rounds(5, cold_plan)
    if "1,001" not in plans[0].output and "1001" not in plans[0].output:
        raise SystemExit(f"the plan does not hold 1,001 nodes:\n{plans[0].output[-300:]}")
    seconds = measure.median(plans)
    missed += measure.report(f"cold plan, {TABLE_COUNT} tables", measure.milliseconds(seconds), "-",
                             "1,000 ms", seconds <= 1.0)
    return missed
