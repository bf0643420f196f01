"""predict() over 10 million rows of SQL, beside the model's kernel alone and beside
DuckDB -> pandas -> LightGBM with the same trees, whose scores must be equal to the bit.

The peer takes a part of the rows, since it would take minutes for all.
"""

import array
import hashlib
import inspect
import json
import pathlib
import shutil
import subprocess
import tempfile

ROWS, PEER_ROWS, TRAINING_ROWS, KERNEL_ROWS = 10_000_000, 300_000, 20_000, 100_000
COLUMNS, TREES, LEAVES = 28, 300, 63
ROUNDS = 3


def write_project(folder):
    """Columns of two decimals below 100, as data often is."""
    columns = ",\n    ".join(f"((hash(i * 31 + {k}) % 10000) / 100.0)::double as x{k}"
                             for k in range(COLUMNS))
    form = "/* ---\nmaterialize: table\n--- */\n"
    (folder / "tables").mkdir()
    (folder / "models").mkdir()
    (folder / "quern.yml").write_text("name: predict\n")
    (folder / "tables" / "large.sql").write_text(
        f"{form}select\n    i as id,\n    {columns}\nfrom range({ROWS}) as r(i)\n")
    (folder / "tables" / "small.sql").write_text(
        f"{form}with numbers as (select\n    i as id,\n    {columns}\n"
        f"from range({2 * ROWS}, {2 * ROWS + TRAINING_ROWS}) as r(i))\n"
        "select *, x27 * x26 / 100 + 10 * sin(x25 / 10) + x24 + x23 / 2 "
        "+ (hash(id) % 1000) / 50.0 as y from numbers\n")
    (folder / "models" / "m.yml").write_text(
        f"from: small\ntarget: y\nfeatures: [{', '.join(f'x{k}' for k in range(COLUMNS))}]\n"
        f"algorithm: {{gbdt: {{num_iterations: {TREES}, num_leaves: {LEAVES}}}}}\n"
        "split: {kind: random, test: 0.05, seed: 7}\n")


def made(measure):
    """The project after its run: made once, then kept under build/."""
    settings = f"{inspect.getsource(write_project)} {ROWS} {TRAINING_ROWS} {TREES} {LEAVES}"
    key = hashlib.sha256(settings.encode()).hexdigest()[:12]
    kept = measure.ROOT / "build" / "bench" / f"predict-{key}"
    if not (kept / "is_made").exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        write_project(kept)
        measure.Weighed([measure.QUERN, "run"], cwd=kept)
        (kept / "is_made").touch()
    return kept


def check_equal(measure, project, scores):
    with tempfile.NamedTemporaryFile(suffix=".csv") as out:
        measure.Weighed([measure.QUERN, "query", "-o", out.name,
                         f"select predict('m', l) as p from large l where id < {PEER_ROWS} "
                         "order by id"], cwd=project)
        mine = [float(line) for line in pathlib.Path(out.name).read_text().split()[1:]]
    theirs = array.array("d")
    theirs.frombytes(pathlib.Path(scores).read_bytes())
    if mine != theirs.tolist():
        raise SystemExit("predict() and LightGBM give other scores")


def bench(measure):
    subprocess.run(["ninja", "-C", measure.ROOT / "build", "quern_bench_batches"], check=True,
                   stdout=subprocess.DEVNULL)
    project = made(measure)
    artifact = next((project / ".quern" / "artifacts").glob("*.qn"))
    driver = str(measure.ROOT / "build" / "tests" / "quern_bench_batches")
    peer = str(pathlib.Path(__file__).with_name("predict_peer.py"))
    with tempfile.NamedTemporaryFile() as scores:
        mine, alone, theirs = measure.rounds(
            ROUNDS,
            lambda: measure.Weighed([measure.QUERN, "query",
                                     "select sum(predict('m', l)) from large l"], cwd=project),
            lambda: measure.Weighed([driver, str(artifact), str(KERNEL_ROWS)]),
            lambda: measure.Weighed([measure.PEER_PYTHON, peer,
                                     str(project / ".quern" / "warehouse.duckdb"), str(artifact),
                                     str(COLUMNS), str(PEER_ROWS), scores.name]))
        check_equal(measure, project, scores.name)
    rate = ROWS / min(run.seconds for run in mine)
    kernel, kernel_processor, program = (
        max(json.loads(run.output)[name] for run in alone)
        for name in ("kernel", "kernel_processor", "program"))
    share = ROWS / min(run.processor_seconds for run in mine) / kernel_processor
    peer_rate = max(json.loads(run.output)["rows_per_s"] for run in theirs)
    print(f"  equal answers: {PEER_ROWS:,} scores, to the bit; the program on columns in memory: "
          f"{program:,.0f} rows/s")
    print(f"  of processor time, which other jobs do not stretch: {share:.0%} of the kernel's rate")
    missed = measure.report("predict() in SQL", f"{rate:,.0f}/s", f"kernel {kernel:,.0f}/s",
                            "85 % of the kernel", rate >= 0.85 * kernel)
    missed += measure.report("predict() in SQL", f"{rate:,.0f}/s", f"pandas {peer_rate:,.0f}/s",
                             "10 x", rate >= 10 * peer_rate)
    return missed
