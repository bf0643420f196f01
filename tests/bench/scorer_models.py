#!/usr/bin/env python3
"""Makes what the scorer's bench measures: rows, a LightGBM model, the peers' own models of the
same size on the same data, and the libraries that are compiled of them.

Usage: scorer_models.py FOLDER TREES LEAVES COLUMNS CATEGORIES ROWS
FOLDER then holds rows.bin, model.txt and, of each peer NAME, some of NAME.so, NAME.model and
NAME.answers (what its own Python package gives, as float64). Prints one JSON line: sizes, and why
a peer is left out. A folder of the bench is made once and kept.
"""

import json
import math
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import lightgbm  # noqa: E402
import numpy  # noqa: E402

TRAINING_ROWS = 20_000
# Models of many columns are trained on fewer rows, and on a share of the columns by the peers.
COLUMNS_WIDE, TRAINING_ROWS_WIDE, COLUMNS_SHARE_WIDE = 100, 4_000, 0.1
LEVELS = 40  # of a categorical column
COMPILED_LEAVES_MAX = 20_000  # beyond, compilers take many minutes
INLINED_LEAVES_MAX = 4_000  # beyond, so does lleaves with its trees inlined
YDF_COLUMNS_MAX = 200  # beyond, its C++ has no room for their numbers


def columns_share(spec):
    return 1.0 if spec["columns"] < COLUMNS_WIDE else COLUMNS_SHARE_WIDE


def make_rows(column_count, category_count, row_count):
    random = numpy.random.default_rng(7)
    rows = random.normal(size=(max(row_count, TRAINING_ROWS), column_count))
    rows = rows.astype(numpy.float32).astype(float)  # some peers know float32 only
    rows[:, :category_count] = random.integers(0, LEVELS, size=(len(rows), category_count))
    effects = random.normal(size=(column_count, LEVELS))
    score = rows[:, -1] * rows[:, -2] + numpy.sin(2 * rows[:, -3]) + rows[:, -4:].sum(axis=1) / 2
    for column in range(category_count):
        score += effects[column][rows[:, column].astype(int)]
    return rows, score + random.normal(size=len(rows))


def code_size_bytes(file):
    """Of code and tables, as `size` tells."""
    sizes = subprocess.run(["size", file], capture_output=True, text=True, check=True).stdout
    return sum(map(int, sizes.splitlines()[1].split()[:2]))


def compile_glue(library, source, *objects):
    """Beside what a peer gives: void score_rows(const double*, size_t count, double* out)."""
    file = library.with_suffix(".cc")
    file.write_text("#include <cstddef>\n" + source)
    subprocess.run(["g++", "-std=c++17", "-O2", "-w", "-shared", "-fPIC", file, *objects, "-o",
                    library], check=True)


def make_lightgbm(folder, rows, score, spec):
    parameters = {"objective": "regression", "num_leaves": spec["leaves"], "verbose": -1,
                  "num_threads": 1, "min_data_in_leaf": 10, "learning_rate": 0.05}
    data = lightgbm.Dataset(rows, score, categorical_feature=list(range(spec["categories"])))
    lightgbm.train(parameters, data, spec["trees"]).save_model(folder / "model.txt")


def make_tl2cgen(folder, rows, score, spec):
    import tl2cgen
    import treelite
    model = treelite.frontend.load_lightgbm_model(folder / "model.txt")
    library = folder / "TL2cgen.so"
    tl2cgen.export_lib(model, toolchain="gcc", libpath=library, params={"parallel_comp": 8})
    return code_size_bytes(library)


def make_onnx(folder, rows, score, spec):
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType
    model = lightgbm.Booster(model_file=folder / "model.txt")
    kinds = [("x", FloatTensorType([None, rows.shape[1]]))]
    graph = convert_lightgbm(model, initial_types=kinds, zipmap=False)
    (folder / "ONNX Runtime.model").write_bytes(graph.SerializeToString())


def make_lleaves(folder, rows, score, spec):
    import lleaves
    made = folder / "lleaves.o"
    lleaves.Model(model_file=folder / "model.txt").compile(
        cache=made, finline=spec["trees"] * spec["leaves"] <= INLINED_LEAVES_MAX)
    compile_glue(folder / "lleaves.so", f"""
extern "C" void forest_root(const double* rows, double* out, int first, int last);
extern "C" void score_rows(const double* rows, size_t count, double* out) {{
    forest_root(rows, out, 0, (int)count);
}}
""", made)


def make_xgboost(folder, rows, score, spec):
    import xgboost
    kinds = ["c" if i < spec["categories"] else "q" for i in range(rows.shape[1])]
    data = xgboost.DMatrix(rows, score, feature_types=kinds, enable_categorical=True)
    model = xgboost.train({"tree_method": "hist", "grow_policy": "lossguide", "max_depth": 0,
                           "max_leaves": spec["leaves"], "nthread": 1, "max_bin": 64,
                           "colsample_bynode": columns_share(spec), "learning_rate": 0.05},
                          data, spec["trees"])
    model.save_model(folder / "XGBoost.ubj")
    return lambda some: model.inplace_predict(some, predict_type="margin")


def make_catboost(folder, rows, score, spec):
    """Trees of its own kind, whose splits of one depth are equal: the next power of two leaves."""
    import catboost
    model = catboost.CatBoostRegressor(
        iterations=spec["trees"], depth=math.ceil(math.log2(spec["leaves"])), verbose=False,
        thread_count=1, allow_writing_files=False, rsm=columns_share(spec),
        learning_rate=0.05).fit(rows, score)
    model.save_model(folder / "CatBoost.model")
    model.save_model(folder / "catboost.h", format="cpp")
    compile_glue(folder / "CatBoost.so", f"""
#include "{folder}/catboost.h"
extern "C" void score_rows(const double* rows, size_t count, double* out) {{
    std::vector<float> row({rows.shape[1]});
    for (size_t i = 0; i < count; ++i, rows += row.size()) {{
        row.assign(rows, rows + row.size());
        out[i] = ApplyCatboostModel(row);
    }}
}}
""")
    return model.predict


def compile_ydf(folder, model, column_count):
    made = model.to_standalone_cc(name="peer", algorithm="ROUTING")
    (folder / "ydf.h").write_text(made if isinstance(made, str) else "".join(made.values()))
    compile_glue(folder / "YDF.so", f"""
#include "{folder}/ydf.h"
extern "C" void score_rows(const double* rows, size_t count, double* out) {{
    peer::Instance row;  // one float a column
    static_assert(sizeof(row) == {column_count} * sizeof(float));
    for (size_t i = 0; i < count; ++i, rows += {column_count}) {{
        for (size_t c = 0; c < {column_count}; ++c) ((float*)&row)[c] = (float)rows[c];
        out[i] = peer::Predict(row);
    }}
}}
""")


def make_ydf(folder, rows, score, spec):
    import ydf
    ydf.verbose(0)
    columns = {f"x{i}": rows[:, i].astype(numpy.float32) for i in range(rows.shape[1])}
    model = ydf.GradientBoostedTreesLearner(
        label="y", task=ydf.Task.REGRESSION, num_trees=spec["trees"], num_threads=1,
        growing_strategy="BEST_FIRST_GLOBAL", max_num_nodes=spec["leaves"], max_depth=-1,
        num_candidate_attributes_ratio=columns_share(spec), early_stopping="NONE",
        validation_ratio=0.0, shrinkage=0.05).train(columns | {"y": score})
    model.save(str(folder / "YDF.model"))
    if rows.shape[1] <= YDF_COLUMNS_MAX:
        compile_ydf(folder, model, rows.shape[1])
    return lambda some: model.predict({f"x{i}": some[:, i].astype(numpy.float32)
                                       for i in range(some.shape[1])})


MAKERS = {"LightGBM": make_lightgbm, "ONNX Runtime": make_onnx, "TL2cgen": make_tl2cgen,
          "lleaves": make_lleaves, "XGBoost": make_xgboost, "CatBoost": make_catboost,
          "YDF": make_ydf}


def why_not(name, spec):
    """Why a peer has no part in a model, or nothing."""
    if name in ("TL2cgen", "lleaves") and spec["trees"] * spec["leaves"] > COMPILED_LEAVES_MAX:
        return f"compiling more than {COMPILED_LEAVES_MAX:,} leaves takes too long"
    return ""


def main(folder, *numbers):
    folder = pathlib.Path(folder)
    spec = dict(zip(["trees", "leaves", "columns", "categories", "rows"], map(int, numbers)))
    rows, score = make_rows(spec["columns"], spec["categories"], spec["rows"])
    asked = rows[:spec["rows"]]
    asked.tofile(folder / "rows.bin")
    made = {"left_out": {}}
    taught = TRAINING_ROWS if spec["columns"] < COLUMNS_WIDE else TRAINING_ROWS_WIDE
    for name, make in MAKERS.items():
        reason = why_not(name, spec)
        if reason:
            made["left_out"][name] = reason
            continue
        try:
            predict = make(folder, rows[:taught], score[:taught], spec)
        except Exception as error:  # a peer's own limit ends its part, not the bench
            if name == "LightGBM":
                raise
            made["left_out"][name] = f"fails: {str(error).splitlines()[0][:80]}"
            (folder / f"{name}.so").unlink(missing_ok=True)
            continue
        if callable(predict):
            numpy.asarray(predict(asked), dtype=float).ravel().tofile(folder / f"{name}.answers")
        elif predict is not None:
            made[f"{name}_size_bytes"] = predict
    print(json.dumps(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
