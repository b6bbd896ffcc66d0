"""A description as a file: read, checked, and worked out into its plan."""

from __future__ import annotations

from pathlib import Path

from .environment import Environment, parse
from .marks import Marks, read_yaml
from .plan import Plan, make_plan
from .price_files import with_price_files


def read(path: Path) -> tuple[Environment, Plan]:
    """The environment that a file describes, and its plan.

    Raises ``InvalidInput`` with every problem, each with its path and line in the file.
    """
    environment, plan, _ = read_marked(path)
    return environment, plan


def read_marked(path: Path) -> tuple[Environment, Plan, Marks]:
    """``read``, with the lines of the file."""
    marks = read_yaml(path)
    environment = parse(marks.data, subject=str(path), marks=marks, folder=path.parent)
    environment = with_price_files(environment, path, marks)
    return environment, make_plan(environment, subject=str(path), marks=marks), marks
