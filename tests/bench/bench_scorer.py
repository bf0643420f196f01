"""Trees, batch and one row: quern beside LightGBM, ONNX Runtime, oneDAL and TL2cgen.

Every model is LightGBM's. quern's scores must equal LightGBM's to the bit, the others' nearly.
LightGBM, TL2cgen and quern are timed through C interfaces, the other two through Python.
"""

import json
import math
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# trees, leaves, columns, categorical columns, rows of the batch
MODELS = [
    (100, 31, 28, 0, 60_000),
    (300, 63, 28, 0, 60_000),
    (300, 63, 28, 8, 60_000),
    (300, 63, 500, 0, 8_000),
    (1000, 127, 28, 0, 20_000),
    (500, 255, 28, 0, 20_000),
]
COMPILED_LEAVES_MAX = 20_000  # beyond, a C compiler takes many minutes
PEERS = ["LightGBM", "ONNX Runtime", "oneDAL", "TL2cgen"]


def run(command):
    done = subprocess.run([str(part) for part in command], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout.splitlines()[-1])  # a compiler's own lines stand above


def measure_model(measure, driver, folder, trees, leaves, columns, categories, rows):
    peer = [measure.PEER_PYTHON, HERE / "scorer_peer.py"]
    run([*peer, "train", folder, trees, leaves, columns, categories, rows])
    compiled, compiled_size = [], None
    if trees * leaves <= COMPILED_LEAVES_MAX and categories == 0:
        compiled_size = run([*peer, "compile", folder])["size_bytes"]
        compiled = [folder / "tl2cgen.so"]
    scores = folder / "scores.bin"
    found = run([driver, folder / "model.txt", folder / "rows.bin", columns, scores, *compiled])
    found.update(run([*peer, "time", folder, scores]))
    found["TL2cgen_size_bytes"] = compiled_size
    return found


def print_row(label, found):
    print(f"  {label}: {found['kernel']}; ready in {found['bind_ms']:.0f} ms")
    for name in ["quern", *PEERS]:
        if name in found:
            print(f"    {name:<14} {found[name]['batch']:>12,.0f} rows/s "
                  f"{found[name]['row_us']:>10.2f} us a row")
    size = f"{found['export_size_bytes'] / 1000:,.0f} kB"
    if found["TL2cgen_size_bytes"]:
        size += f", TL2cgen's {found['TL2cgen_size_bytes'] / 1000:,.0f} kB"
    print(f"    C export       {found['C export']['row_us']:>30.2f} us a row; object {size}")
    print(f"    contributions: quern {found['explain_us']:,.0f} us a row, LightGBM "
          f"{found['LightGBM_explain_us']:,.0f}")


def ratios(found):
    """How many times the best peer: batch, one row."""
    peers = [found[name] for name in PEERS if name in found]
    return (found["quern"]["batch"] / max(peer["batch"] for peer in peers),
            min(peer["row_us"] for peer in peers) / found["quern"]["row_us"])


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def bench(measure):
    subprocess.run(["ninja", "-C", measure.ROOT / "build", "quern_bench_trees"], check=True,
                   stdout=subprocess.DEVNULL)
    driver = measure.ROOT / "build" / "tests" / "quern_bench_trees"
    small, large, single, explained = [], [], [], []
    for trees, leaves, columns, categories, rows in MODELS:
        with tempfile.TemporaryDirectory() as place:
            found = measure_model(measure, driver, pathlib.Path(place), trees, leaves, columns,
                                  categories, rows)
        label = f"{trees} x {leaves} leaves, {columns} columns"
        print_row(label + (f", {categories} categorical" if categories else ""), found)
        batch, row = ratios(found)
        (small if leaves <= 64 else large).append(batch)
        single.append(row)
        if (trees, leaves) == (100, 31):
            export = found
        explained.append(found["LightGBM_explain_us"] / found["explain_us"])
    missed = 0
    for what, values, target in [("batch, up to 64 leaves", small, 4),
                                 ("batch, more leaves", large, 2), ("one row", single, 3),
                                 ("contributions", explained, 5)]:
        missed += measure.report(what, f"{mean(values):.1f} x", "the best, 1 x", f"{target} x",
                                 mean(values) >= target)
    missed += measure.report("C export, a row of 100 x 31",
                             f"{export['C export']['row_us']:.2f} us",
                             f"TL2cgen {export['TL2cgen']['row_us']:.2f} us", "3 us",
                             export["C export"]["row_us"] <= 3)
    missed += measure.report("C export, object", f"{export['export_size_bytes'] / 1000:.0f} kB",
                             f"TL2cgen {export['TL2cgen_size_bytes'] / 1000:.0f} kB", "smaller",
                             export["export_size_bytes"] < export["TL2cgen_size_bytes"])
    return missed
