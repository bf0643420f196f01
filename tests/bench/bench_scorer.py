"""Trees, batch and one row: quern beside every other fast scorer of trees.

One model of LightGBM's is scored by quern, LightGBM, ONNX Runtime, oneDAL, lleaves, TL2cgen and
Treelite; XGBoost, CatBoost and YDF score a model of their own kind, of the same size, trained on
the same data (CatBoost and YDF with the categories as numbers). Scores are compared first:
LightGBM's must be equal to the bit, what sums in another order to 1e-9, what computes in float32
to 1e-4. All are timed through C or C++ (a library's own C interface, or the code that it makes of
a model), and where that has a batch of its own through Python too; the better figure counts.
oneDAL is timed through Python only.
"""

import hashlib
import json
import math
import os
import pathlib
import shutil
import subprocess
import tempfile

# trees, leaves, columns, categorical columns, rows of the batch
MODELS = [
    (100, 31, 28, 0, 60_000),
    (100, 31, 28, 8, 60_000),
    (300, 63, 28, 0, 30_000),
    (300, 63, 28, 8, 30_000),
    (300, 63, 500, 0, 8_000),
    (1000, 127, 28, 0, 10_000),
    (1000, 127, 28, 8, 10_000),
    (500, 255, 28, 0, 10_000),
    (500, 255, 500, 0, 4_000),
]
SAME_MODEL = ["LightGBM", "ONNX Runtime", "oneDAL", "lleaves", "TL2cgen", "Treelite"]
OWN_MODEL = ["XGBoost", "CatBoost", "YDF"]
NPM_LIBRARIES = {"ONNX Runtime": "onnxruntime/libonnxruntime.so.1"}
WHEEL_LIBRARIES = {"Treelite": "treelite/lib/libtreelite.so",
                   "XGBoost": "xgboost/lib/libxgboost.so"}


def run(command):
    environment = os.environ | {"OMP_WAIT_POLICY": "passive"}
    done = subprocess.run([str(part) for part in command], text=True, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                         f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])  # a compiler's own lines stand above


def made(measure, spec):
    """The folder of models and libraries: made at the first run, then kept under build/."""
    maker = measure.ROOT / "tests" / "bench" / "scorer_models.py"
    lock = measure.ROOT / "deps" / "peers.txt"
    key = hashlib.sha256(maker.read_bytes() + lock.read_bytes()).hexdigest()[:12]
    kept = measure.ROOT / "build" / "bench" / key / "x".join(map(str, spec))
    if not (kept / "made.json").exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        facts = run([measure.PEER_PYTHON, maker, kept, *spec])
        (kept / "made.json").write_text(json.dumps(facts))
    return kept, json.loads((kept / "made.json").read_text())


def libraries(measure, folder, left_out):
    for path in sorted(folder.glob("*.so")):
        yield f"{path.stem}={path}"
    peers = measure.ROOT / "deps" / "peers"
    paths = {name: next((peers / "lib").glob(f"python3*/site-packages/{path}"))
             for name, path in WHEEL_LIBRARIES.items()}
    paths |= {name: peers / path for name, path in NPM_LIBRARIES.items()}
    yield from (f"{name}={path}" for name, path in paths.items() if name not in left_out)


def measure_model(measure, driver, spec):
    folder, facts = made(measure, spec)
    with tempfile.NamedTemporaryFile() as scores:
        peers = libraries(measure, folder, facts["left_out"])
        found = run([driver, folder, spec[2], scores.name, *peers])
        through_python = run([measure.PEER_PYTHON, measure.ROOT / "tests/bench/scorer_peer.py",
                              folder, spec[2], scores.name])
    for name, times in through_python.items():
        mine = found.setdefault(name, times)
        found[name] = {"batch": max(mine["batch"], times["batch"]),
                       "row_us": min(mine["row_us"], times["row_us"])}
    return found | facts


def print_row(label, found):
    print(f"  {label}: {found['kernel']}; ready in {found['bind_ms']:.0f} ms")
    for name in ["quern", *SAME_MODEL, *OWN_MODEL]:
        if name in found:
            note = "  (its own model)" if name in OWN_MODEL else ""
            print(f"    {name:<14} {found[name]['batch']:>12,.0f} rows/s "
                  f"{found[name]['row_us']:>10.2f} us a row{note}")
        else:
            print(f"    {name:<14} {found['left_out'].get(name, 'refuses categories')}")
    size = f"{found['export_size_bytes'] / 1000:,.0f} kB"
    if "TL2cgen_size_bytes" in found:
        size += f", TL2cgen's {found['TL2cgen_size_bytes'] / 1000:,.0f} kB"
    print(f"    C export       {found['C export']['row_us']:>30.2f} us a row; object {size}")
    theirs = found.get("LightGBM_explain_us")
    print(f"    contributions: quern {found['explain_us']:,.0f} us a row, LightGBM " +
          (f"{theirs:,.0f}" if theirs else "no numbers: its sums are not the score"))


def ratios(found, names):
    """How many times the best of these peers: batch, one row."""
    peers = [found[name] for name in names if name in found]
    return (found["quern"]["batch"] / max(peer["batch"] for peer in peers),
            min(peer["row_us"] for peer in peers) / found["quern"]["row_us"])


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def report_ratios(measure, runs, whose, names):
    """Geometric means over the models, beside their targets."""
    small = [ratios(found, names)[0] for spec, found in runs if spec[1] <= 64]
    large = [ratios(found, names)[0] for spec, found in runs if spec[1] > 64]
    single = [ratios(found, names)[1] for _, found in runs]
    missed = 0
    for what, values, target in [("batch, up to 64 leaves", small, 4),
                                 ("batch, more leaves", large, 2), ("one row", single, 3)]:
        missed += measure.report(what, f"{mean(values):.1f} x", f"the best {whose}",
                                 f"{target} x", mean(values) >= target)
    return missed


# A model of 100 trees of 31 leaves behind 15 expressions, an imputation and two encodings.
PEOPLE = """/* ---
materialize: table
--- */
select
    (hash(i) % 60 + 18)::integer as age,
    case when hash(i * 7) % 10 > 0 then (hash(i * 3) % 100000) / 1.7 end as income,
    (hash(i * 5) % 5000) / 10.0 as debt,
    (hash(i * 11) % 40)::integer as months,
    ['red', 'green', 'blue', 'white'][(hash(i * 13) % 4)::integer + 1] as color,
    ['north', 'south', 'east', 'west'][(hash(i * 17) % 4)::integer + 1] as region,
    date '2020-01-01' + (hash(i * 19) % 1000)::integer as since,
    (hash(i * 23) % 100) / 3.0 as points,
    ln(1 + (hash(i * 3) % 100000)) * (hash(i) % 60) / 20 + (hash(i * 5) % 5000) / 300.0
        + (hash(i * 13) % 4) + (hash(i * 17) % 4) * (hash(i * 11) % 40) / 9.0
        + (hash(i * 23) % 100) * (hash(i * 19) % 365) / 3e3 + (hash(i * 29) % 100) / 25.0 as y
from range(20000) as r(i)
"""
PEOPLE_MODEL = """from: people
target: y
features:
  - age + 0.5 as age
  - ln(1 + debt) as debt_log
  - debt / (months + 1) as rate
  - case when age < 30 then 0 when age < 50 then 1 else 2 end as stage
  - impute(income / 12, with := 'median') as income
  - income > 30000 as is_high
  - months % 12 as month
  - year(since) as year
  - month(since) as started
  - points * points as square
  - sqrt(points + months) as root
  - least(debt, 300) as debt_capped
  - abs(age - 45) as distance
  - one_hot(lower(color)) as color
  - target_encode(upper(region)) as region
algorithm: {gbdt: {num_iterations: 100, num_leaves: 31}}
split: {kind: random, test: 0.1, seed: 7}
"""


def time_program(measure):
    """One row through a whole program: p50 and p99, as each training measures them."""
    with tempfile.TemporaryDirectory() as place:
        project = pathlib.Path(place)
        for file, text in {"quern.yml": "name: row\n", "tables/people.sql": PEOPLE,
                           "models/m.yml": PEOPLE_MODEL}.items():
            (project / file).parent.mkdir(exist_ok=True)
            (project / file).write_text(text)
        measure.Weighed([measure.QUERN, "run"], cwd=project)
        shown = measure.Weighed([measure.QUERN, "show", "m", "--json"], cwd=project)
    facts = json.loads(shown.output)
    missed = 0
    for what, name, limit in [("p50", "row_us", 1.5), ("p99", "p99_us", 4)]:
        missed += measure.report(f"whole program, one row, {what}", f"{facts[name]:.2f} us", "-",
                                 f"{limit} us", facts[name] <= limit)
    return missed


def bench(measure):
    subprocess.run(["ninja", "-C", measure.ROOT / "build", "quern_bench_trees"], check=True,
                   stdout=subprocess.DEVNULL)
    driver = measure.ROOT / "build" / "tests" / "quern_bench_trees"
    runs = []
    for spec in MODELS:
        found = measure_model(measure, driver, spec)
        trees, leaves, columns, categories, _ = spec
        label = f"{trees} x {leaves} leaves, {columns} columns"
        print_row(label + (f", {categories} categorical" if categories else ""), found)
        runs.append((spec, found))
    missed = time_program(measure)
    missed += report_ratios(measure, runs, "of any model", SAME_MODEL + OWN_MODEL)
    missed += report_ratios(measure, runs, "of the same model", SAME_MODEL)
    explained = mean([found["LightGBM_explain_us"] / found["explain_us"] for _, found in runs
                      if "LightGBM_explain_us" in found])
    missed += measure.report("contributions", f"{explained:.1f} x", "LightGBM, 1 x", "5 x",
                             explained >= 5)
    export = runs[0][1]
    missed += measure.report("C export, a row of 100 x 31",
                             f"{export['C export']['row_us']:.2f} us",
                             f"TL2cgen {export['TL2cgen']['row_us']:.2f} us", "3 us",
                             export["C export"]["row_us"] <= 3)
    missed += measure.report("C export, object", f"{export['export_size_bytes'] / 1000:.0f} kB",
                             f"TL2cgen {export['TL2cgen_size_bytes'] / 1000:.0f} kB", "smaller",
                             export["export_size_bytes"] < export["TL2cgen_size_bytes"])
    return missed
