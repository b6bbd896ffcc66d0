"""What commands have in common: how they are added to the command line, and how they end."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Add = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
"""Adds a command by its name, what runs it and one line of help; gives its parser."""

PASSED, FAILED, WRONG, STOPPED = 0, 1, 2, 3
"""Exit statuses: done, with nothing grave; an error, or a no; bad input; a policy, a danger or drift that
must not pass."""
