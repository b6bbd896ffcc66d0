"""Rules of Prometheus on Prometheus's own engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from ai_platform.local.tools import Tool, ensure

Labels = tuple[tuple[str, str], ...]


def evaluated(
    rules: Sequence[Mapping[str, Any]], series: Mapping[str, str], queries: Sequence[str], minutes: int = 10
) -> dict[str, dict[Labels, float]]:
    """What each query says after the rules ran once a minute; by labels, without the metric's name.

    ``series`` are values in the notation of promtool's tests, one a minute: ``1x10``, ``0+60x10``.
    """
    tool = ensure([Tool.PROMQL])[Tool.PROMQL]
    load = "load 1m\n" + "".join(f"  {name} {values}\n" for name, values in series.items())
    groups = {"groups": [{"name": "tested", "rules": list(rules)}]}
    asked = {"rules": yaml.safe_dump(groups), "load": load, "minutes": minutes, "queries": list(queries)}
    done = subprocess.run([str(tool)], input=json.dumps(asked), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {
        query: {
            tuple(sorted((k, v) for k, v in item["labels"].items() if k != "__name__")): item["value"]
            for item in samples
        }
        for query, samples in json.loads(done.stdout).items()
    }
