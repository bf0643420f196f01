"""Rows of a model through C: quern_score.h by ctypes, and a program around the export."""

import ctypes
import datetime

NEVER_NULL = ctypes.c_size_t(-1).value
MEMBERS = {"bool": (1, ctypes.c_bool), "int64": (3, ctypes.c_int64), "double": (5, ctypes.c_double),
           "text": (6, ctypes.c_char_p)}
ARROW_FORMATS = {"bool": b"b", "int64": b"l", "double": b"g", "text": b"u"}
EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)


def member_type(kind):
    """How a value of this SQL type is handed over."""
    if kind == "BOOLEAN":
        return "bool"
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return "double"
    return "int64" if kind.endswith(("INT", "INTEGER")) else "text"


def member_value(kind, value):
    member = member_type(kind)
    if value is None:
        return None if member == "text" else 0
    return {"bool": bool, "int64": int, "double": float,
            "text": lambda text: str(text).encode()}[member](value)


class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("offset", ctypes.c_size_t),
                ("null_offset", ctypes.c_size_t)]


class ArrowSchema(ctypes.Structure):
    pass


class ArrowArray(ctypes.Structure):
    pass


ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)), ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p)]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)), ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p)]


def pointers(of, items):
    return (ctypes.POINTER(of) * len(items))(*[ctypes.pointer(item) for item in items])


def bits(flags):
    """A bit each, the first one lowest."""
    size = (len(flags) + 7) // 8
    return sum(bool(flag) << place for place, flag in enumerate(flags)).to_bytes(size, "little")


def arrow_column(kind, values):
    """Buffers: what is there, then the values."""
    member = member_type(kind)
    there = bits([value is not None for value in values])
    plain = [member_value(kind, value) for value in values]
    if member == "bool":
        return [there, bits(plain)]
    if member != "text":
        return [there, bytes((MEMBERS[member][1] * len(plain))(*plain))]
    texts = [text or b"" for text in plain]
    ends = [sum(map(len, texts[:count])) for count in range(len(texts) + 1)]
    return [there, bytes((ctypes.c_int32 * len(ends))(*ends)), b"".join(texts)]


def in_order(cells, size):
    """Each source alone, then with each later one."""
    for one in range(size):
        yield cells[one * size + one]
        for two in range(one + 1, size):
            yield cells[one * size + two] + cells[two * size + one]


class Embedded:
    """A model behind quern_score.h. `error` says why it, or its last call, was refused."""

    def __init__(self, library, file, inputs):
        self.quern, self.inputs = ctypes.CDLL(str(library)), inputs
        self.quern.quern_last_error.restype = ctypes.c_char_p
        self.quern.quern_output_count.restype = ctypes.c_size_t
        self.quern.quern_source_count.restype = ctypes.c_size_t
        self.model, self.layout, self.error = ctypes.c_void_p(), ctypes.c_void_p(), ""
        members = []
        for place, (_, kind, _) in enumerate(inputs):
            members.append((f"value_{place}", MEMBERS[member_type(kind)][1]))
            members.append((f"is_null_{place}", ctypes.c_bool))
        self.row_type = type("Row", (ctypes.Structure,), {"_fields_": members})
        fields = []
        for place, (name, kind, _) in enumerate(inputs):
            fields.append(Field(name.encode(), MEMBERS[member_type(kind)][0],
                                getattr(self.row_type, f"value_{place}").offset,
                                getattr(self.row_type, f"is_null_{place}").offset))
        self.call("quern_load", str(file).encode(), ctypes.byref(self.model))
        if not self.error:
            self.call("quern_layout_new", self.model, (Field * len(fields))(*fields),
                      ctypes.c_size_t(len(fields)), ctypes.byref(self.layout))

    def __del__(self):
        self.quern.quern_layout_free(self.layout)
        self.quern.quern_free(self.model)

    def call(self, function, *arguments):
        if getattr(self.quern, function)(*arguments) != 0:
            self.error = self.quern.quern_last_error().decode()

    def row_of(self, values):
        members = []
        for (_, kind, _), value in zip(self.inputs, values):
            members += [member_value(kind, value), value is None]
        return self.row_type(*members)

    def score(self, rows, tells):
        """Of each row its label, outputs, contributions and pairs, with the base score behind."""
        outputs = (ctypes.c_double * self.quern.quern_output_count(self.model))()
        size = self.quern.quern_source_count(self.model)
        told, pairs = (ctypes.c_double * size)(), (ctypes.c_double * (size * size))()
        label, base, found = ctypes.c_uint32(), ctypes.c_double(), []
        for row in rows:
            row = ctypes.byref(self.row_of(row))
            answer = [None, None]
            if "explain" in tells:
                self.call("quern_explain_row", self.layout, row, told, ctypes.byref(base), None)
                answer[0] = [*told, base.value]
            if "interactions" in tells:
                self.call("quern_interact_row", self.layout, row, pairs, ctypes.byref(base), None)
                answer[1] = [*in_order(pairs, size), base.value]
            self.call("quern_score_row", self.layout, row, outputs, ctypes.byref(label))
            found.append((label.value, list(outputs), *answer))
        return found

    def score_arrow(self, rows):
        schemas, arrays, keep = [], [], []
        for place, (name, kind, _) in enumerate(self.inputs):
            buffers = arrow_column(kind, [row[place] for row in rows])
            keep.append([ctypes.create_string_buffer(buffer, len(buffer)) for buffer in buffers])
            addresses = (ctypes.c_void_p * len(buffers))(*map(ctypes.addressof, keep[-1]))
            schemas.append(ArrowSchema(format=ARROW_FORMATS[member_type(kind)],
                                       name=name.encode()))
            arrays.append(ArrowArray(length=len(rows), null_count=-1, n_buffers=len(buffers),
                                     buffers=addresses))
        schema = ArrowSchema(format=b"+s", n_children=len(schemas),
                             children=pointers(ArrowSchema, schemas))
        batch = ArrowArray(length=len(rows), n_children=len(arrays),
                           children=pointers(ArrowArray, arrays))
        size = self.quern.quern_output_count(self.model)
        outputs = (ctypes.c_double * (len(rows) * size))()
        labels = (ctypes.c_uint32 * len(rows))()
        self.call("quern_score_arrow", self.model, ctypes.byref(schema), ctypes.byref(batch),
                  outputs, labels, None)
        return [(labels[row], outputs[row * size:(row + 1) * size]) for row in range(len(rows))]


def c_text(text):
    octets = "".join(f"\\{octet:03o}" for octet in text.encode())
    return f'{{"{octets}", {len(text.encode())}}}'


def c_value(kind, value):
    """As the export's struct holds it: dates are days, timestamps microseconds, decimals lack
    their point."""
    if value is None:
        return '{"", 0}, false' if kind == "VARCHAR" else "0, false"
    if kind == "VARCHAR":
        text = c_text(str(value))
    elif kind == "BOOLEAN":
        text = "true" if value else "false"
    elif kind == "DATE":
        text = str((datetime.datetime.fromisoformat(value) - EPOCH).days)
    elif kind.startswith("TIMESTAMP"):
        moment = datetime.datetime.fromisoformat(value)
        text = f"INT64_C({(moment.replace(tzinfo=None) - EPOCH) // MICROSECOND})"
    elif kind.startswith("DECIMAL"):
        digits = int(kind.rstrip(")").split(",")[1])
        text = f"INT64_C({int(value.scaleb(digits))})"
    else:
        text = float(value).hex() if member_type(kind) == "double" else f"INT64_C({value})"
    return text + ", true"


def main_of(source, inputs, rows, has_label):
    """A program that prints the label and the outputs of each row, in hexadecimal."""
    name = source.removesuffix(".c")
    lines = ["{" + ", ".join(c_value(kind, value) for (_, kind, _), value in zip(inputs, row)) +
             "}," for row in rows]
    return f"""#include "{source}"

#include <stdio.h>

static const {name}_input rows[] = {{
{chr(10).join(lines)}
}};

int main(void) {{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {{
        {name}_output out;
        memset(&out, 0, sizeof out);
        {name}_score(&rows[i], &out);
        printf("%u", {"out.label" if has_label else "0u"});
        for (size_t j = 0; j < sizeof out.outputs / sizeof *out.outputs; ++j)
            printf(" %a", out.outputs[j]);
        printf("\\n");
    }}
    return 0;
}}
"""
