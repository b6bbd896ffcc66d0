"""The description's JSON schema, for editors and for tools that write descriptions."""

from __future__ import annotations

import json
from typing import Any

from .environment import Environment


def schema() -> dict[str, Any]:
    """JSON schema of a description, with what each key means."""
    return Environment.model_json_schema()


def schema_text() -> str:
    """The schema as docs/environment.schema.json holds it."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"
