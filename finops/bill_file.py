"""What a cloud billed for node pools, read from its FOCUS export."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from pathlib import Path

from ..components.errors import InvalidInput, Problem

_SMALLEST, _MOST_USD = Decimal("1e-12"), Decimal("1e12")
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
    try:
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            fix = "export the bill in the FOCUS form"
            raise InvalidInput(str(path), [Problem("", f"no column {name}", name, fix) for name in missing])
        for row in reader:
            problems += _add(found, row, reader.line_num, environment)
    except csv.Error as error:
        problems.append(Problem("", str(error), "CSV", "export the bill again", reader.line_num))
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
    row: dict[str, str | None],
    number: int,
    environment: str,
) -> Iterable[Problem]:
    tagged, currency, begun, billed = (
        row[name] for name in ("Tags", "BillingCurrency", "ChargePeriodStart", "BilledCost")
    )
    if tagged is None or currency is None or begun is None or billed is None:
        # A charge that nobody reads would be missing from every sum.
        yield Problem("", "a row that ends early", "a value for each column", "export the bill again", number)
        return
    try:
        named = _tags(json.loads(tagged or "{}"))
    except (AttributeError, KeyError, TypeError, ValueError):
        expected = "a JSON object, or a list of objects with key and value"
        yield Problem("Tags", tagged, expected, "correct the row", number)
        return
    if named.get("environment") != environment or not named.get("pool"):
        return
    if currency != "USD":
        yield Problem("BillingCurrency", currency, "USD", "convert the bill", number)
        return
    try:
        start, cost = _time(begun), Decimal(billed)
        end = _time(row.get("ChargePeriodEnd") or begun)
        if not cost.is_finite() or abs(cost) > _MOST_USD:
            raise InvalidOperation
    except (ValueError, InvalidOperation):
        got = f"{begun}, {billed}"
        yield Problem("ChargePeriodStart, BilledCost", got, "a time and a number", "correct the row", number)
        return
    days = _days(start, end)
    each = (cost / len(days)).quantize(_SMALLEST, ROUND_DOWN) if len(days) > 1 else cost
    for at, day in enumerate(days):
        key = (day, str(named["pool"]))
        rest = cost - each * len(days) if not at else Decimal(0)
        found[key] = found.get(key, Decimal(0)) + each + rest


def _tags(said: object) -> dict[str, object]:
    """Tags by their plain keys. AWS writes an object, Google's view of FOCUS a list of keys and values.

    Of a label and a project's label of one name the list has the label first, and that counts.
    """
    pairs = [(tag["key"], tag["value"]) for tag in said] if isinstance(said, list) else dict(said).items()  # type: ignore[call-overload]
    named: dict[str, object] = {}
    for key, value in pairs:
        named.setdefault(_plain(key), value)
    return named


def _time(text: str) -> datetime.datetime:
    """A time in UTC, also as BigQuery writes it into CSV: ``2026-11-01 00:00:00 UTC``."""
    found = datetime.datetime.fromisoformat(text.removesuffix(" UTC"))
    return found.astimezone(datetime.UTC) if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _days(start: datetime.datetime, end: datetime.datetime) -> list[datetime.date]:
    """The days of a charge, one at least; what is charged for a month is spread over all of them."""
    last = max(start, end - datetime.timedelta(microseconds=1))
    return [start.date() + datetime.timedelta(days=at) for at in range((last.date() - start.date()).days + 1)]


def _plain(key: str) -> str:
    """A tag's key without what an export puts before it: ``user:pool``, ``user_pool``."""
    return key.rpartition(":")[2].removeprefix("user_").replace("_", "-").lower()
