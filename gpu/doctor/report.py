"""A verdict as Prometheus reads it, and as a line of a log."""

from __future__ import annotations

import json
from collections import Counter

from .finding import Check, Grade
from .reading import NodeReading
from .verdict import Verdict

_METRICS = """\
# HELP ai_platform_node_findings Things about this node that are not as planned.
# TYPE ai_platform_node_findings gauge
{findings}
# HELP ai_platform_node_gpus GPUs that answer.
# TYPE ai_platform_node_gpus gauge
ai_platform_node_gpus{{pool="{pool}"}} {gpus}
# HELP ai_platform_node_looked_timestamp_seconds When the node was looked at.
# TYPE ai_platform_node_looked_timestamp_seconds gauge
ai_platform_node_looked_timestamp_seconds{{pool="{pool}"}} {when:.0f}
"""


def metrics(reading: NodeReading, verdict: Verdict, when: float) -> str:
    """The text exposition format. Every check has its line, also with 0, so that alerts end."""
    counts = Counter((finding.check, finding.grade) for finding in verdict.findings)
    lines = [
        f'ai_platform_node_findings{{pool="{verdict.pool}",check="{check}",grade="{grade}"}} '
        f"{counts[check, grade]}"
        for check in Check
        for grade in (Grade.WARNING, Grade.FAILURE)
    ]
    alive = sum(not gpu.error for gpu in reading.gpus)
    return _METRICS.format(findings="\n".join(lines), pool=verdict.pool, gpus=alive, when=when)


def log_line(verdict: Verdict) -> str:
    """One line of JSON with all findings."""
    return json.dumps({"event": "node_doctor", **verdict.model_dump(mode="json")})
