"""Numbers by which the platform itself is judged, as rules of Prometheus and a dashboard.

Metrics of vLLM: vllm/v1/metrics/loggers.py, whose counters get the ending ``_total``; of DCGM: those that
the platform lets it export; of deployments: kube-state-metrics, docs/metrics; the name of an endpoint's
Deployment: KServe v0.20.0, pkg/constants, ``PredictorServiceName`` (all read 2026-11-21). Everything else is
recorded by ``accounting``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..components.observability import Panel
from .accounting import Rule, record

_TEAM = "* on (namespace) group_left (team) ai_platform:namespace:team"


def kpi_rules() -> list[Rule]:
    """The rules, in the order in which they need each other; after those of ``accounting``."""
    return [
        *_tokens(),
        *_first_inference(),
        record(
            "kpi:adoption_ratio",
            """
            (count(count by (team) (max_over_time(ai_platform:gpus:held[7d]) > 0)) or vector(0))
            / count(count by (team) (ai_platform:namespace:team))
            """,
        ),
        record(
            "kpi:gpu_active_ratio",
            """
            avg by (pool) (
              DCGM_FI_PROF_GR_ENGINE_ACTIVE * on (node) group_left (pool) ai_platform:node:pool)
            """,
        ),
        record(
            "kpi:usd_per_million_tokens",
            """
            sum(ai_platform:workload:usd_per_hour{kind="serving"}) * 1000000
            / (sum(ai_platform:workload:tokens_per_second) * 3600 > 0)
            """,
        ),
        record(
            "kpi:idle_guaranteed_ratio",
            """
            (sum(ai_platform:gpus:allocated{kind="idle-guaranteed"}) or vector(0))
            / (sum(ai_platform:gpus:provisioned) > 0)
            """,
        ),
        record(
            "kpi:quota_used_ratio",
            """
            (sum by (team) (ai_platform:gpus:held) or sum by (team) (ai_platform:gpus:guaranteed) * 0)
            / on (team) (sum by (team) (ai_platform:gpus:guaranteed) > 0)
            """,
        ),
    ]


def kpi_panels() -> Sequence[Panel]:
    """What to look at once a week."""
    return (
        Panel(
            "Teams that used GPUs in a week", "percentunit", "ai_platform:kpi:adoption_ratio", "of all teams"
        ),
        Panel(
            "From deployment to the first answer",
            "s",
            "ai_platform:kpi:time_to_first_inference_seconds",
            "{{team}}/{{workload}}",
        ),
        Panel("GPUs active", "percentunit", "ai_platform:kpi:gpu_active_ratio", "{{pool}}"),
        Panel(
            "US dollars per million tokens",
            "currencyUSD",
            "ai_platform:workload:usd_per_million_tokens or ai_platform:kpi:usd_per_million_tokens",
            "{{team}}/{{workload}}",
        ),
        Panel(
            "Time to first token, 95 %",
            "s",
            "ai_platform:kpi:time_to_first_token_seconds",
            "{{team}}/{{workload}}",
        ),
        Panel(
            "Guaranteed and idle",
            "percentunit",
            "ai_platform:kpi:idle_guaranteed_ratio",
            "of all GPUs",
        ),
        Panel("Quota used", "percentunit", "ai_platform:kpi:quota_used_ratio", "{{team}}"),
        Panel("GPUs by what they do", "short", "sum by (kind) (ai_platform:gpus:allocated)", "{{kind}}"),
        Panel("US dollars an hour by team", "currencyUSD", "ai_platform:team:usd_per_hour", "{{team}}"),
    )


def _served(query: str) -> str:
    """Metrics of vLLM with the endpoint as ``workload``."""
    return f'label_replace({query}, "workload", "$1", "serving_kserve_io_inferenceservice", "(.+)")'


def _tokens() -> list[Rule]:
    counters = {"input": "vllm:prompt_tokens_total", "output": "vllm:generation_tokens_total"}
    first = _served("rate(vllm:time_to_first_token_seconds_bucket[5m])")
    return [
        *(
            record(
                "workload:tokens_per_second",
                f"sum by (team, workload, model_name) ({_served(f'rate({counter}[5m])')} {_TEAM})",
                direction=direction,
            )
            for direction, counter in counters.items()
        ),
        record(
            "workload:usd_per_million_tokens",
            """
            sum by (team, workload) (ai_platform:workload:usd_per_hour{kind="serving"}) * 1000000
            / on (team, workload)
              (sum by (team, workload) (ai_platform:workload:tokens_per_second) * 3600 > 0)
            """,
        ),
        record(
            "kpi:time_to_first_token_seconds",
            f"histogram_quantile(0.95, sum by (le, team, workload) ({first} {_TEAM}))",
        ),
    ]


def _first_inference() -> list[Rule]:
    # KServe makes a Deployment of this name together with the endpoint.
    made = (
        'label_replace(kube_deployment_created{deployment=~".+-predictor"},'
        ' "workload", "$1", "deployment", "(.+)-predictor")'
    )
    done = 'vllm:request_success_total{finished_reason!="abort"}'
    answered = f"sum by (namespace, workload) ({_served(done)}) > 0"
    return [
        record("workload:created_seconds", f"max by (namespace, workload) ({made})"),
        # Written once and carried on: the first answer of a Deployment that still runs.
        record(
            "workload:first_answer_seconds",
            f"""
            (last_over_time(ai_platform:workload:first_answer_seconds[1d])
              >= on (namespace, workload) ai_platform:workload:created_seconds)
            or ({answered}) * 0 + time()
            """,
        ),
        record(
            "kpi:time_to_first_inference_seconds",
            f"""
            (ai_platform:workload:first_answer_seconds
              - on (namespace, workload) ai_platform:workload:created_seconds) {_TEAM}
            """,
        ),
    ]
