"""What is said before the first import of a test."""

from __future__ import annotations

import os
import sys

# Compiled files are kept, also where Python is told to keep none: without them each run compiles every test
# and the whole library again.
sys.dont_write_bytecode = False

# What the driver of the browser brings for hypothesis loads all of trio.
os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")

pytest_plugins = ("tests.side_by_side",)
