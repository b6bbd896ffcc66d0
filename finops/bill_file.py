"""What a cloud billed for node pools, read from its FOCUS export."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ..components.errors import InvalidInput, Problem

_NEEDED = ("BilledCost", "BillingCurrency", "ChargePeriodStart", "Tags")


def read_bill(path: Path, environment: str) -> dict[tuple[datetime.date, str], Decimal]:
    """US dollars by day and pool: the rows whose tags name the environment and a pool.

    The file is CSV with FOCUS columns of 1.0 or later, as both clouds export it. Raises ``InvalidInput`` with
    every row that can't be read.
    """
    found: dict[tuple[datetime.date, str], Decimal] = {}
    problems: list[Problem] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem("", str(error), "a CSV file in UTF-8", "name one that can be read")
        raise InvalidInput(str(path), [problem]) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        fix = "export the bill in the FOCUS form"
        raise InvalidInput(str(path), [Problem("", f"no column {name}", name, fix) for name in missing])
    for number, row in enumerate(reader, start=2):
        problems += _add(found, row, number, environment)
    if problems:
        raise InvalidInput(str(path), problems)
    if not found:
        got = "no row of this environment's pools"
        expected = f"rows with the tags environment={environment} and pool"
        fix = "activate both tags for cost allocation, and export a period after that"
        raise InvalidInput(str(path), [Problem("", got, expected, fix)])
    return found


def _add(
    found: dict[tuple[datetime.date, str], Decimal],
    row: dict[str, str],
    number: int,
    environment: str,
) -> Iterable[Problem]:
    try:
        tags = json.loads(row["Tags"] or "{}")
        named = {_plain(key): value for key, value in dict(tags).items()}
    except (TypeError, ValueError):
        yield Problem("Tags", row["Tags"], "a JSON object", "correct the row", number)
        return
    if named.get("environment") != environment or not named.get("pool"):
        return
    if row["BillingCurrency"] != "USD":
        yield Problem("BillingCurrency", row["BillingCurrency"], "USD", "convert the bill", number)
        return
    try:
        start = datetime.datetime.fromisoformat(row["ChargePeriodStart"])
        day = (start.astimezone(datetime.UTC) if start.tzinfo else start).date()
        cost = Decimal(row["BilledCost"])
        if not cost.is_finite():
            raise InvalidOperation
    except (ValueError, InvalidOperation):
        got = f"{row['ChargePeriodStart']}, {row['BilledCost']}"
        yield Problem("ChargePeriodStart, BilledCost", got, "a time and a number", "correct the row", number)
        return
    key = (day, str(named["pool"]))
    found[key] = found.get(key, Decimal(0)) + cost


def _plain(key: str) -> str:
    """A tag's key without what an export puts before it: ``user:pool``, ``user_pool``."""
    return key.rpartition(":")[2].removeprefix("user_").replace("_", "-").lower()
