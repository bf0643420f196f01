#!/usr/bin/env python3
"""Times the peers that have no C interface in their package, through Python.

Usage: scorer_peer.py FOLDER COLUMNS SCORES
FOLDER is what scorer_models.py made, SCORES holds quern's. Prints one JSON line.
"""

import json
import pathlib
import sys
import time

import numpy

ROUNDS, ROUNDS_SECONDS = 3, 0.5  # at least so many, and as many as fit
SINGLE_ROWS = 200
THREADS = 2
ODD_ROWS_SHARE = 0.01  # peers compare in float32: rows beside a threshold may fall elsewhere


def best_seconds(run):
    seconds = []
    while len(seconds) < ROUNDS or sum(seconds) < ROUNDS_SECONDS:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def times(predict, rows):
    singles = [rows[i:i + 1] for i in range(SINGLE_ROWS)]

    def one_by_one():
        for row in singles:
            predict(row)
    return {"batch": len(rows) / best_seconds(lambda: predict(rows)),
            "row_us": best_seconds(one_by_one) / SINGLE_ROWS * 1e6}


def check_equal(name, wanted, found):
    off = numpy.abs(wanted - found) > 1e-4 * numpy.maximum(1, numpy.abs(wanted))
    if off.mean() > ODD_ROWS_SHARE:
        sys.exit(f"{name} gives other scores for {off.mean():.1%} of the rows")


def time_onedal(folder, rows, mine):
    import daal4py
    import lightgbm
    daal4py.daalinit(THREADS)
    made = daal4py.mb.convert_model(lightgbm.Booster(model_file=folder / "model.txt"))

    def predict(some):
        return made.predict(some).ravel()
    check_equal("oneDAL", mine, predict(rows))
    return times(predict, rows)


def time_catboost(folder, rows):
    import catboost
    model = catboost.CatBoostRegressor().load_model(folder / "CatBoost.model")

    def predict(some):
        return model.predict(some, thread_count=THREADS)
    few = rows.astype(numpy.float32)
    check_equal("CatBoost", numpy.fromfile(folder / "CatBoost.answers"), predict(few))
    return times(predict, few)


def time_ydf(folder, rows):
    import ydf
    ydf.verbose(0)
    model = ydf.load_model(str(folder / "YDF.model"))
    names = [f"x{i}" for i in range(rows.shape[1])]

    def predict(some):
        return model.predict(dict(zip(names, some.T)), num_threads=THREADS)
    few = rows.astype(numpy.float32)
    check_equal("YDF", numpy.fromfile(folder / "YDF.answers"), predict(few))
    return times(predict, few)


def main(folder, columns, scores):
    folder = pathlib.Path(folder)
    rows = numpy.fromfile(folder / "rows.bin").reshape(-1, int(columns))
    found = {}
    for name, run in [("CatBoost", time_catboost), ("YDF", time_ydf)]:
        if (folder / f"{name}.answers").exists():
            found[name] = run(folder, rows)
    if "\ncat_threshold=" not in (folder / "model.txt").read_text():  # its converter refuses them
        found["oneDAL"] = time_onedal(folder, rows, numpy.fromfile(scores))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
