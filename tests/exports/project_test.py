#!/usr/bin/env python3
"""Trains the models that the tests of exports share. Usage: project_test.py QUERN FOLDER"""

import pathlib
import sys

import shared

shared.make_project(sys.argv[1], pathlib.Path(sys.argv[2]))
