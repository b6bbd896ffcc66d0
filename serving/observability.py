"""Metrics of vLLM: who scrapes them, and what they show.

Names: docs.vllm.ai, "Metrics". Kueue's are in its pkg/metrics, v0.19.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..components.charts import CHARTS, ChartName
from ..components.kserve_names import SERVED_LABEL
from ..components.observability import Panel

VLLM_PORT = 8080
_SERVED = {"matchExpressions": [{"key": SERVED_LABEL, "operator": "Exists"}]}


def vllm_monitor() -> dict[str, Any]:
    """A PodMonitor of every served model, in the namespaces of all teams."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "ai-platform-vllm", "namespace": CHARTS[ChartName.PROMETHEUS].namespace},
        "spec": {
            "namespaceSelector": {"any": True},
            "selector": _SERVED,
            "podTargetLabels": [SERVED_LABEL],
            "podMetricsEndpoints": [{"portNumber": VLLM_PORT, "path": "/metrics", "interval": "15s"}],
        },
    }


def scrape_policy(team: str) -> dict[str, Any]:
    """Lets Prometheus reach the models of a team, whose namespace is closed otherwise."""
    prometheus = {
        "namespaceSelector": {
            "matchLabels": {"kubernetes.io/metadata.name": CHARTS[ChartName.PROMETHEUS].namespace}
        }
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-metrics", "namespace": team},
        "spec": {
            "podSelector": _SERVED,
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [prometheus], "ports": [{"port": VLLM_PORT, "protocol": "TCP"}]}],
        },
    }


def serving_panels() -> Sequence[Panel]:
    """Cache, waiting requests, and time to the first token, by model."""
    arrivals = "sum by (le, namespace, model_name) (rate(vllm:time_to_first_token_seconds_bucket[5m]))"
    return (
        Panel(
            "KV cache in use",
            "percentunit",
            "max by (namespace, model_name) (vllm:kv_cache_usage_perc)",
            "{{namespace}}/{{model_name}}",
        ),
        Panel(
            "Requests waiting",
            "short",
            "sum by (namespace, model_name) (vllm:num_requests_waiting)",
            "{{namespace}}/{{model_name}}",
        ),
        Panel(
            "Time to first token, 95 %",
            "s",
            f"histogram_quantile(0.95, {arrivals})",
            "{{namespace}}/{{model_name}}",
        ),
        Panel(
            "Tokens generated",
            "short",
            "sum by (namespace, model_name) (rate(vllm:generation_tokens_total[5m]))",
            "{{namespace}}/{{model_name}}",
        ),
    )
