"""Rules of use and cost: what they are, and, on Prometheus's own engine, what they record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from ai_platform.finops.accounting import AccountedPool, accounting_rules, metric_resource
from ai_platform.finops.cost_metrics import cost_rules
from ai_platform.finops.kpis import kpi_panels
from tests.promql import Labels, evaluated

SLICE, GPU = "nvidia.com/mig-1g.10gb", "nvidia.com/gpu"
H100 = AccountedPool("h100", 8, {GPU: Fraction(1), SLICE: Fraction(1, 8)}, Fraction(5))
L4 = AccountedPool("l4", 4, {GPU: Fraction(1)}, None)
RULES = cost_rules([H100, L4], {"chat": Decimal(500)})


def node(name: str, pool: str) -> dict[str, str]:
    return {f'kube_node_labels{{node="{name}",label_ai_platform_pool="{pool}"}}': "1x20"}


def team(name: str) -> dict[str, str]:
    return {f'kube_namespace_labels{{namespace="{name}",label_ai_platform_team="{name}"}}': "1x20"}


def pod(
    team: str, name: str, node: str, devices: str, resource: str, phase: str = "Running"
) -> dict[str, str]:
    which = f'namespace="{team}",pod="{name}"'
    asked = f'{which},container="x",node="{node}",resource="{metric_resource(resource)}",unit="integer"'
    return {
        f"kube_pod_container_resource_requests{{{asked}}}": devices,
        f'kube_pod_status_phase{{{which},phase="{phase}"}}': "1x20",
    }


def endpoint(team: str, pod: str, name: str) -> dict[str, str]:
    served = f'label_serving_kserve_io_inferenceservice="{name}"'
    return {f'kube_pod_labels{{namespace="{team}",pod="{pod}",{served}}}': "1x20"}


def job(team: str, pod: str, name: str) -> dict[str, str]:
    owner = f'owner_kind="Job",owner_name="{name}"'
    return {f'kube_pod_owner{{namespace="{team}",pod="{pod}",{owner}}}': "1x20"}


def quota(team: str, pool: str, resource: str, devices: int) -> dict[str, str]:
    which = f'cluster_queue="{team}",flavor="{pool}",resource="{resource}"'
    return {
        f'kueue_cluster_queue_nominal_quota{{{which},replica_role="{role}"}}': f"{devices}x20"
        for role in ("leader", "follower")
    }


def counter(name: str, a_minute: int, labels: str = "") -> dict[str, str]:
    which = 'namespace="chat",pod="c-1",serving_kserve_io_inferenceservice="chat-small",model_name="qwen3-4b"'
    return {f"{name}{{{which}{labels}}}": f"0+{a_minute}x20"}


PLATFORM = {
    **node("n1", "h100"),
    **team("chat"),
    **team("lab"),
    **pod("chat", "c-1", "n1", "2x20", SLICE),
    **endpoint("chat", "c-1", "chat-small"),
    **pod("lab", "t-1", "n1", "4x20", GPU),
    **job("lab", "t-1", "pretrain"),
    **quota("chat", "h100", SLICE, 4),
    **quota("lab", "h100", GPU, 6),
}


def recorded(series: Mapping[str, str], *names: str, minutes: int = 10) -> list[dict[Labels, float]]:
    queries = [f"ai_platform:{name}" for name in names]
    answers = evaluated(RULES, series, queries, minutes)
    return [answers[query] for query in queries]


def by_kind(allocated: Mapping[Labels, float]) -> dict[tuple[str, str], float]:
    """GPUs by kind and team; no team is an empty text."""
    return {(dict(labels)["kind"], dict(labels).get("team", "")): gpus for labels, gpus in allocated.items()}


def test_resources_are_called_as_kube_state_metrics_calls_them():
    assert metric_resource("nvidia.com/mig-1g.10gb.me") == "nvidia_com_mig_1g_10gb_me"


def test_an_unknown_price_is_no_price_and_not_zero():
    priced = [
        rule["labels"]["pool"] for rule in RULES if rule.get("record") == "ai_platform:gpu:usd_per_hour"
    ]
    assert priced == ["h100"]


def test_no_rule_uses_what_a_later_one_records():
    seen: set[str] = set()
    for rule in RULES:
        seen.add(rule.get("record", ""))
        assert names_in(rule["expr"]) <= seen, rule


def names_in(query: str) -> set[str]:
    return set(re.findall(r"ai_platform:[a-z_:]+", query))


def test_without_budgets_there_is_no_alert():
    assert not [rule for rule in accounting_rules([H100], {}) if "alert" in rule]


def test_every_panel_shows_what_a_rule_records():
    names = {rule["record"] for rule in RULES if "record" in rule}
    for panel in kpi_panels():
        assert names_in(panel.query) <= names, panel.title


@pytest.mark.engine
def test_every_gpu_of_a_node_ends_as_one_of_four():
    allocated, provisioned = recorded(PLATFORM, "gpus:allocated", "gpus:provisioned")
    assert by_kind(allocated) == {
        ("serving", "chat"): 0.25,
        ("training", "lab"): 4,
        ("idle-guaranteed", "chat"): 0.25,
        ("idle-guaranteed", "lab"): 2,
        ("idle", ""): 1.5,
    }
    assert sum(allocated.values()) == sum(provisioned.values()) == 8


@pytest.mark.engine
@pytest.mark.parametrize("minutes", range(1, 6))
def test_what_is_recorded_does_not_flap(minutes):
    [held] = recorded(PLATFORM, "devices:held", minutes=minutes)
    assert {dict(labels)["workload"]: devices for labels, devices in held.items()} == {
        "chat-small": 2,
        "pretrain": 4,
    }


@pytest.mark.engine
def test_devices_are_told_by_workload_and_called_as_kubernetes_calls_them():
    [held] = recorded(PLATFORM, "devices:held")
    [serving] = [dict(labels) for labels in held if ("kind", "serving") in labels]
    assert serving == {
        "team": "chat",
        "pool": "h100",
        "kind": "serving",
        "workload": "chat-small",
        "resource": SLICE,
    }


@pytest.mark.engine
def test_a_pod_without_job_and_endpoint_counts_under_its_own_name():
    [held] = recorded({**PLATFORM, **pod("lab", "notebook", "n1", "1x20", GPU)}, "devices:held")
    assert {dict(labels)["workload"] for labels in held if ("team", "lab") in labels} == {
        "pretrain",
        "notebook",
    }


@pytest.mark.engine
@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_holds_nothing(phase):
    ended = pod("lab", "done", "n1", "1x20", GPU, phase)
    assert recorded({**PLATFORM, **ended}, "gpus:held") == recorded(PLATFORM, "gpus:held")


@pytest.mark.engine
def test_an_idle_platform_is_idle_and_not_absent():
    idle = {**node("n1", "h100"), **team("lab"), **quota("lab", "h100", GPU, 6)}
    [allocated] = recorded(idle, "gpus:allocated")
    assert by_kind(allocated) == {("idle-guaranteed", "lab"): 6, ("idle", ""): 2}


@pytest.mark.engine
def test_guarantees_above_what_runs_are_cut_to_it():
    wide = {**PLATFORM, **quota("chat", "h100", GPU, 8), **quota("lab", "h100", GPU, 16)}
    allocated, provisioned = recorded(wide, "gpus:allocated", "gpus:provisioned")
    assert sum(allocated.values()) == pytest.approx(sum(provisioned.values()))
    assert by_kind(allocated)["idle", ""] == pytest.approx(0)


@pytest.mark.engine
def test_a_slice_costs_its_share_and_all_costs_sum_to_the_nodes():
    device, costs, teams = recorded(PLATFORM, "device:usd_per_hour", "gpus:usd_per_hour", "team:usd_per_hour")
    assert {dict(labels)["resource"]: usd for labels, usd in device.items()} == {GPU: 5, SLICE: 0.625}
    assert sum(costs.values()) == 8 * 5
    assert {dict(labels)["team"]: usd for labels, usd in teams.items()} == {"chat": 2.5, "lab": 30}


@pytest.mark.engine
def test_a_pool_without_a_price_has_hours_and_no_cost():
    both = {**PLATFORM, **node("n2", "l4")}
    allocated, costs = recorded(both, "gpus:allocated", "gpus:usd_per_hour")
    assert {dict(labels)["pool"] for labels in allocated} == {"h100", "l4"}
    assert {dict(labels)["pool"] for labels in costs} == {"h100"}


@pytest.mark.engine
def test_a_team_that_would_pass_its_budget_is_an_alert():
    [alert] = [rule for rule in RULES if rule.get("alert")]
    # 2.50 dollars an hour are 1,825 a month.
    fired = evaluated(RULES, PLATFORM, [alert["expr"]])[alert["expr"]]
    assert {dict(labels)["team"]: round(usd) for labels, usd in fired.items()} == {"chat": 1825}


@pytest.mark.engine
def test_the_platform_knows_its_own_numbers():
    served = {
        **counter("vllm:prompt_tokens_total", 6000),
        **counter("vllm:generation_tokens_total", 600),
        **counter("vllm:request_success_total", 10, ',finished_reason="stop"'),
        **counter("vllm:time_to_first_token_seconds_bucket", 10, ',le="0.5"'),
        **counter("vllm:time_to_first_token_seconds_bucket", 10, ',le="+Inf"'),
        'kube_deployment_created{namespace="chat",deployment="chat-small-predictor"}': "-240x20",
        'DCGM_FI_PROF_GR_ENGINE_ACTIVE{node="n1",gpu="0"}': "0.5x20",
    }
    names = (
        "kpi:adoption_ratio",
        "kpi:gpu_active_ratio",
        "kpi:usd_per_million_tokens",
        "kpi:idle_guaranteed_ratio",
        "kpi:quota_used_ratio",
        "kpi:time_to_first_token_seconds",
        "kpi:time_to_first_inference_seconds",
        "workload:tokens_per_second",
    )
    adopted, active, million, idle, used, token, first, rate = recorded({**PLATFORM, **served}, *names)
    assert [*adopted.values(), *active.values()] == [1, 0.5]
    # 1.25 dollars an hour at 110 tokens a second.
    assert [*million.values()] == [pytest.approx(1.25e6 / (110 * 3600))]
    assert [*idle.values()] == [2.25 / 8]
    assert {dict(labels)["team"]: ratio for labels, ratio in used.items()} == {"chat": 0.5, "lab": 4 / 6}
    assert [*token.values()] == [pytest.approx(0.475)]
    # The first answer is seen in the second minute.
    assert [*first.values()] == [300]
    assert {dict(labels)["direction"]: value for labels, value in rate.items()} == {
        "input": 100,
        "output": 10,
    }


@pytest.mark.engine
def test_a_platform_that_nobody_uses_says_zero():
    adopted, used = recorded(
        {**team("lab"), **node("n1", "h100"), **quota("lab", "h100", GPU, 6)},
        "kpi:adoption_ratio",
        "kpi:quota_used_ratio",
    )
    assert ([*adopted.values()], [*used.values()]) == ([0], [0])
