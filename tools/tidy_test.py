#!/usr/bin/env python3
"""tidy finds each breach it promises to find, in small trees made for it, and nothing else."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cxx  # noqa: E402
import tidy  # noqa: E402

ROWS = "quern_layer(base)\nquern_layer(frame project)\nquern_layer(sql train store serve)\n"
# Written apart, so that this file does not hold what tidy looks for.
MARK, HOST, HOME = "TO" "DO", "py" "pi" ".org", "/ho" "me/ann/x"


def complaints(files):
    """What tidy says about a project that holds `files` ({name: text}) and the three rows."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        files = {"CMakeLists.txt": ROWS, **files}
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found, _ = tidy.judge(tidy.Tree(root, list(files)))
        return found


def source(text, name="quern/sql/x.cc"):
    """A source with the test it must have beside it."""
    return {name: text, name.replace(".cc", "_test.cc"): "\n"}


def body(lines):
    """A function of `lines` lines."""
    return "int f(int a) {\n" + "    a++;\n" * (lines - 2) + "}\n"


class Rules(unittest.TestCase):
    def check(self, files, *wanted):
        found = complaints(files)
        self.assertEqual(len(found), len(wanted), found)
        for complaint, want in zip(found, wanted):
            self.assertIn(want, complaint)

    def test_sizes(self):
        self.check(source("\n" * 600))
        self.check(source("\n" * 601), "quern/sql/x.cc:600: 601 lines, limit 600")
        self.check({"quern/sql/x_test.cc": "\n" * 800})
        self.check({"quern/sql/x_test.cc": "\n" * 801}, "limit 800")
        self.check({"quern/sql/x.h": "#pragma once\n" + "\n" * 200}, "limit 200")
        self.check(source(body(70)))
        self.check(source("\n" + body(71)), "x.cc:2: f has 71 lines, limit 70")
        self.check({"tools/a.py": "def f():\n" + "    f()\n" * 70}, "f has 71 lines")
        self.check(source("//" + "x" * 98))
        self.check(source("//" + "é" * 99), "x.cc:1: 101 columns")

    def test_names(self):
        for name in ("utils", "string_util", "helpers", "misc", "common"):
            self.check({f"quern/sql/{name}_test.cc": ""}, "does not say what is in it")
        self.check(source("", "quern/sql/common_prefix.cc"))
        self.check({"quern/sql/helpers/x.h": "#pragma once\n"}, "does not say what is in it")
        self.check(source("", "quern/sql/b/c/x.cc"))
        self.check(source("", "quern/sql/b/c/d/x.cc"), "folders below", "folders below")

    def test_layers(self):
        self.check(source('#include "quern/base/a.h"\n#include "quern/frame/a.h"\n'))
        self.check(source('#include "quern/sql/b.h"\n'))
        self.check(source('\n#include "quern/store/a.h"\n'), "x.cc:2: sql must not include store")
        upward = source('#include "quern/sql/a.h"\n', "quern/base/x.cc")
        self.check(upward, "base must not include sql")
        self.check(source('#include "apps/cli/a.h"\n'), "sql must not include apps")
        self.check(source("", "quern/other/x.cc"), "no row", "no row")
        self.check(source('#include "quern/store/a.h"\n', "apps/cli/x.cc"))

    def test_doors(self):
        self.check(source('#include "duckdb.h"\n'))
        self.check(source("#include <duckdb.h>\n", "quern/store/x.cc"), "by sql only")
        self.check(source("#include <LightGBM/c_api.h>\n"), "by train only")
        self.check(source("#include <sqlite3.h>\n", "quern/train/x.cc"), "by store only")
        self.check({"quern/sql/x_test.cc": "#include <sqlite3.h>\n"})
        heavy = "#pragma once\n#include <nlohmann/json.hpp>\n"
        self.check({"quern/sql/x.h": heavy}, "slows every file")
        self.check({"quern/sql/x.h": "#pragma once\n#include <nlohmann/json_fwd.hpp>\n"})
        self.check({"quern/sql/x.h": "\n"}, "#pragma once")

    def test_words(self):
        self.check(source("a << std::endl;\n"), "std::endl is banned, use '\\n'")
        self.check(source("using namespace std;\n"), "qualified names")
        self.check(source("} catch (...) {\n"), "fence()")
        self.check(source("} catch (...) {\n", "quern/base/x.cc"))
        self.check(source("assert(x);\n"), "CHECK")
        self.check(source("std::ranges::unique(a);\n"), "use std::unique")
        self.check(source("std::ranges::sort(a);\n"))
        self.check(source("static_assert(x);  // assert(x)\n"))
        self.check(source('auto a = "std::endl";\n'))
        self.check(source(f"// {MARK}: later\n"), "unfinished work")

    def test_voice(self):
        self.check({"docs/a.md": f"see {HOME}\n"}, "docs/a.md:1: a path of one machine")
        self.check({"docs/a.md": "see /tmp/x and build/home/x\n"})
        self.check({"README.md": f"from {HOST}\n"}, "an address")
        self.check({"deps/install": "curl https" "://example\n"}, "an address")
        self.check({"docs/a.md": "curl https" "://example\n"})

    def test_every_source_is_tested(self):
        self.check({"quern/sql/x.cc": ""}, "no x_test.cc, and no test names it")
        self.check({"quern/sql/x.cc": "", "quern/sql/y_test.cc": "// x\n"})
        self.check({"quern/sql/x.cc": "", "tests/projects/a.yml": "word: x\n"})
        self.check({"apps/cli/main.cc": "", "quern/sql/x_bench.cc": ""})

    def test_debt_may_only_shrink(self):
        def debt(line, lines):
            return {**source("\n" * lines), "tools/tidy_debt.txt": f"# why\n{line}\n"}

        self.check(debt("quern/sql/x.cc file_lines 650", 650))
        self.check(debt("quern/sql/x.cc file_lines 650", 651), "651 lines, limit 600")
        self.check(debt("quern/sql/x.cc file_lines 650", 640), "is 640 now, not 650")
        self.check(debt("quern/sql/x.cc file_lines 650", 10), "is 0 now, not 650")


class Functions(unittest.TestCase):
    def check(self, text, *wanted):
        self.assertEqual(cxx.functions(text), list(wanted))

    def test_shapes(self):
        self.check("namespace a {\nint f() { return 1; }\n}\n", (2, 2, "f"))
        self.check("struct A {\n    int a = 1;\n    int b{2};\n    int f() const {\n    }\n};\n",
                   (4, 5, "f"))
        self.check("A::A(int a)\n    : a_{a}, b_(a) {\n    if (a) {\n    }\n}\n", (1, 5, "A::A"))
        self.check("template <class T>\nResult<T> f(struct x* a) {\n}\n", (1, 3, "f"))
        self.check("int kA[] = {1, 2};\nenum class E { a, b };\nvoid g() {\n}\n", (3, 4, "g"))
        self.check("QUERN_REGISTER(L)({.name = \"a\", .rows = {1, 2}});\nint f() {\n}\n",
                   (2, 3, "f"))

    def test_strings_and_comments_hold_no_code(self):
        text = 'int f() {\n    g("}");  // }\n    h(R"q(})q");\n    c(\'}\');\n}\n'
        self.check(text, (1, 5, "f"))
        self.check("int f() {\n    return 1'000;  // it's\n}\n", (1, 3, "f"))
        self.check("#define A(x) \\\n    {\nint f() {\n}\n", (3, 4, "f"))


if __name__ == "__main__":
    unittest.main()
