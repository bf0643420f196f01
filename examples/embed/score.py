#!/usr/bin/env python3
"""Which species is it? The model of examples/penguins inside of a program in Python.

    quern -C examples/penguins run && quern -C examples/penguins export species -o species.qn
    python3 examples/embed/score.py build/libquern_score.so species.qn
"""

import ctypes
import sys

TEXT, DOUBLE, INT64, NEVER_NULL = 6, 5, 3, ctypes.c_size_t(-1).value


class Bird(ctypes.Structure):
    _fields_ = [
        ("sex", ctypes.c_char_p),
        ("bill_length_mm", ctypes.c_double),
        ("bill_depth_mm", ctypes.c_double),
        ("flipper_length_mm", ctypes.c_int64),
        ("body_mass_g", ctypes.c_int64),
    ]


class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("offset", ctypes.c_size_t),
                ("null_offset", ctypes.c_size_t)]


TYPES = {ctypes.c_char_p: TEXT, ctypes.c_double: DOUBLE, ctypes.c_int64: INT64}
BIRDS = [
    Bird(b"male", 39.1, 18.7, 181, 3750),
    Bird(b"female", 46.1, 13.2, 211, 4500),
    Bird(None, 46.5, 17.9, 192, 3500),
]


def main(library, file):
    quern = ctypes.CDLL(library)
    quern.quern_last_error.restype = quern.quern_class_name.restype = ctypes.c_char_p
    quern.quern_output_count.restype = ctypes.c_size_t

    def check(code):
        if code != 0:
            sys.exit(quern.quern_last_error().decode())

    model, layout = ctypes.c_void_p(), ctypes.c_void_p()
    check(quern.quern_load(file.encode(), ctypes.byref(model)))
    fields = (Field * len(Bird._fields_))(*[
        Field(name.encode(), TYPES[kind], getattr(Bird, name).offset, NEVER_NULL)
        for name, kind in Bird._fields_])
    check(quern.quern_layout_new(model, fields, ctypes.c_size_t(len(fields)),
                                 ctypes.byref(layout)))
    outputs = (ctypes.c_double * quern.quern_output_count(model))()
    label = ctypes.c_uint32()
    for bird in BIRDS:
        check(quern.quern_score_row(layout, ctypes.byref(bird), outputs, ctypes.byref(label)))
        name = quern.quern_class_name(model, label).decode()
        print(name, *(f"{output:.6f}" for output in outputs))
    quern.quern_layout_free(layout)
    quern.quern_free(model)


if __name__ == "__main__":
    main(*sys.argv[1:])
