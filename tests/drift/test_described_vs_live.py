"""What is in the cluster, against what the description says."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.drift.described import described_config_maps
from ai_platform.drift.described_vs_live import described_vs_live
from ai_platform.drift.live import LIVE_KINDS, UnreadError, read_live, rules
from ai_platform.drift.model import Aspect, Severity, Sources
from ai_platform.drift.pools import node_lines
from tests.drift.drift_parts import find, live, objects, planned
from tests.examples import examples

ENVIRONMENT, PLAN = planned()
MADE = objects(ENVIRONMENT, PLAN)


@pytest.fixture
def items():
    return deepcopy(MADE)


def lines(items):
    return list(described_vs_live(ENVIRONMENT, PLAN, live(items)))


def only(items):
    (found,) = lines(items)
    return found


def test_a_cluster_that_was_just_made_does_not_differ(items):
    assert lines(items) == []


def test_fields_that_the_api_server_adds_are_no_drift(items):
    for item in items:
        item["metadata"] |= {"uid": "1", "resourceVersion": "7", "managedFields": [{}], "generation": 2}
        item["status"] = {**item.get("status", {}), "conditions": []}
    assert lines(items) == []


def test_a_node_that_was_given_another_layout_is_named(items):
    node = find(items, "Node", "h100-0")
    node["metadata"]["labels"]["nvidia.com/mig.config"] = "all-disabled"
    node["status"] = {}
    found = only(items)
    assert (found.subject, found.aspect, found.severity) == ("pool h100", Aspect.MIG_LAYOUT, Severity.ERROR)
    assert found.live == "2 × all-disabled"


def test_a_layout_that_was_not_applied_is_named_with_its_node(items):
    find(items, "Node", "h100-0")["metadata"]["labels"]["nvidia.com/mig.config.state"] = "failed"
    found = only(items)
    assert (found.what, found.live, found.note) == ("MIG layout applied", "failed", "on h100-0")


def test_a_device_that_is_not_offered_is_named(items):
    find(items, "Node", "h100-0")["status"]["allocatable"]["nvidia.com/mig-2g.20gb"] = "1"
    found = only(items)
    assert (found.what, found.described, found.live) == ("nvidia.com/mig-2g.20gb of a node", "2", "1")


def test_a_quota_that_was_changed_by_hand_is_named(items):
    queue = find(items, "ClusterQueue", "research")
    for resource in queue["spec"]["resourceGroups"][0]["flavors"][0]["resources"]:
        if resource["name"] == "nvidia.com/gpu":
            resource |= {"nominalQuota": "2", "borrowingLimit": "14"}
    shown = {line.what: (line.described, line.live) for line in lines(items)}
    assert shown == {
        "nvidia.com/gpu of l40s, guaranteed": ("8", "2"),
        "nvidia.com/gpu of l40s, borrowable": ("4", "14"),
    }


@pytest.mark.parametrize(
    ("kind", "spec", "what", "sides"),
    [
        ("ClusterQueue", {"stopPolicy": "Hold"}, "stop policy", ("None", "Hold")),
        ("ClusterQueue", {"queueingStrategy": "StrictFIFO"}, "order", ("BestEffortFIFO", "StrictFIFO")),
        (
            "ClusterQueue",
            {"namespaceSelector": {}},
            "namespaces that may use it",
            ('{"matchLabels": {"kubernetes.io/metadata.name": "research"}}', "all"),
        ),
        (
            "ClusterQueue",
            {"preemption": {"withinClusterQueue": "LowerPriority"}},
            "takes back what others borrowed",
            ("Any", "Never"),
        ),
        (
            "LocalQueue",
            {"stopPolicy": "HoldAndDrain"},
            "stop policy of queue default",
            ("None", "HoldAndDrain"),
        ),
    ],
)
def test_a_queue_that_admits_otherwise_is_named(items, kind, spec, what, sides):
    queue = next(
        item
        for item in items
        if item["kind"] == kind
        and "research" in (item["metadata"]["name"], item["metadata"].get("namespace"))
    )
    queue["spec"] |= spec
    found = only(items)
    assert (found.subject, found.severity) == ("team research", Severity.ERROR)
    assert (found.what, (found.described, found.live)) == (what, sides)


def test_what_no_up_puts_back_has_another_remedy(items):
    find(items, "LocalQueue", "default")["spec"]["stopPolicy"] = "Hold"
    (found,) = lines(items)
    assert found.fix.endswith(f"kubectl edit localqueue default -n {found.subject.removeprefix('team ')}")
    find(items, "LocalQueue", "default")["spec"]["stopPolicy"] = "None"
    find(items, "ClusterQueue", "research")["spec"]["cohortName"] = "other"
    assert "pulumi up --refresh" in only(items).fix


def test_what_kueue_adds_to_a_queue_is_no_drift(items):
    queue = find(items, "ClusterQueue", "research")
    queue["spec"] |= {"stopPolicy": "None", "queueingStrategy": "BestEffortFIFO"}
    queue["spec"]["preemption"] |= {"borrowWithinCohort": {"policy": "Never"}}
    queue["spec"]["flavorFungibility"] = {"whenCanBorrow": "MayStopSearch"}
    assert lines(items) == []


def test_a_node_that_is_closed_to_pods_is_worth_a_note_and_no_drift(items):
    find(items, "Node", "h100-0")["spec"] = {"unschedulable": True}
    found = only(items)
    assert (found.severity, found.what, found.live) == (Severity.NOTE, "closed to new pods", "1 node")
    assert found.note == "on h100-0"


def test_an_amount_written_otherwise_is_the_same(items):
    queue = find(items, "ClusterQueue", "research")
    for resource in queue["spec"]["resourceGroups"][0]["flavors"][0]["resources"]:
        if resource["name"] == "nvidia.com/gpu":
            resource["nominalQuota"] = 8
    assert lines(items) == []


def test_a_policy_that_was_deleted_or_added_by_hand_is_grave(items):
    items.remove(find(items, "NetworkPolicy", "deny-all"))
    opened = {"name": "open", "namespace": "research"}
    items.append({"kind": "NetworkPolicy", "metadata": opened, "spec": {"ingress": [{}]}})
    found = {line.what: line for line in lines(items)}
    gone, added = found["NetworkPolicy deny-all"], found["NetworkPolicy open"]
    assert (gone.described, gone.live, gone.severity) == ("there", "not there", Severity.ERROR)
    assert (added.described, added.live, added.severity) == ("not there", "there", Severity.ERROR)


def test_pod_security_and_cost_labels_of_a_namespace_are_compared(items):
    labels = find(items, "Namespace", "serving")["metadata"]["labels"]
    labels["pod-security.kubernetes.io/enforce"] = "privileged"
    del labels["ai-platform/cost-center"]
    found = {line.what: line for line in lines(items)}
    assert found["Pod Security, enforce"].severity is Severity.ERROR
    assert found["ai-platform/cost-center"].aspect is Aspect.TAG
    assert found["ai-platform/cost-center"].live == "not said"


def test_a_pod_that_another_team_would_pay_for_is_told(items):
    metadata = {"name": "job", "namespace": "research", "labels": {"ai-platform/team": "serving"}}
    items.append({"kind": "Pod", "metadata": metadata})
    assert (only(items).subject, only(items).live) == ("team research", "serving")


def test_an_endpoint_s_replicas_and_model_are_compared(items):
    service = find(items, "InferenceService", "chat")["spec"]["predictor"]
    service |= {"minReplicas": 3, "maxReplicas": 9}
    service["model"]["args"][0] = "--model=other/model"
    shown = {line.what: line.live for line in lines(items)}
    assert shown == {"replicas": "3 to 9", "--model": "other/model"}


def test_a_canary_that_somebody_made_by_hand_is_told(items):
    service = find(items, "InferenceService", "chat")["spec"]
    service["canary"] = [
        {"trafficPercent": 5, "predictor": {"name": "new", "model": {"args": ["--model=other/model"]}}}
    ]
    shown = {line.what: (line.described, line.live) for line in lines(items)}
    assert shown == {"canary": ("none", "other/model for 5 %")}


def test_kubelets_of_another_version_and_charts_that_were_upgraded_by_hand_are_told(items):
    find(items, "Node", "l40s-0")["status"]["nodeInfo"]["kubeletVersion"] = "v1.34.2"
    labels = {"helm.sh/chart": "kueue-0.18.1"}
    items.append({"kind": "Deployment", "metadata": {"name": "kueue", "labels": labels}})
    found = {line.subject: line for line in lines(items)}
    assert (found["cluster"].what, found["cluster"].live) == ("kubelets", "1.34")
    assert (found["software kueue"].described, found["software kueue"].live) == ("0.19.2", "0.18.1")


def test_a_kind_that_could_not_be_read_makes_nothing_missing(items):
    left = [item for item in items if item["kind"] != "Node" and item["kind"] != "ClusterQueue"]
    seen = live(left)
    unread = type(seen)(seen.manifests, seen.version, {"Node": "forbidden", "ClusterQueue": "forbidden"})
    assert list(described_vs_live(ENVIRONMENT, PLAN, unread)) == []


@examples(100)
@given(count=st.integers(0, 8))
def test_a_pool_drifts_only_when_its_nodes_are_not_within_its_limits(count):
    labels = {"ai-platform/pool": "l40s"}
    nodes = [{"metadata": {"name": f"n{i}", "labels": labels}} for i in range(count)]
    nodes += [item for item in MADE if item["metadata"]["name"].startswith("h100-")]
    found = list(node_lines(PLAN, nodes, Sources.DESCRIBED_LIVE, "fix"))
    assert [line.live for line in found] == ([] if 1 <= count <= 4 else [str(count) if count else "none"])


def test_lists_are_read_page_by_page_and_what_is_not_there_is_nothing():
    seen = []

    def read(path):
        seen.append(path)
        if path == "/version":
            return {"gitVersion": "v1.35.2-gke.1"}
        if "nodes" in path:
            more = "" if "continue" in path else "next"
            return {"items": [{"metadata": {"name": f"n{more}"}}], "metadata": {"continue": more}}
        if "cohorts" in path:
            raise LookupError(path)
        if "pods" in path:
            raise UnreadError("pods is forbidden")
        return {"items": []}

    found = read_live(read)
    assert found.version == "1.35"
    assert [item["metadata"]["name"] for item in found.manifests] == ["nnext", "n"]
    assert found.unread == {"Pod": "pods is forbidden"}
    assert len(seen) == len(LIVE_KINDS) + 2


def test_config_maps_are_read_by_name_and_one_that_is_not_there_is_nothing():
    asked = []

    def read(path):
        if "configmaps" not in path:
            return {"items": []}
        asked.append(path)
        if path.endswith("gone"):
            raise LookupError(path)
        return {"metadata": {"name": path.rpartition("/")[2]}}

    found = read_live(read, [("kube-system", "mig-h100"), ("serving", "gone"), ("serving", "prompt-greet")])
    assert [item["metadata"]["name"] for item in found.of("ConfigMap")] == ["mig-h100", "prompt-greet"]
    assert asked[0] == "/api/v1/namespaces/kube-system/configmaps/mig-h100"
    assert not found.unread


def test_config_maps_that_may_not_be_read_are_told_and_not_missing():
    def read(path):
        if "configmaps" in path:
            raise UnreadError("configmaps is forbidden")
        return {"items": []}

    found = read_live(read, described_config_maps(ENVIRONMENT, PLAN))
    assert found.unread == {"ConfigMap": "configmaps is forbidden"}
    assert not [line for line in described_vs_live(ENVIRONMENT, PLAN, found) if "ConfigMap" in line.what]


def test_the_role_may_read_what_is_read_and_nothing_else():
    granted = {(rule["apiGroups"][0], plural) for rule in rules() for plural in rule["resources"]}
    assert granted == {(kind.api_version.rpartition("/")[0], kind.plural) for kind in LIVE_KINDS}
    assert {verb for rule in rules() for verb in rule["verbs"]} == {"list"}
    [named] = [rule for rule in rules(["b", "a", "b"]) if rule not in rules()]
    assert (named["resources"], named["resourceNames"], named["verbs"]) == (
        ["configmaps"],
        ["a", "b"],
        ["get"],
    )
