"""The same rows scored in every way there is: all answers are equal to the bit.

The rows are some of the model's own table, a part of the values missing or out of place.
"""

import decimal
import json
import math
import subprocess

import ways_in_c

ROWS = 60
SQL_MARGIN = 1e-12  # where an export has functions that SQL lacks (docs/exports.md)
SINGLE_ROWS = 12  # where each costs a call of its own
DATATYPES = {"bool": "BOOL", "int64": "INT64", "double": "FP64", "text": "BYTES"}


class Refused(Exception):
    pass


class Answer:
    """What is told of a row; None: this way does not tell it."""

    def __init__(self, prediction, shares=None, region=None, told=None, pairs=None):
        self.prediction = prediction
        self.shares = shares or None  # the probability of each class
        self.region = region          # low and high, or the classes
        self.told = told or None      # each contribution, then base_score
        self.pairs = pairs or None    # as explain_interactions() gives them


def is_same(one, other, margin):
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(is_same(*pair, margin) for pair in zip(one, other))
    if isinstance(one, float) and isinstance(other, float) and one != other:
        return math.isnan(one) and math.isnan(other) or abs(one - other) <= margin * abs(other)
    return one == other


def plain(value):
    """A class as text, or a number."""
    return json.dumps(value) if isinstance(value, bool) else value


class Model:
    """One model of a project that was run, and some rows for it."""

    def __init__(self, script, name, library, tells, file):
        self.script, self.name, self.library = script, name, library
        self.tells = tells  # `explain`, `interactions`, both or none
        self.place = script.folder / "ways"
        self.place.mkdir(exist_ok=True)
        facts = json.loads(self.run("show", name, "--json"))
        self.classes = [plain(known["name"]) for known in facts["classes"]]
        self.inputs = self.served_inputs(is_imported=bool(file))
        self.rows_file = self.place / f"{name}.parquet"
        self.make_rows(repr(file) if file else '"' + facts["from"] + '"')
        self.lines = self.other_rows("ndjson").read_text().splitlines()
        self.rows = [list(json.loads(line, parse_float=decimal.Decimal).values())
                     for line in self.lines]

    def run(self, *words):
        done = self.script.call([str(word) for word in words])
        if done.returncode != 0:
            raise Refused(done.stdout + done.stderr)
        return done.stdout

    def served_inputs(self, is_imported):
        """Of each its name, type, and whether it may be NULL."""
        if not is_imported and f"{self.name}@" not in self.run("show"):
            services = self.script.folder / "services"
            services.mkdir(exist_ok=True)
            (services / f"ways_{self.name}.yml").write_text(f"model: {self.name}\n")
            self.run("run")
        self.script.stop_service()
        self.script.start_service()
        schema = json.loads(self.script.request("GET", "/openapi.json", None)[1])
        schema = schema["components"]["schemas"][self.name]
        return [(name, about["description"], name not in schema["required"])
                for name, about in schema["properties"].items()]

    def make_rows(self, table):
        columns = []
        for place, (name, kind, may_be_null) in enumerate(self.inputs):
            quoted, chance, cases = f'"{name}"', f"hash(place, {place}) % 12", ""
            if may_be_null:
                cases += f" when {chance} = 0 then null"
            if kind == "VARCHAR":
                cases += f" when {chance} = 1 then {quoted} || 'x'"
            elif kind in ("DOUBLE", "BIGINT"):
                cases += f" when {chance} = 1 then -3 * {quoted} when {chance} = 2 then 1000003"
            value = f"case{cases} else {quoted} end" if cases else quoted
            columns.append(f"{value} as {quoted}")
        self.run("query", f"select {', '.join(columns)} from (select *, row_number() over () as "
                 f"place from (from {table} using sample reservoir({ROWS} rows) repeatable (3))) "
                 "order by place", "-o", self.rows_file)

    def other_rows(self, ending):
        file = self.rows_file.with_suffix("." + ending)
        if not file.exists():
            self.run("query", f"from '{self.rows_file}'", "-o", file)
        return file

    def answer(self, prediction, *more):
        prediction = plain(prediction)
        return Answer(str(prediction) if self.classes else float(prediction), *more)

    # Files and SQL

    def score(self, ending, tells=()):
        out = self.place / "out.ndjson"
        self.run("score", self.name, self.other_rows(ending), "-o", out,
                 *[f"--{what}" for what in tells])
        return [self.scored(json.loads(line)) for line in out.read_text().splitlines()]

    def scored(self, row):
        def of(*prefixes):
            return [float(row[name]) for name in row if name.startswith(prefixes)]
        region = [row["low"], row["high"]] if "low" in row else row.get("prediction_set")
        told, pairs = of("contribution_"), of("alone_", "interaction_")
        base = of("base_score")
        return self.answer(row["prediction"], of("probability_"), region, told and told + base,
                           pairs and pairs + base)

    def query(self, rows=None, row=""):
        """`row`: what holds a row's values, where its columns do not."""
        functions = {"predict": "prediction"}
        if self.classes:
            functions["map_values(predict_proba"] = "shares"
        if "explain" in self.tells:
            functions["map_values(explain"] = "told"
        if "interactions" in self.tells:
            functions["map_values(explain_interactions"] = "pairs"
        columns = [f"{function}('{self.name}'{row}){')' * ('(' in function)} as {name}"
                   for function, name in functions.items()]
        text = self.run("query", f"select to_json(r)::varchar as r from (select "
                        f"{', '.join(columns)} from {rows or repr(str(self.rows_file))}) r",
                        "--format", "json")
        found = [json.loads(line["r"]) for line in json.loads(text)]
        return [self.answer(row["prediction"], row.get("shares"), None, row.get("told"),
                            row.get("pairs")) for row in found]

    def query_structs(self):
        rows = []
        for row in self.rows[:SINGLE_ROWS]:
            values = []
            for (name, kind, _), value in zip(self.inputs, row):
                text = "null" if value is None else repr_sql(plain(value))
                values.append(f"'{name}': {text}::{kind}")
            rows.append("({" + ", ".join(values) + "})")
        return self.query(f"(values {', '.join(rows)}) t(s)", ", s")

    # The server

    def ask(self, path, body):
        self.script.start_service()
        status, text = self.script.request("POST", path, body)
        if status != 200:
            raise Refused(text)
        return json.loads(text)

    def post(self, body, asking=""):
        found = self.ask(f"/score/{self.name}{asking}", body)
        return [self.served(row) for row in found.get("predictions", [found])]

    def post_all(self, asking=""):
        return self.post('{"rows": [' + ", ".join(self.lines) + "]}", asking)

    def post_each(self, asking):
        return [self.post(line, asking)[0] for line in self.lines[:SINGLE_ROWS]]

    def asking(self):
        return "?" + "&".join(f"{what}=true" for what in self.tells)

    def served(self, row):
        def of(key):
            return [*row[key].values(), row["base_score"]] if key in row else None
        region = row.get("set", row.get("interval"))
        return self.answer(row["prediction"], list(row.get("probabilities", {}).values()),
                           region and [plain(value) for value in region], of("contributions"),
                           of("interactions"))

    def invoke(self):
        body = '{"dataframe_records": [' + ", ".join(self.lines) + "]}"
        found = self.ask("/invocations?model=" + self.name, body)
        return [self.answer(prediction) for prediction in found["predictions"]]

    def infer(self):
        inputs = []
        for name, kind, _ in self.inputs:
            values = [json.loads(line)[name] for line in self.lines]
            inputs.append({"name": name, "datatype": DATATYPES[ways_in_c.member_type(kind)],
                           "shape": [len(values)], "data": values})
        found = self.ask(f"/v2/models/{self.name}/infer", json.dumps({"inputs": inputs}))
        found = {output["name"]: output["data"] for output in found["outputs"]}
        size = len(self.classes)
        shares = found.get("probabilities", [])
        return [self.answer(prediction, shares[row * size:(row + 1) * size])
                for row, prediction in enumerate(found["prediction"])]

    # Programs of others

    def export(self, ending):
        file = self.place / f"{self.name}.{ending}"
        self.run("export", self.name, "-o", file)
        return file

    def chosen(self, label, outputs, *more):
        return self.answer(self.classes[label] if self.classes else outputs[0],
                           outputs if self.classes else None, None, *more)

    def embed(self, score):
        embedded = ways_in_c.Embedded(self.library, self.export("qn"), self.inputs)
        if embedded.error:
            raise Refused(embedded.error)
        found = score(embedded)
        if embedded.error:
            raise Refused(embedded.error)
        return [self.chosen(*row) for row in found]

    def compile(self):
        source = self.export("c")
        main, program = self.place / "main.c", self.place / "main"
        main.write_text(ways_in_c.main_of(source.name, self.inputs, self.rows,
                                            bool(self.classes)))
        subprocess.run(["cc", "-std=c99", "-O2", "-Wall", "-Werror", "-pedantic", main, "-o",
                        program, "-lm"], check=True, timeout=120)
        text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        lines = [line.split() for line in text.splitlines()]
        return [self.chosen(int(line[0]), [float.fromhex(word) for word in line[1:]])
                for line in lines]

    def query_export(self):
        sql = self.export("sql").read_text().rstrip().removesuffix(";")
        text = self.run("query", f"with rows_to_score as (from '{self.rows_file}') "
                        f"from (\n{sql}\n)", "--format", "json")
        return [self.answer(row["prediction"],
                            [row[name] for name in row if name.startswith("probability_")])
                for row in json.loads(text)]

    WAYS = {
        "parquet": lambda m: m.score("parquet", m.tells),
        "csv": lambda m: m.score("csv"),
        "json": lambda m: m.score("ndjson"),
        "sql": lambda m: m.query(),
        "sql struct": lambda m: m.query_structs(),
        "post": lambda m: m.post_all(m.asking()),
        "post csv": lambda m: m.post(m.other_rows("csv").read_text()),
        "post row": lambda m: m.post_each(m.asking()),
        "invocations": lambda m: m.invoke(),
        "infer": lambda m: m.infer(),
        "header": lambda m: m.embed(lambda e: e.score(m.rows, m.tells)),
        "header arrow": lambda m: m.embed(lambda e: e.score_arrow(m.rows)),
        "c": lambda m: m.compile(),
        "sql export": lambda m: m.query_export(),
    }


def repr_sql(value):
    return "'" + str(value).replace("'", "''") + "'"


def check(script, name, library, without, file=""):
    """What is wrong, or nothing. `file`: of rows, where the model has no table."""
    without = set(filter(None, without.split(", ")))
    tells = sorted({"explain", "interactions"} - without)
    model = Model(script, name, library, tells, file)
    if unknown := without - set(Model.WAYS) - {"explain", "interactions"}:
        return f"no such ways: {unknown}"
    known = {}  # by part and row: which way told it first, and what
    for way in [way for way in Model.WAYS if way not in without]:
        try:
            answers = Model.WAYS[way](model)
        except Refused as refused:
            return f"{way}: {refused}"
        if len(answers) not in (len(model.rows), min(SINGLE_ROWS, len(model.rows))):
            return f"{way} gives {len(answers)} answers to {len(model.rows)} rows"
        margin = SQL_MARGIN if way == "sql export" else 0
        for row, answer in enumerate(answers):
            for part, value in vars(answer).items():
                first, wanted = known.setdefault((part, row), (way, value))
                if wanted is None:
                    known[part, row] = way, value
                elif value is not None and not is_same(value, wanted, margin):
                    return (f"{part} of {model.lines[row]} is {value} by {way}, "
                            f"but {wanted} by {first}")
    return ""
