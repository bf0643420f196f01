#!/usr/bin/env python3
"""Prints quern/score/models/tree_shap_reference.h: what the package shap says of a few trees.

Usage: shap_values.py    (with numpy and shap 0.48)
"""

import numpy as np
import shap

COLUMNS, TREES, LEAVES, ROWS, BACKGROUND = 4, 3, 9, 4, 5


def grow(random):
    """A tree whose leaves are split one after the other, on the few columns again and again."""
    left, right, column, threshold = [], [], [], []
    leaves, owner = [None], {0: None}
    while len(leaves) < LEAVES:
        leaf = int(random.integers(len(leaves)))
        node, new = len(column), len(leaves)
        column.append(int(random.integers(COLUMNS)))
        threshold.append(round(float(random.normal()), 2))
        left.append(~leaf)
        right.append(~new)
        if owner[leaf] is not None:
            parent, side = owner[leaf]
            (left if side == 0 else right)[parent] = node
        owner[leaf], owner[new] = (node, 0), (node, 1)
        leaves.append(None)
    return {"column": column, "threshold": threshold, "left": left, "right": right,
            "value": [round(float(v), 2) for v in random.normal(size=LEAVES)],
            "cover": [int(c) for c in random.integers(1, 40, size=LEAVES)]}


def as_shap(tree):
    """Leaves as nodes behind the splits, covers added up."""
    count = len(tree["column"])
    place = lambda child: child if child >= 0 else count + ~child
    left = [place(c) for c in tree["left"]] + [-1] * LEAVES
    right = [place(c) for c in tree["right"]] + [-1] * LEAVES
    cover = [0.0] * count + [float(c) for c in tree["cover"]]
    for i in reversed(range(count)):
        cover[i] = cover[left[i]] + cover[right[i]]
    return {"children_left": np.array(left), "children_right": np.array(right),
            "children_default": np.array(left),
            "features": np.array(tree["column"] + [-2] * LEAVES),
            "thresholds": np.array(tree["threshold"] + [0.0] * LEAVES),
            "values": np.array([[0.0]] * count + [[v] for v in tree["value"]]),
            "node_sample_weight": np.array(cover)}


def numbers(values, indent="    "):
    lines, line = [], indent
    for value in np.ravel(values):
        text = (repr(int(value)) if isinstance(value, (int, np.integer)) else
                repr(float(value))) + ", "
        if len(line) + len(text.rstrip()) > 100:
            lines.append(line.rstrip())
            line = indent
        line += text
    return "\n".join(lines + [line.rstrip()])


def table(name, values, kind="double"):
    print(f"const std::vector<{kind}> {name} = {{\n{numbers(values)}\n}};")


def main():
    random = np.random.default_rng(5)
    trees = [grow(random) for _ in range(TREES)]
    rows = random.normal(size=(ROWS, COLUMNS)).round(2)
    background = random.normal(size=(BACKGROUND, COLUMNS)).round(2)
    model = {"trees": [as_shap(tree) for tree in trees]}
    by_path = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    beside = shap.TreeExplainer(model, data=background, feature_perturbation="interventional")
    print("// What the package shap says of a few trees; made by tests/reference/shap_values.py.\n"
          "#pragma once\n\n#include <cstdint>\n#include <vector>\n\n"
          "namespace quern::score::reference {\n\n// clang-format off")
    print(f"constexpr size_t kColumns = {COLUMNS}, kTrees = {TREES}, kLeaves = {LEAVES};")
    for name, kind in [("column", "uint32_t"), ("threshold", "double"), ("left", "int32_t"),
                       ("right", "int32_t"), ("value", "double"), ("cover", "double")]:
        table(name, np.array([tree[name] for tree in trees]), kind)
    table("rows", rows)
    table("background", background)
    table("path_dependent", by_path.shap_values(rows, check_additivity=False))
    table("interactions", by_path.shap_interaction_values(rows))
    table("interventional", beside.shap_values(rows, check_additivity=False))
    table("expected", [float(np.ravel(by_path.expected_value)[0]),
                       float(np.ravel(beside.expected_value)[0])])
    print("// clang-format on\n\n}  // namespace quern::score::reference")


if __name__ == "__main__":
    main()
