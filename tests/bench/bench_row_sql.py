"""Fifteen expressions over ten million rows, compiled and in DuckDB, and one row of them.

The program compares its answers with DuckDB's before it times anything; one thread each.
"""

import json
import subprocess

PASSES = 10  # over the program's million rows


def bench(measure):
    build = measure.ROOT / "build"
    subprocess.run(["ninja", "-C", str(build), "quern_row_sql_bench"], check=True,
                   stdout=subprocess.DEVNULL)
    done = measure.Weighed([str(build / "tests" / "quern_row_sql_bench"),
                            "--benchmark_format=json", "--benchmark_min_time=2"], cwd=measure.ROOT)
    found = {one["name"]: one for one in json.loads(done.output)["benchmarks"]}
    for one in found.values():
        if one.get("error_occurred"):
            raise SystemExit(f"{one['name']}: {one['error_message']}")
    mine, peer = (found[name]["cpu_time"] / 1000 * PASSES for name in ("compiled", "duckdb"))
    missed = measure.report("15 expressions, 10 million rows", measure.milliseconds(mine),
                            measure.milliseconds(peer), "DuckDB's", mine <= peer)
    p50_ns = found["one_row"]["p50_ns"]
    missed += measure.report("one row, 2 encodings, p50", f"{p50_ns:,.0f} ns", "-", "1,000 ns",
                             p50_ns <= 1000)
    return missed
