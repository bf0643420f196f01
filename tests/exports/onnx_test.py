#!/usr/bin/env python3
"""Covers onnx.cc, onnx_graph.cc, onnx_expressions.cc and onnx_numbers.cc: ONNX Runtime gives
quern's scores for the ONNX export.

Usage: onnx_test.py QUERN PROJECT
"""

import os
import pathlib
import sys
import tempfile

import shared
from shared import check, difference, number

PYTHON = shared.ROOT / "deps/tests/bin/python"
MODELS = ["fitted", "spend", "forest", "plain", "categories", "stacked"]
WHOLE = {"wide", "small"}
MARGIN = 1e-12


def is_exact(row):
    """NaN is NULL in the graph, and integers are doubles."""
    return all(value != "NaN" and not (name in WHOLE and value is not None and abs(value) > 2**53)
               for name, value in row["inputs"].items())


def feed(session, rows):
    import numpy
    fed = {}
    for info in session.get_inputs():
        name = info.name.removesuffix("_is_null")
        values = [row["inputs"][name] for row in rows]
        if info.type == "tensor(bool)":
            column = numpy.array([value is None for value in values])
        elif info.type == "tensor(string)":
            column = numpy.array([value or "" for value in values], dtype=object)
        else:
            column = numpy.array([float("nan") if value is None else number(value)
                                  for value in values])
        fed[info.name] = column.reshape(-1, 1)
    return fed


def run(quern, project, place, model):
    import onnxruntime
    file = place / f"{model}.onnx"
    rows = shared.rows_of(quern, project, model, file)
    rows = [row for row in rows if not row["failed"] and is_exact(row)]
    check(len(rows) > 150, f"{model}: {len(rows)} rows only")
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [info.name for info in session.get_outputs()]
    found = dict(zip(names, session.run(None, feed(session, rows))))
    worst = 0
    for i, row in enumerate(rows):
        wanted = {"raw_scores": row["raw"], "region": row["region"]}
        wanted["probabilities" if "label" in row else "prediction"] = row["outputs"]
        for name, values in wanted.items():
            for k, value in enumerate(values):
                want, got = number(value), float(found[name][i][k])
                off = difference(got, want) / max(1, abs(want))
                check(off <= MARGIN, f"{model} {name}: {got}, not {want}: {row}")
                worst = max(worst, off)
    print(f"{model}: {len(rows)} rows, largest difference {worst:.3g}")


def main(quern, project):
    if pathlib.Path(sys.prefix) != PYTHON.parent.parent:
        check(PYTHON.exists(), f"onnxruntime is not installed: {shared.FIX}")
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    with tempfile.TemporaryDirectory(prefix="quern-onnx-") as name:
        place = pathlib.Path(name)
        for model in MODELS:
            run(quern, project, place, model)
        said = shared.refusal(quern, project, "numbers", place / "x.onnx")
        check("feature 'cents': ONNX has no form for 'round'" in said, said)
        said = shared.refusal(quern, project, "texts", place / "x.onnx")
        check("input 'born': ONNX has no form for DATE" in said, said)
        said = shared.refusal(quern, project, "leaves", place / "x.onnx")
        check("trees with linear leaves" in said, said)


main(sys.argv[1], pathlib.Path(sys.argv[2]))
