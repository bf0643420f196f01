#!/usr/bin/env python3
"""The census job as most teams do it: pandas, scikit-learn's preprocessing and LightGBM.

Usage: census_peer.py FILE MODEL_OUT [--seed N]
Reads the raw file, cleans it as examples/income does, encodes, trains 100 trees, evaluates on a
stratified fifth and saves the pipeline. Prints one JSON line with the metrics.
"""

import json
import sys

import joblib
import lightgbm
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation",
    "relationship", "race", "sex", "capital_gain", "capital_loss", "hours_per_week",
    "native_country", "income",
]
NUMBERS = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
TEXTS = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex",
         "native_country"]


def main(file, model_out, seed=1):
    rows = pandas.read_csv(file, header=None, names=COLUMNS, na_values="?", skipinitialspace=True)
    rows = rows.drop_duplicates()
    labels = (rows["income"] == ">50K").astype(int)
    train, test, train_labels, test_labels = train_test_split(
        rows[NUMBERS + TEXTS], labels, test_size=0.2, stratify=labels, random_state=seed)
    encode = ColumnTransformer([
        ("numbers", SimpleImputer(strategy="median"), NUMBERS),
        ("texts", Pipeline([
            ("impute", SimpleImputer(strategy="constant", fill_value="missing")),
            ("encode", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
        ]), TEXTS),
    ]).set_output(transform="pandas")
    texts = [f"texts__{name}" for name in TEXTS]
    model = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, learning_rate=0.1,
                                    random_state=seed, n_jobs=2, verbose=-1)
    train_matrix = encode.fit_transform(train)
    model.fit(train_matrix, train_labels, categorical_feature=texts)
    probability = model.predict_proba(encode.transform(test))[:, 1]
    joblib.dump((encode, model), model_out)
    print(json.dumps({
        "rows": len(rows),
        "roc_auc": roc_auc_score(test_labels, probability),
        "brier": brier_score_loss(test_labels, probability),
    }))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
