"""Prices read from a cloud, and the file that a user reviews and commits."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from .spec import PriceSpec

COLUMNS = tuple(PriceSpec.model_fields)


class RefreshError(Exception):
    """Prices could not be read. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a cloud said."""

    rows: Sequence[PriceSpec]
    """In order of machine and purchase option."""
    unpriced: Mapping[str, str]
    """Machines without an on-demand or a spot price, and why, by ``machine option``."""


def as_csv(rows: Sequence[PriceSpec]) -> str:
    """Price rows as CSV with a header, the same text for the same rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(_plain, rows))
    return text.getvalue()


def as_yaml(rows: Sequence[PriceSpec]) -> str:
    """Price rows as a YAML list, the same text for the same rows."""
    plain = [{key: value for key, value in _plain(row).items() if value} for row in rows]
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110))


def _plain(row: PriceSpec) -> dict[str, str]:
    return {
        "machine": row.machine,
        "region": row.region,
        "option": row.option.value,
        "usd_per_hour": f"{row.usd_per_hour.normalize():f}",
        "source": row.source,
        "date": row.date.isoformat(),
        "note": row.note or "",
    }
