#!/usr/bin/env python3
"""DuckDB -> pandas -> LightGBM: scores the first rows of the bench's table with quern's own trees.

Usage: predict_peer.py WAREHOUSE ARTIFACT COLUMNS ROWS SCORES_OUT
SCORES_OUT receives float64 in the order of the ids. Prints one JSON line: rows a second.
"""

import json
import struct
import sys
import time

import duckdb
import lightgbm
import numpy

DTYPES = {"U8": "u1", "U32": "<u4", "I32": "<i4", "F64": "<f8"}


def read_model(path):
    """The arrays of the trees, by name."""
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    arrays = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name.startswith("model."):
            first, last = (8 + size + at for at in entry["data_offsets"])
            arrays[name.removeprefix("model.")] = numpy.frombuffer(
                data[first:last], DTYPES[entry["dtype"]])
    return arrays


def lightgbm_text(trees, column_count):
    """As LightGBM writes a model of numeric splits."""
    names = [f"x{i}" for i in range(column_count)]
    parts, node, leaf = [], 0, 0
    for number, count in enumerate(trees["tree_nodes"].tolist()):
        at = slice(node, node + count)
        flags = trees["flags"][at]
        fields = {"num_leaves": [count + 1], "num_cat": [0], "split_feature": trees["column"][at],
                  "split_gain": [1] * count, "threshold": trees["threshold"][at],
                  "decision_type": (flags & 3) << 2 | (flags & 4) >> 1,
                  "left_child": trees["left"][at], "right_child": trees["right"][at],
                  "leaf_value": trees["leaf_value"][leaf:leaf + count + 1], "shrinkage": [1]}
        parts.append(f"Tree={number}\n" + "".join(
            f"{name}={' '.join(repr(value) for value in numpy.asarray(values).tolist())}\n"
            for name, values in fields.items()) + "\n\n")
        node, leaf = node + count, leaf + count + 1
    return (f"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
            f"max_feature_idx={column_count - 1}\nobjective=regression\n"
            f"feature_names={' '.join(names)}\n"
            f"feature_infos={' '.join(['[-1e30:1e30]'] * column_count)}\n"
            f"tree_sizes={' '.join(str(len(part)) for part in parts)}\n\n"
            + "".join(parts) + "end of trees\n")


def main(warehouse, artifact, columns, rows, scores_out):
    columns, rows = int(columns), int(rows)
    model = lightgbm.Booster(model_str=lightgbm_text(read_model(artifact), columns),
                             params={"num_threads": 2})
    database = duckdb.connect(warehouse, read_only=True)
    names = ", ".join(f"x{i}" for i in range(columns))
    start = time.perf_counter()
    frame = database.sql(f"select {names} from large where id < {rows} order by id").df()
    scores = model.predict(frame)
    seconds = time.perf_counter() - start
    scores.tofile(scores_out)
    print(json.dumps({"rows_per_s": rows / seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
