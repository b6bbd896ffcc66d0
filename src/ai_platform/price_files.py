"""Price files that a description names: read, checked, and made part of the environment."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from .catalogs import priced, unknown_price
from .components.errors import InvalidInput, Problem
from .environment import Environment, problems_of
from .finops.price_file import COLUMNS
from .finops.spec import PriceSpec
from .marks import Marks, read_yaml

_SUFFIXES = (".csv", ".yaml", ".yml")


def with_price_files(environment: Environment, path: Path, marks: Marks | None = None) -> Environment:
    """The environment described at ``path``, with the rows of its price files behind its own.

    A row of the description goes before one of a file, a later file before an earlier one. Raises
    ``InvalidInput`` with every problem of every file.
    """
    if not environment.price_files:
        return environment
    known = priced(environment)
    found: dict[tuple[str, ...], PriceSpec] = {}
    problems: list[Problem] = []
    for index, name in enumerate(environment.price_files):
        at = f"price_files[{index}]"
        line = marks.line(("price_files", index)) if marks else None
        try:
            rows = dict(_rows(path.parent / name, known))
        except InvalidInput as error:
            problems += [
                Problem(f"{at} {_place(name, wrong)}", wrong.got, wrong.expected, wrong.fix, line)
                for wrong in error.problems
            ]
        else:
            found |= rows
    if problems:
        raise InvalidInput(str(path), problems)
    own = {(row.machine, row.region, row.option) for row in environment.prices}
    behind = [row for key, row in found.items() if key not in own]
    return environment.model_copy(update={"prices": [*environment.prices, *behind], "price_files": []})


def _rows(path: Path, known: frozenset[str]) -> Iterator[tuple[tuple[str, ...], PriceSpec]]:
    seen: dict[tuple[str, ...], int] = {}
    problems: list[Problem] = []
    good = []
    for line, data in _records(path):
        wrong = list(_strange_keys(data))
        row = None
        try:
            row = PriceSpec.model_validate({key: data[key] for key in data if key in COLUMNS})
        except ValidationError as error:
            wrong += problems_of(error)
        if row is not None:
            if row.machine not in known:
                wrong.append(Problem("machine", row.machine, *unknown_price(row.machine, known)))
            key = row.machine, row.region, row.option
            if key in seen:
                expected = "one price for a machine, region and option"
                wrong.append(Problem("machine", row.machine, expected, f"remove it, or line {seen[key]}"))
            seen.setdefault(key, line)
            good.append((key, row))
        problems += [Problem(each.path, each.got, each.expected, each.fix, line) for each in wrong]
    if problems:
        raise InvalidInput(str(path), problems)
    yield from good


def _strange_keys(data: Mapping[object, object]) -> Iterator[Problem]:
    for key in data:
        if key not in COLUMNS:
            got = f"a column that nothing reads, {key!r}"
            yield Problem(str(key), got, f"one of {', '.join(COLUMNS)}", "correct the spelling or remove it")


def _records(path: Path) -> list[tuple[int, dict[object, object]]]:
    if "\0" in str(path):
        raise InvalidInput(str(path), [Problem("", str(path), "a file name", "correct it")])
    if path.suffix not in _SUFFIXES:
        got = f"a file that ends in {path.suffix!r}"
        raise InvalidInput(str(path), [Problem("", got, "a .csv or .yaml file", "rename it")])
    return _csv_records(path) if path.suffix == ".csv" else _yaml_records(path)


def _csv_records(path: Path) -> list[tuple[int, dict[object, object]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(_without_comments(file), strict=True, skipinitialspace=True)
            cells = [(reader.line_num, row) for row in reader if row]
    except OSError as error:
        got = f"a file that can't be read: {error.strerror or error}"
        raise InvalidInput(str(path), [Problem("", got, "a CSV file", "check the path")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        got = f"a text that is not CSV in UTF-8: {getattr(error, 'reason', None) or error}"
        raise InvalidInput(str(path), [Problem("", got, "a CSV file", "correct it")]) from None
    if not cells:
        expected = f"a first line with the columns {', '.join(COLUMNS)}"
        raise InvalidInput(str(path), [Problem("", "a file without rows", expected, "write it")])
    columns = cells[0][1]
    return [(line, _record(columns, row)) for line, row in cells[1:]]


def _record(columns: list[str], cells: list[str]) -> dict[object, object]:
    named = dict(zip(columns, cells, strict=False)) | {
        f"cell {number}": cells[number - 1] for number in range(len(columns) + 1, len(cells) + 1)
    }
    return {key: cell for key, cell in named.items() if cell}


def _without_comments(lines: Iterable[str]) -> Iterator[str]:
    # A comment counts as an empty line, which csv skips, so that line numbers stay those of the file.
    for line in lines:
        yield "\n" if line.startswith("#") else line


def _yaml_records(path: Path) -> list[tuple[int, dict[object, object]]]:
    marks = read_yaml(path)
    if not isinstance(marks.data, list) or not all(isinstance(row, dict) for row in marks.data):
        expected = f"a list of rows with the keys {', '.join(COLUMNS)}"
        raise InvalidInput(str(path), [Problem("", marks.data, expected, "write a list of rows", 1)])
    return [(marks.line((index,)) or 1, row) for index, row in enumerate(marks.data)]


def _place(name: str, problem: Problem) -> str:
    line = f":{problem.line}" if problem.line else ""
    return f"{name}{line}{' ' if problem.path else ''}{problem.path}"
