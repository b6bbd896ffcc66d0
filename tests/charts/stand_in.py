"""Charts that stand in for real ones that can't be had: they refuse values that the real one doesn't know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ai_platform.components.charts import CHARTS, ChartName

KNOWN_KEYS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("known_keys.json").read_text())
"""Keys of each chart's values.yaml, some levels deep, of the sections that we set. ``{}`` takes all."""
_TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {chart}-values
  namespace: {{{{ .Release.Namespace }}}}
data:
  version: {{{{ .Chart.Version | quote }}}}
  values: {{{{ .Values | toJson | quote }}}}
"""


def make_chart(folder: Path, chart: ChartName, version: str = "") -> None:
    """Writes the chart as ``<folder>/<chart>``: it prints its values into a ConfigMap, unknown ones fail.

    ``version`` is that of our table where none is given.
    """
    root = folder / chart
    (root / "templates").mkdir(parents=True)
    (root / "Chart.yaml").write_text(
        f"apiVersion: v2\nname: {chart}\nversion: {version or CHARTS[chart].version}\n"
    )
    (root / "values.yaml").write_text("{}\n")
    keys = KNOWN_KEYS[chart]["keys"] if chart in KNOWN_KEYS else {}
    (root / "values.schema.json").write_text(json.dumps(schema(keys)))
    (root / "templates" / "values.yaml").write_text(_TEMPLATE.format(chart=chart))


def schema(keys: dict[str, Any]) -> dict[str, Any]:
    """JSON schema of values with these keys and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: schema(inner) if inner else {} for key, inner in keys.items()},
    }


def unknown_keys(chart: ChartName, values: Any) -> list[str]:
    """Paths of values that the real chart doesn't know."""
    return list(_unknown(KNOWN_KEYS[chart]["keys"], values, ""))


def _unknown(keys: dict[str, Any], values: Any, path: str) -> list[str]:
    if not keys or not isinstance(values, dict):
        return []
    found = [f"{path}{key}" for key in values if key not in keys]
    for key in values.keys() & keys.keys():
        found += _unknown(keys[key], values[key], f"{path}{key}.")
    return found
