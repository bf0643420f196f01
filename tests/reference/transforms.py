#!/usr/bin/env python3
"""Prints what scikit-learn makes of the rows in quern/train/transforms/*_test.cc.

Usage: transforms.py [NAME...]    (with numpy and scikit-learn)
"""

import sys
import unicodedata

import numpy as np
from sklearn import preprocessing as pre
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import FeatureHasher, HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

NAN = float("nan")
A = [3, NAN, -1, 7, 7, 1000]          # skewed, with a gap
B = [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3, NAN, 1e9]
SAME = [5, 5, 5, NAN, 5, 5]
CITY = ["Oslo", "Rome", "Rome", None, "Bern", "Rome", "Oslo", "Bern", "Rome", "Ulm"]
CLASS = [0, 1, 1, 0, 0, 0, 1, 0, 1, 1]
VALUE = [10, 20.5, 13, 7, 8, 30, 11, 9.25, 22, 15]
KIND = [0, 1, 2, 2, 0, 1, 1, 0, 2, 1]


def column(values):
    return np.array(values, dtype=float).reshape(-1, 1)


def texts(values):
    return np.array(values, dtype=object).reshape(-1, 1)


def scale():
    both = np.column_stack([A, B, SAME]).astype(float)
    yield "standard", pre.StandardScaler().fit_transform(both)
    yield "standard without mean", pre.StandardScaler(with_mean=False).fit_transform(column(A))
    yield "min max", pre.MinMaxScaler().fit_transform(both)
    yield "min max -1 1", pre.MinMaxScaler((-1, 1)).fit_transform(column(A))
    yield "max abs", pre.MaxAbsScaler().fit_transform(both)
    yield "robust", pre.RobustScaler().fit_transform(both)
    yield "robust 10 90", pre.RobustScaler(quantile_range=(10, 90)).fit_transform(column(A))


def impute():
    for strategy in ["mean", "median", "most_frequent"]:
        imputer = SimpleImputer(strategy=strategy, add_indicator=True)
        yield strategy, imputer.fit_transform(np.column_stack([A, B]).astype(float))


def one_hot():
    def encoder(**settings):
        return pre.OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False,
                                 **settings)
    seen = texts([city for city in CITY if city])
    rows = texts(["Oslo", "Paris", "Ulm", "Rome"])
    yield "plain", encoder().fit(seen).transform(rows)
    yield "min_count 2", encoder(min_frequency=2).fit(seen).transform(rows)
    yield "max_categories 3", encoder(max_categories=3).fit(seen).transform(rows)


def target():
    rows = texts(["Oslo", "Rome", "Bern", "Ulm", None, "Paris"])
    for name, y, kind in [("binary", CLASS, "binary"), ("continuous", VALUE, "continuous"),
                          ("multiclass", KIND, "multiclass")]:
        for smooth in ["auto", 10.0]:
            encoder = pre.TargetEncoder(smooth=smooth, target_type=kind)
            yield f"{name} {smooth}", encoder.fit(texts(CITY), y).transform(rows)


WIDE = [[2.5, 0.5, 1.0], [2.4, 0.7, -3.0], [0.5, 2.9, 2.0], [2.2, 1.9, 0.0], [3.1, 2.2, 5.0],
        [2.3, 3.0, 1.5]]


def bucket():
    values = column([1, 2, 2, 3, 5, 8, 13, 21, 34, 55])
    rows = column([-100, 1, 2, 3, 7.5, 13, 21, 40, 1000])
    for strategy in ["uniform", "quantile"]:
        for count in [3, 5]:
            bins = pre.KBinsDiscretizer(count, encode="ordinal", strategy=strategy)
            yield f"{strategy} {count}", bins.fit(values).transform(rows).T
    tree = DecisionTreeClassifier(max_leaf_nodes=3).fit(values, CLASS)
    yield "tree of classes", np.sort(tree.tree_.threshold[tree.tree_.feature >= 0]).reshape(1, -1)
    tree = DecisionTreeRegressor(max_leaf_nodes=4).fit(values, VALUE)
    yield "tree of values", np.sort(tree.tree_.threshold[tree.tree_.feature >= 0]).reshape(1, -1)


def power():
    for method, values in [("yeo-johnson", A), ("box-cox", [3, NAN, 1, 7, 7, 1000])]:
        power = pre.PowerTransformer(method=method).fit(column(values))
        yield method + " lambda", power.lambdas_.reshape(1, -1)
        yield method, power.transform(column(values)).T


def quantile():
    rows = column([-5, -1, 0, 3, 4, 6.99, 7, 100, 1000, 1000 - 1e-9, 2000, NAN])
    for to in ["uniform", "normal"]:
        for count in [3, 1000]:
            transform = pre.QuantileTransformer(n_quantiles=count, output_distribution=to,
                                                subsample=None)
            yield f"{to} {count}", transform.fit(column(A)).transform(rows).T
    same = pre.QuantileTransformer(subsample=None).fit(column(SAME))
    yield "same", same.transform(column([4, 5, 6])).T


def axes():
    yield "pca", PCA(2, svd_solver="full").fit_transform(WIDE)
    yield "pca whiten", PCA(2, svd_solver="full", whiten=True).fit_transform(WIDE)
    yield "svd", TruncatedSVD(2, algorithm="arpack").fit_transform(np.array(WIDE))


def polynomial():
    rows = np.array(WIDE)[:2]
    yield "pairs", pre.PolynomialFeatures(2, include_bias=False,
                                          interaction_only=True).fit_transform(rows)[:, 3:]
    yield "degree 2", pre.PolynomialFeatures(2, include_bias=False).fit_transform(rows)
    yield "products", pre.PolynomialFeatures(3, include_bias=False,
                                             interaction_only=True).fit_transform(rows)


REVIEWS = ["Good, good food!", "a BAD day; été", "", "good day_1 x"]


def counts():
    for text in ["Good, good food!", "a BAD\u2003day; \u00e9t\u00e9 \u00c9T\u00c9",
                 "\x1c\x85 7\u0664 ", "\U0001f350\u00bf?"]:
        kinds = [unicodedata.category(c) for c in text]
        letters = sum(kind[0] == "L" for kind in kinds)
        yield repr(text), np.array([[len(text), len(text.split()),
                                     kinds.count("Lu") / letters if letters else 0,
                                     kinds.count("Nd"), sum(kind[0] == "P" for kind in kinds)]])


def hashed_categories():
    hasher = FeatureHasher(n_features=4, input_type="string")
    yield "hasher", hasher.transform([["x"], ["x y"], ["Rome"], ["75001"], [""]]).toarray()


def words():
    for settings in [{}, {"ngram_range": (1, 2), "sublinear_tf": True},
                     {"use_idf": False, "norm": None}, {"min_df": 2}]:
        vectors = TfidfVectorizer(**settings).fit(REVIEWS)
        yield f"tfidf {settings} {list(vectors.get_feature_names_out())}", \
            vectors.transform(REVIEWS).toarray()
    characters = TfidfVectorizer(analyzer="char", ngram_range=(2, 2)).fit(["ab  aB", "b\ta"])
    yield f"characters {list(characters.get_feature_names_out())}", \
        characters.transform(["ab  aB", "b\ta"]).toarray()
    yield "hashed", HashingVectorizer(n_features=6).transform(REVIEWS).toarray()


GROUPS = {"words": words, "quantile": quantile, "counts": counts,
          "hashed_categories": hashed_categories,
          "bucket": bucket, "power": power, "axes": axes, "polynomial": polynomial,
          "scale": scale, "impute": impute, "one_hot": one_hot, "target": target}


def main():
    for name in sys.argv[1:] or GROUPS:
        for what, matrix in GROUPS[name]():
            print(f"{name}: {what}")
            for row in np.asarray(matrix):
                print("    " + ", ".join(repr(float(x)) for x in row) + ",")


if __name__ == "__main__":
    main()
