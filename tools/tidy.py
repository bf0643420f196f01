#!/usr/bin/env python3
"""The house rules as a test. Prints file:line for every breach, and exits 1 if there is one.

Usage: tools/tidy.py [--lower]      --lower writes paid debts back to tools/tidy_debt.txt

A line of tools/tidy_debt.txt, `path rule amount`, excuses one file from one rule up to that
amount. The amount may only shrink: when a file gets better, its line must follow.
"""

import ast
import collections
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cxx  # noqa: E402

FILE_LINES, TEST_LINES, HEADER_LINES = 600, 800, 200
FUNCTION_LINES = 70
COLUMNS = 100
FOLDERS = 3
CXX = {".cc", ".h"}
TEXT = CXX | {".py", ".sh", ".cmake", ".md", ".yml", ".yaml", ".sql", ".txt", ".in", ".ts", ".json"}
SCRIPTS = {"dev", ".ci/run", "deps/install", "deps/jars", "deps/lock"}
DEBT = "tools/tidy_debt.txt"

BAD_NAMES = re.compile(r"(^|_)(utils?|helpers?|misc)(_|$)|^common$")
# clang 14 cannot compile what uses libstdc++ 12's subrange or views.
SUBRANGE = r"\b(ranges::(unique|remove(_if)?|(stable_)?partition|search|equal_range)|views::\w+)\b"
BANNED = [
    (re.compile(SUBRANGE), "what returns a subrange or a view", "std::unique or std::erase_if"),
    (re.compile(r"\bstd::endl\b"), "std::endl", "'\\n'"),
    (re.compile(r"\busing namespace std;"), "using namespace std", "qualified names"),
    (re.compile(r"\bcatch \(\.\.\.\)"), "catch (...)", "fence()"),
    (re.compile(r"\bassert\("), "assert", "CHECK or DCHECK"),
    (re.compile(r"\b(std::)?(s?rand|atoi|atof|strcpy|sprintf|strtok)\("), "this C function", "std"),
]
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")

# A library is reached through one module. Tests may look behind the door.
DOORS = [
    (re.compile(r"^duckdb"), {"sql"}),
    (re.compile(r"^(LightGBM|oneapi|daal)"), {"train"}),
    (re.compile(r"^sqlite3"), {"store"}),
    (re.compile(r"^curl/"), {"data"}),
    (re.compile(r"^boost/(asio|beast)"), {"serve", "apps"}),
    (re.compile(r"^yaml-cpp/"), {"base"}),
    (re.compile(r"^CLI/"), {"apps"}),
]
# Included by a header, these cost every file that includes it.
HEAVY = re.compile(r"^(nlohmann/json\.hpp|yaml-cpp/|CLI/|fmt/|oneapi/|LightGBM/|simdjson)")

# Written in pieces, so that this file holds no address itself.
HOSTS = re.compile(
    r"\b(pypi|pythonhosted|npmjs|deb\.debian|crates|golang|maven|gith" r"ub(usercontent)?)"
    r"\.(org|com|io)\b"
)
ADDRESS = re.compile(r"https?://(?!127\.0\.0\.1|localhost|\$|\{|HOST)")
PRIVATE_PATH = re.compile(r"(?<![\w.}])/(home|root|work|Users)/\w")

Breach = collections.namedtuple("Breach", "path line rule amount text")


class Tree:
    """The project's files: those git tracks or would track."""

    def __init__(self, root, names=None):
        self.root = root
        self.names = sorted(names if names is not None else git_files(root))
        self.texts = {}

    def text(self, name):
        if name not in self.texts:
            self.texts[name] = (self.root / name).read_text(errors="replace")
        return self.texts[name]


def git_files(root):
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return [name for name in listing.split("\0") if name and (root / name).is_file()]


def is_test(name):
    return name.startswith("tests/") or name.endswith(("_test.cc", "_test.py"))


def is_text(name):
    path = pathlib.PurePath(name)
    return path.suffix in TEXT or name in SCRIPTS


def layers(tree):
    """The rows of CMakeLists.txt: {module: level}."""
    levels = {}
    rows = re.findall(r"^quern_layer\(([^)]*)\)", tree.text("CMakeLists.txt"), re.M)
    for level, row in enumerate(rows):
        levels.update(dict.fromkeys(row.split(), level))
    return levels


def check_sizes(tree, name):
    lines = tree.text(name).splitlines()
    suffix = pathlib.PurePath(name).suffix
    if suffix in CXX | {".py"} or name in SCRIPTS:
        limit = TEST_LINES if is_test(name) else HEADER_LINES if suffix == ".h" else FILE_LINES
        if len(lines) > limit:
            what = f"{len(lines)} lines, limit {limit}"
            yield Breach(name, limit, "file_lines", len(lines), what)
    for first, last, title in functions(name, tree.text(name)):
        count = last - first + 1
        if count > FUNCTION_LINES:
            what = f"{title} has {count} lines, limit {FUNCTION_LINES}"
            yield Breach(name, first, "function_lines", count, what)
    if suffix in CXX | {".py", ".cmake", ".sh"} or name in SCRIPTS:
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS:
                what = f"{len(line)} columns, limit {COLUMNS}"
                yield Breach(name, number, "columns", 1, what)


def functions(name, text):
    if name.endswith((".cc", ".h")):
        return cxx.functions(text)
    if name.endswith(".py"):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
        return [(node.lineno, node.end_lineno, node.name) for node in nodes]
    return []


def check_names(tree, name):
    path = pathlib.PurePath(name)
    if path.suffix in CXX | {".py"}:
        for part in (*path.parent.parts, re.sub("_(test|bench)$", "", path.stem)):
            if BAD_NAMES.search(part):
                yield Breach(name, 1, "name", 1, f"'{part}' does not say what is in it")
    if path.parts[0] == "quern" and len(path.parts) - 2 > FOLDERS:
        yield Breach(name, 1, "depth", 1, f"more than {FOLDERS} folders below quern/")


def check_includes(tree, name, levels):
    parts = pathlib.PurePath(name).parts
    mine = parts[1] if parts[0] == "quern" and len(parts) > 2 else parts[0]
    if parts[0] == "quern" and mine not in levels:
        yield Breach(name, 1, "layer", 1, f"quern/{mine} stands in no row of CMakeLists.txt")
        return
    if name.endswith(".h") and "#pragma once" not in tree.text(name):
        yield Breach(name, 1, "pragma", 1, "a header begins with #pragma once")
    for number, line in enumerate(tree.text(name).splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
        if found:
            for rule, what in wrong_include(name, mine, found[1], levels):
                yield Breach(name, number, rule, 1, what)


def wrong_include(name, mine, header, levels):
    inside = re.match(r"quern/(\w+)/", header)
    if inside and mine in levels and inside[1] != mine:
        if levels.get(inside[1], 99) >= levels[mine]:
            yield "layer", f"{mine} must not include {inside[1]}, which is not below it"
    if mine in levels and header.startswith("apps/"):
        yield "layer", f"{mine} must not include apps"
    if is_test(name) or name.endswith("_bench.cc"):
        return
    for pattern, doors in DOORS:
        if pattern.search(header) and mine not in doors:
            yield "door", f"{header} is included by {' and '.join(sorted(doors))} only"
    if name.endswith(".h") and HEAVY.search(header):
        yield "heavy", f"{header} in a header slows every file that includes it"


def check_words(tree, name):
    code = cxx.blank(tree.text(name))
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, word, instead in BANNED:
            if pattern.search(line) and not (word == "catch (...)" and "quern/base/" in name):
                yield Breach(name, number, "word", 1, f"{word} is banned, use {instead}")


def check_voice(tree, name):
    setup = name.startswith(("deps/", ".ci/", "cmake/")) or name in {"dev", "CMakeLists.txt"}
    for number, line in enumerate(tree.text(name).splitlines(), 1):
        if UNFINISHED.search(line):
            yield Breach(name, number, "unfinished", 1, "a mark of unfinished work")
        if PRIVATE_PATH.search(line):
            yield Breach(name, number, "path", 1, "a path of one machine")
        if HOSTS.search(line) or (setup and ADDRESS.search(line)):
            yield Breach(name, number, "host", 1, "an address; use the registry's client")


def check_tested(tree):
    """Every source has a test beside it, or a test that names it."""
    tests = [name for name in tree.names if is_test(name) and is_text(name)]
    words = set()
    for name in tests:
        words.update(re.findall(r"\w+", tree.text(name)))
    for name in tree.names:
        path = pathlib.PurePath(name)
        if path.suffix != ".cc" or path.parts[0] not in {"quern", "apps"} or path.stem == "main":
            continue
        if path.stem.endswith(("_test", "_bench")):
            continue
        if str(path.with_name(path.stem + "_test.cc")) not in tree.names and path.stem not in words:
            yield Breach(name, 1, "untested", 1, f"no {path.stem}_test.cc, and no test names it")


def breaches(tree):
    levels = layers(tree)
    for name in tree.names:
        if not is_text(name):
            continue
        suffix = pathlib.PurePath(name).suffix
        yield from check_sizes(tree, name)
        yield from check_names(tree, name)
        yield from check_voice(tree, name)
        if suffix in CXX:
            yield from check_words(tree, name)
        if suffix in CXX and name.startswith(("quern/", "apps/")):
            yield from check_includes(tree, name, levels)
    yield from check_tested(tree)


def read_debt(tree):
    debt = {}
    if DEBT in tree.names:
        for line in tree.text(DEBT).splitlines():
            if line and not line.startswith("#"):
                path, rule, amount = line.split()
                debt[path, rule] = int(amount)
    return debt


def judge(tree):
    """Returns the complaints to print, and the debt as it stands now."""
    found = collections.defaultdict(list)
    for breach in breaches(tree):
        found[breach.path, breach.rule].append(breach)
    complaints, standing = [], {}
    debt = read_debt(tree)
    for key, group in sorted(found.items()):
        amount = sum(breach.amount for breach in group)
        if key in debt and amount <= debt[key]:
            standing[key] = amount
        else:
            complaints += [f"{b.path}:{b.line}: {b.text}" for b in group]
    for (path, rule), amount in sorted(debt.items()):
        now = standing.get((path, rule), 0)
        is_over = (path, rule) in found and now == 0
        if now < amount and not is_over:
            complaints.append(f"{DEBT}: {path} {rule} is {now} now, not {amount}: run --lower")
    return complaints, standing


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    tree = Tree(root)
    complaints, standing = judge(tree)
    if sys.argv[1:] == ["--lower"]:
        header = [line for line in tree.text(DEBT).splitlines() if line.startswith("#")]
        lines = [f"{path} {rule} {amount}" for (path, rule), amount in sorted(standing.items())]
        (root / DEBT).write_text("\n".join(header + lines) + "\n")
        complaints, _ = judge(Tree(root))
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
