import re

from ai_platform.components.observability import kueue_monitor, queue_panels
from ai_platform.components.tenant import Tenant
from ai_platform.serving.observability import scrape_policy, serving_panels, vllm_monitor
from ai_platform.serving.vllm_runtime import runtime_manifest
from ai_platform.testing import record

TENANT = {"team": "research", "group": "research-people", "cost_center": "4300"}


def test_the_port_that_is_scraped_is_the_one_that_vllm_serves():
    (endpoint,) = vllm_monitor()["spec"]["podMetricsEndpoints"]
    (container,) = runtime_manifest()["spec"]["containers"]
    assert endpoint["portNumber"] == container["ports"][0]["containerPort"]


def test_prometheus_alone_is_let_into_a_teams_namespace():
    tenant = record(lambda: Tenant("research", TENANT))
    namespace = tenant.only("kubernetes:core/v1:Namespace").inputs["metadata"]["name"]
    policy = scrape_policy("research")
    assert policy["metadata"]["namespace"] == namespace
    (rule,) = policy["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert policy["spec"]["podSelector"] == vllm_monitor()["spec"]["selector"]


def test_graphs_show_cache_first_tokens_and_quota():
    queries = [panel.query for panel in (*serving_panels(), *queue_panels())]
    used = {name for query in queries for name in re.findall(r"(?:vllm:|kueue_)\w+", query)}
    assert used == {
        "vllm:kv_cache_usage_perc",
        "vllm:num_requests_waiting",
        "vllm:time_to_first_token_seconds_bucket",
        "vllm:generation_tokens_total",
        "kueue_cluster_queue_resource_usage",
        "kueue_cluster_queue_nominal_quota",
        "kueue_pending_workloads",
    }


def test_kueue_is_scraped_where_it_runs():
    assert kueue_monitor()["spec"]["namespaceSelector"] == {"matchNames": ["kueue-system"]}
