#!/usr/bin/env python3
"""Prints what scikit-learn makes of the rows in quern/train/selectors/selectors_test.cc.

Usage: feature_selectors.py [NAME...]    (with numpy and scikit-learn)
"""

import sys
import warnings

import numpy as np
from sklearn import feature_selection as fs
from sklearn.feature_selection._mutual_info import _compute_mi_cc, _compute_mi_cd
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.preprocessing import StandardScaler, scale

warnings.simplefilter("ignore")


def uniforms():
    state = 12345
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 11) * 2.0**-53


def rows(count=60):
    draw = uniforms()
    x = np.array([[next(draw) for _ in range(5)] for _ in range(count)])
    x[:, 4] = np.floor(x[:, 4] * 3)  # 0, 1, 2
    value = 3 * x[:, 0] - 2 * x[:, 1] * x[:, 1] + 0.1 * x[:, 2]
    two = (value > 0.8).astype(int)
    three = np.minimum(2, np.floor(np.maximum(0, value))).astype(int)
    return x, value, two, three


X, VALUE, TWO, THREE = rows()


def variance():
    yield "variances", fs.VarianceThreshold().fit(X).variances_


def chi_square():
    yield "two", fs.chi2(X, TWO)[0]
    yield "three", fs.chi2(X, THREE)[0]


def anova():
    yield "two", fs.f_classif(X, TWO)[0]
    yield "three", fs.f_classif(X, THREE)[0]
    yield "numbers", fs.f_regression(X, VALUE)[0]


def mutual_information():
    """Without noise: no value of the first four columns comes twice."""
    x = scale(X, with_mean=False)
    y = scale(VALUE, with_mean=False)
    yield "three", [_compute_mi_cd(x[:, j], THREE, 3) for j in range(4)]
    yield "three, category", mutual_info_score(X[:, 4], THREE)
    yield "three, 5 neighbors", [_compute_mi_cd(x[:, j], THREE, 5) for j in range(4)]
    yield "numbers", [_compute_mi_cc(x[:, j], y, 3) for j in range(4)]
    yield "numbers, category", _compute_mi_cd(y, X[:, 4], 3)
    draws = [fs.mutual_info_classif(X[:, 4:], THREE, random_state=s)[0] for s in range(200)]
    yield "ties: mean and deviation of 200 seeds", [np.mean(draws), np.std(draws)]


def l1():
    x = StandardScaler().fit_transform(X)
    y = scale(VALUE)
    yield "numbers", np.abs(Lasso(alpha=0.1, tol=1e-15, max_iter=100_000).fit(x, y).coef_)
    for name, labels in [("two", TWO), ("three", THREE)]:
        total = 0
        for k in sorted(set(labels))[1 if name == "two" else 0:]:
            model = LogisticRegression(penalty="l1", solver="saga", C=1 / (0.05 * len(x)),
                                       tol=1e-14, max_iter=1_000_000)
            total = total + np.abs(model.fit(x, labels == k).coef_[0])
        yield name, total


def recursive():
    x = StandardScaler().fit_transform(X)
    for step in [1, 2, 0.4]:
        rfe = fs.RFE(LinearRegression(), n_features_to_select=1, step=step).fit(x, VALUE)
        yield f"step {step}", rfe.ranking_


def main():
    every = {f.__name__: f for f in [variance, chi_square, anova, mutual_information, l1,
                                     recursive]}
    np.set_printoptions(floatmode="unique", suppress=False)
    for name in sys.argv[1:] or every:
        for title, values in every[name]():
            print(f"{name}, {title}:", ", ".join(repr(float(v)) for v in np.ravel(values)))


main()
