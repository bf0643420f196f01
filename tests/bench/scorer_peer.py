#!/usr/bin/env python3
"""Trains the bench's models with LightGBM, and times peers that are reached through Python.

Usage: scorer_peer.py train FOLDER TREES LEAVES COLUMNS CATEGORIES ROWS
       scorer_peer.py compile FOLDER
       scorer_peer.py time FOLDER SCORES
FOLDER holds model.txt, rows.bin and, once compiled, tl2cgen.so. Prints one JSON line.
"""

import json
import pathlib
import subprocess
import sys
import time

import lightgbm
import numpy

ROUNDS = 5
SINGLE_ROWS = 300
TRAINING_ROWS = 20_000
LEVELS = 40  # of a categorical column
ODD_ROWS_SHARE = 0.01  # peers compare in float32: rows beside a threshold may fall elsewhere


def train(folder, tree_count, leaf_count, column_count, category_count, row_count):
    random = numpy.random.default_rng(7)
    rows = random.normal(size=(max(row_count, TRAINING_ROWS), column_count))
    rows = rows.astype(numpy.float32).astype(float)
    rows[:, :category_count] = random.integers(0, LEVELS, size=(len(rows), category_count))
    effects = random.normal(size=(column_count, LEVELS))
    score = rows[:, -1] * rows[:, -2] + numpy.sin(2 * rows[:, -3]) + rows[:, -4:].sum(axis=1) / 2
    for column in range(category_count):
        score += effects[column][rows[:, column].astype(int)]
    score += random.normal(size=len(rows))
    parameters = {"objective": "regression", "num_leaves": leaf_count, "verbose": -1,
                  "num_threads": 2, "min_data_in_leaf": 10, "learning_rate": 0.05}
    data = lightgbm.Dataset(rows[:TRAINING_ROWS], score[:TRAINING_ROWS],
                            categorical_feature=list(range(category_count)))
    lightgbm.train(parameters, data, tree_count).save_model(folder / "model.txt")
    rows[:row_count].tofile(folder / "rows.bin")
    return {}


def compile_library(folder):
    import tl2cgen
    import treelite
    model = treelite.frontend.load_lightgbm_model(folder / "model.txt")
    tl2cgen.export_lib(model, toolchain="gcc", libpath=folder / "tl2cgen.so",
                       params={"parallel_comp": 8})
    return {"size_bytes": code_size_bytes(folder / "tl2cgen.so")}


def code_size_bytes(file):
    """Of code and tables, as `size` tells."""
    sizes = subprocess.run(["size", file], capture_output=True, text=True, check=True).stdout
    return sum(map(int, sizes.splitlines()[1].split()[:2]))


def best_seconds(run):
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def times(predict, rows):
    batch = len(rows) / best_seconds(lambda: predict(rows))
    singles = [rows[i:i + 1] for i in range(SINGLE_ROWS)]

    def one_by_one():
        for row in singles:
            predict(row)
    return {"batch": batch, "row_us": best_seconds(one_by_one) / SINGLE_ROWS * 1e6}


def check_equal(name, mine, theirs):
    off = numpy.abs(mine - theirs) > 1e-4 * numpy.maximum(1, numpy.abs(mine))
    if off.mean() > ODD_ROWS_SHARE:
        sys.exit(f"{name} gives other scores for {off.mean():.1%} of the rows")


def time_onnx_runtime(model, rows, mine):
    import onnxruntime
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType
    graph = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, rows.shape[1]]))],
                             zipmap=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])

    def predict(some):
        return session.run(None, {"x": some})[0].ravel()
    few = rows.astype(numpy.float32)
    check_equal("ONNX Runtime", mine, predict(few))
    return times(predict, few)


def time_onedal(model, rows, mine):
    import daal4py
    daal4py.daalinit(2)
    made = daal4py.mb.convert_model(model)

    def predict(some):
        return made.predict(some).ravel()
    check_equal("oneDAL", mine, predict(rows))
    return times(predict, rows)


def time_peers(folder, scores):
    model = lightgbm.Booster(model_file=folder / "model.txt")
    rows = numpy.fromfile(folder / "rows.bin").reshape(-1, model.num_feature())
    mine = numpy.fromfile(scores)
    has_categories = "\ncat_threshold=" in (folder / "model.txt").read_text()
    found = {"ONNX Runtime": time_onnx_runtime(model, rows, mine)}
    if not has_categories:  # the converter refuses them
        found["oneDAL"] = time_onedal(model, rows, mine)
    return found


def main(command, folder, *rest):
    folder = pathlib.Path(folder)
    if command == "train":
        found = train(folder, *map(int, rest))
    elif command == "compile":
        found = compile_library(folder)
    else:
        found = time_peers(folder, rest[0])
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
