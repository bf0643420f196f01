#!/usr/bin/env python3
"""Makes the models of other programs that the tests import, and the scores they give there.

Usage: make.py [PREFIX]    with lightgbm, xgboost, scikit-learn, skl2onnx, onnxmltools, onnxruntime,
                           joblib and pandas; PREFIX: only what begins with it

Beside a model NAME.* lies NAME.csv: rows, then the columns raw_0... (raw scores, if there are any)
and want_0... (outputs). Rows hold the model's own thresholds, their neighbours as floats and as
doubles, and values that no training saw.
"""

import math
import pathlib
import pickle
import re
import sys
import warnings

import numpy as np
import pandas as pd

FOLDER = pathlib.Path(__file__).parent
ROW_COUNT = 48
warnings.filterwarnings("ignore")


def text(value):
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def write_rows(name, frame, want, raw=None):
    table = frame.copy()
    for kind, scores in (("raw", raw), ("want", want)):
        if scores is None:
            continue
        scores = np.asarray(scores)
        scores = scores.reshape(len(frame), -1).astype(np.float64)
        for i in range(scores.shape[1]):
            table[f"{kind}_{i}"] = scores[:, i]
    lines = [",".join(map(str, table.columns))]
    for row in table.astype(object).itertuples(index=False):
        lines.append(",".join(text(value) for value in row))
    (FOLDER / f"{name}.csv").write_text("\n".join(lines) + "\n")


def near(thresholds):
    """Values at which a comparison of floats or doubles turns."""
    values = []
    for t in thresholds:
        f = np.float32(t)
        for n in (np.nextafter(f, np.float32(-np.inf)), f, np.nextafter(f, np.float32(np.inf))):
            values.append(float(n))
            for m in (np.nextafter(f, np.float32(-np.inf)), np.nextafter(f, np.float32(np.inf))):
                middle = (float(n) + float(m)) / 2
                values += [middle, np.nextafter(middle, -np.inf), np.nextafter(middle, np.inf)]
        values += [float(t), np.nextafter(t, -np.inf), np.nextafter(t, np.inf)]
    return values


def hostile(columns, thresholds, missing=True, infinite=False, seed=7):
    """columns: name -> None for a number, or the categories to draw from."""
    rng = np.random.default_rng(seed)
    odd = [0.0, -0.0, 1e-36, -1e-36, 9007199254740993.0, 16777217.0, -3.5]
    if missing:
        odd += [math.nan] * 3
    if infinite:
        odd += [math.inf, -math.inf, 1e300]
    turns = near(sorted(set(thresholds)))
    rows = {}
    for name, categories in columns.items():
        if categories is not None:
            rows[name] = [categories[i] for i in rng.integers(0, len(categories), ROW_COUNT)]
            continue
        values = []
        for _ in range(ROW_COUNT):
            kind = rng.integers(0, 5)
            pool = odd if kind == 0 else turns if kind < 4 and turns else None
            values.append(float(rng.normal()) if pool is None else
                          float(pool[rng.integers(0, len(pool))]))
        rows[name] = values
    return pd.DataFrame(rows)


def lesson(count=400, features=4, seed=1, missing=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features)).round(3)
    y = x[:, 0] + np.sin(3 * x[:, 1]) - 0.5 * x[:, 2] + 0.3 * rng.normal(size=count)
    if missing:
        x[rng.random(x.shape) < 0.1] = np.nan
    return x, y


def with_category(values, seed=3, count=400):
    x, y = lesson(count=count)
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(values), count)
    y = y + np.array([math.sin(4 * i) for i in range(len(values))])[places]
    frame = pd.DataFrame(x[:, :3], columns=["a", "b", "c"])
    frame["kind"] = pd.Categorical([values[i] for i in places], categories=values)
    return frame, y


# LightGBM


def lightgbm_models():
    import lightgbm as lgb

    def thresholds(booster):
        found = []
        for line in booster.model_to_string().splitlines():
            if line.startswith("threshold="):
                found += [float(t) for t in line[10:].split()]
        return found

    def save(name, booster, rows):
        (FOLDER / f"{name}.txt").write_text(booster.model_to_string())
        # Raw scores of a forest are sums, not means.
        raw = None if "forest" in name else booster.predict(rows, raw_score=True)
        write_rows(name, rows, booster.predict(rows), raw)

    quiet = {"verbose": -1, "num_leaves": 7, "min_data_per_group": 5, "cat_smooth": 1}
    frame, y = with_category(["red", "green", "blue", "deep sea", "sand"])
    booster = lgb.train({**quiet, "objective": "binary"}, lgb.Dataset(frame, y > 0), 8)
    rows = hostile({"a": None, "b": None, "c": None,
                    "kind": ["red", "green", "blue", "sand", "never seen", None]},
                   thresholds(booster), infinite=True)
    scored = rows.copy()
    scored["kind"] = pd.Categorical(rows["kind"], categories=frame["kind"].cat.categories)
    (FOLDER / "lightgbm_binary.txt").write_text(booster.model_to_string())
    write_rows("lightgbm_binary", rows, booster.predict(scored),
               booster.predict(scored, raw_score=True))

    x, y = lesson()
    x[:, 3] = np.abs(np.nan_to_num(x[:, 3]) * 20).astype(int)
    classes = np.digitize(y, [-0.5, 0.7])
    data = lgb.Dataset(x, classes, categorical_feature=[3])
    booster = lgb.train({**quiet, "objective": "multiclass", "num_class": 3}, data, 4)
    rows = hostile({"Column_0": None, "Column_1": None, "Column_2": None,
                    "Column_3": [0.0, 1.0, 5.0, 13.0, 31.0, 77.0, -1.0, math.nan, 1e10]},
                   thresholds(booster))
    save("lightgbm_multiclass", booster, rows)

    booster = lgb.train({**quiet, "objective": "multiclassova", "num_class": 3, "sigmoid": 1.5},
                        data, 4)
    save("lightgbm_one_by_one", booster, rows)

    x, y = lesson()
    columns = {f"Column_{i}": None for i in range(4)}
    booster = lgb.train({**quiet, "objective": "poisson"}, lgb.Dataset(x, np.exp(y / 3)), 6)
    save("lightgbm_poisson", booster, hostile(columns, thresholds(booster)))
    booster = lgb.train({**quiet, "objective": "regression", "linear_tree": True},
                        lgb.Dataset(x, y), 5)
    save("lightgbm_linear", booster, hostile(columns, thresholds(booster)))
    booster = lgb.train({**quiet, "objective": "regression", "boosting": "rf",
                         "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.7},
                        lgb.Dataset(x, y), 6)
    save("lightgbm_forest", booster, hostile(columns, thresholds(booster)))


# XGBoost


def xgboost_models():
    import json

    import xgboost as xgb

    def thresholds(booster):
        found = []
        whole = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]
        for tree in whole.get("gbtree", whole)["model"].get("trees", []):
            found += [float(np.float32(c)) for c in tree["split_conditions"]]
        return found

    def save(name, ending, params, x, y, rounds, columns, scored=lambda rows: rows, **data):
        if params.get("booster") != "gblinear":
            params = {"max_depth": 3, "max_cat_to_onehot": 2, **params}
        booster = xgb.train({"seed": 1, "nthread": 1, **params},
                            xgb.DMatrix(x, y, **data), rounds)
        booster.save_model(FOLDER / f"{name}.{ending}")
        rows = hostile(columns, thresholds(booster))
        matrix = xgb.DMatrix(scored(rows), **data)
        want = booster.predict(matrix)
        if params["objective"] == "binary:logistic":
            want = np.stack([np.float32(1) - want, want], axis=1)
        if data:
            rows["kind"] = [kind if isinstance(kind, str) or pd.isna(kind) else str(int(kind))
                            for kind in rows["kind"]]
        write_rows(name, rows, want, booster.predict(matrix, output_margin=True))

    x, y = lesson()
    columns = {f"x{i}": None for i in range(4)}
    frame = pd.DataFrame(x, columns=list(columns))
    save("xgboost_binary", "json", {"objective": "binary:logistic"}, frame, y > 0, 6, columns)
    save("xgboost_softprob", "ubj", {"objective": "multi:softprob", "num_class": 3,
                                     "base_score": 0.25}, x,
         np.digitize(y, [-0.5, 0.7]), 3, columns,
         scored=lambda rows: rows.to_numpy())
    save("xgboost_dart", "json", {"objective": "reg:squarederror", "booster": "dart",
                                  "rate_drop": 0.5, "one_drop": 1, "num_parallel_tree": 2},
         frame, y, 5, columns)
    save("xgboost_gamma", "ubj", {"objective": "reg:gamma"}, frame, np.exp(y / 3), 6, columns)
    linear = {"booster": "gblinear", "eta": 0.4}
    save("xgboost_linear", "json", {**linear, "objective": "binary:logistic"}, frame, y > 0, 6,
         columns)
    save("xgboost_linear_classes", "ubj", {**linear, "objective": "multi:softprob",
                                           "num_class": 3}, x,
         np.digitize(y, [-0.5, 0.7]), 6, columns, scored=lambda rows: rows.to_numpy())
    for name, kinds in (("xgboost_names", ["red", "green", "blue", "sea"]),
                        ("xgboost_integers", [3, 5, 8, 13])):
        frame, y = with_category(kinds)
        save(name, "json", {"objective": "reg:absoluteerror"}, frame, y, 5,
             {"a": None, "b": None, "c": None, "kind": kinds + [None]},
             scored=lambda rows, kinds=kinds: rows.assign(
                 kind=pd.Categorical(rows["kind"], categories=kinds)),
             enable_categorical=True)


# scikit-learn


def sklearn_thresholds(model):
    found = []
    for member in np.ravel(getattr(model, "estimators_", [model])):
        if hasattr(member, "tree_"):
            found += [t for t in member.tree_.threshold if t != -2]
    for round_ in getattr(model, "_predictors", []):
        for predictor in round_:
            found += list(predictor.nodes["num_threshold"])
    return [t for t in found if math.isfinite(t)]


def sklearn_models():
    import joblib
    from sklearn import ensemble, impute, linear_model, pipeline, preprocessing, tree

    def save(name, model, rows, dump=None, raw=None):
        path = FOLDER / f"sklearn_{name}.pkl"
        if dump is None:
            path.write_bytes(pickle.dumps(model, protocol=4))
        else:
            dump(model, path)
        want = model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)
        write_rows(f"sklearn_{name}", rows, want, raw and raw(rows))

    def frame_of(x):
        return pd.DataFrame(x, columns=list("abcd"))

    def rows_for(model, missing, columns="abcd"):
        return hostile({name: None for name in columns}, sklearn_thresholds(model), missing)

    x, y = lesson(missing=False)
    classes = np.array(["low", "middle", "high"])[np.digitize(y, [-0.5, 0.7])]
    holes = np.where(np.random.default_rng(5).random(x.shape) < 0.1, np.nan, x)

    def fit(name, model, x, y, missing, **how):
        model.fit(frame_of(x), y)
        save(name, model, rows_for(model, missing), **how)

    small = {"max_leaf_nodes": 8, "random_state": 1}
    fit("tree", tree.DecisionTreeRegressor(**small), holes, y, True)
    fit("forest", ensemble.RandomForestClassifier(4, **small), holes, classes, True)
    fit("extra", ensemble.ExtraTreesRegressor(4, **small), x, y, False,
        dump=lambda model, path: joblib.dump(model, path))
    fit("boosting", ensemble.GradientBoostingClassifier(
        n_estimators=5, max_leaf_nodes=6, random_state=1), x, y > 0, False,
        dump=lambda model, path: joblib.dump(model, path, compress=3))
    fit("boosting_classes", ensemble.GradientBoostingClassifier(
        n_estimators=3, max_leaf_nodes=6, random_state=1), x, classes, False)
    fit("boosting_huber", ensemble.GradientBoostingRegressor(
        loss="huber", n_estimators=6, max_leaf_nodes=6, random_state=1), x, y, False)
    fit("histogram", ensemble.HistGradientBoostingClassifier(
        max_iter=6, max_leaf_nodes=7, early_stopping=False), holes, y > 0, True,
        dump=lambda model, path: path.write_bytes(pickle.dumps(model, protocol=5)))
    fit("histogram_poisson", ensemble.HistGradientBoostingRegressor(
        loss="poisson", max_iter=5, max_leaf_nodes=6, early_stopping=False),
        holes, np.exp(y / 3), True)
    frame, target = with_category(["red", "green", "blue", "deep sea"])
    model = ensemble.HistGradientBoostingRegressor(
        categorical_features="from_dtype", max_iter=6, max_leaf_nodes=6, early_stopping=False)
    model.fit(frame[["a", "kind", "b", "c"]], target)
    rows = hostile({"a": None, "kind": ["red", "green", "blue", "deep sea", "new", None], "b": None,
                    "c": None}, sklearn_thresholds(model))
    rows["kind"] = rows["kind"].astype("category")
    path = FOLDER / "sklearn_histogram_names.pkl"
    path.write_bytes(pickle.dumps(model, protocol=4))
    write_rows("sklearn_histogram_names", rows.assign(kind=rows["kind"].astype(object)),
               model.predict(rows))

    near_rows = {"missing": False}
    fit("linear", linear_model.LinearRegression(), x, y, **near_rows)
    fit("logistic", linear_model.LogisticRegression(), x, y > 0, **near_rows)
    fit("logistic_classes", pipeline.make_pipeline(
        impute.SimpleImputer(), preprocessing.StandardScaler(), linear_model.LogisticRegression()),
        holes, classes, True)
    fit("poisson", linear_model.PoissonRegressor(), x, np.exp(y / 3), **near_rows)


# ONNX, scored by ONNX Runtime


def onnx_models():
    import lightgbm
    import onnxmltools
    import onnxruntime
    import skl2onnx
    import xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn import ensemble, impute, linear_model, pipeline, preprocessing

    def save(name, graph, thresholds, missing):
        (FOLDER / f"onnx_{name}.onnx").write_bytes(graph.SerializeToString())
        rows = hostile({f"x{i}": None for i in range(4)}, thresholds, missing)
        session = onnxruntime.InferenceSession(graph.SerializeToString())
        scores = session.run(None, {session.get_inputs()[0].name: rows.to_numpy(np.float32)})[-1]
        if isinstance(scores, list):
            scores = [list(row.values()) for row in scores]
        write_rows(f"onnx_{name}", rows, scores)

    x, y = lesson(missing=False)
    classes = np.array(["low", "middle", "high"])[np.digitize(y, [-0.5, 0.7])]
    single = [("x", FloatTensorType([None, 4]))]

    def convert(model):
        return skl2onnx.convert_sklearn(model, initial_types=single, target_opset=15)

    small = {"max_leaf_nodes": 8, "random_state": 1}
    for name, model, target in (
            ("forest", ensemble.RandomForestClassifier(4, **small), classes),
            ("boosting", ensemble.GradientBoostingClassifier(
                n_estimators=5, max_leaf_nodes=6, random_state=1), y > 0),
            ("regressor", ensemble.RandomForestRegressor(4, **small), y)):
        model.fit(x, target)
        save(name, convert(model), sklearn_thresholds(model), False)
    model = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(),
                                   linear_model.LogisticRegression())
    model.fit(x, classes)
    save("logistic", convert(model), [], True)
    model = linear_model.LogisticRegression().fit(x, y > 0)
    save("logistic_two", convert(model), [], False)
    model = linear_model.Ridge().fit(x, y)
    save("ridge", convert(model), [], False)
    kinds = [("x", ToolsFloat([None, 4]))]
    model = xgboost.XGBClassifier(n_estimators=3, max_depth=3).fit(x, np.digitize(y, [-0.5, 0.7]))
    save("xgboost", onnxmltools.convert_xgboost(model, initial_types=kinds), [0.25, -0.5], True)
    model = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=6, verbose=-1)
    model.fit(x, (y > 0).astype(int))
    save("lightgbm", onnxmltools.convert_lightgbm(model, initial_types=kinds),
         [0.25, -0.5], False)


MAKERS = {"lightgbm": lightgbm_models, "xgboost": xgboost_models, "sklearn": sklearn_models,
          "onnx": onnx_models}


def main():
    prefix = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, make in MAKERS.items():
        if name.startswith(prefix):
            make()


if __name__ == "__main__":
    main()
