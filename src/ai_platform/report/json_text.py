"""The report as JSON, and the schema that it keeps to."""

from __future__ import annotations

import json
from typing import Any

from .model import Report


def json_text(report: Report) -> str:
    """The report as ``docs/report.schema.json`` describes it. Money is text, so that no cent is lost."""
    # ASCII: what hides or turns text round is seen by who reads the file in a terminal.
    return json.dumps(report.model_dump(mode="json"), indent=2) + "\n"


def report_schema() -> dict[str, Any]:
    """JSON schema of a report."""
    return Report.model_json_schema(mode="serialization")


def report_schema_text() -> str:
    """The schema as docs/report.schema.json holds it."""
    return json.dumps(report_schema(), indent=2, sort_keys=True) + "\n"
