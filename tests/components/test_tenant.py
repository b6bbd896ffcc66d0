import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.tenant import Tenant
from ai_platform.testing import record

ARGS = {"team": "research", "group": "research-people", "cost_center": "4300"}
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"


@pytest.fixture(scope="module", params=[False, True], ids=["up", "preview"])
def recording(request):
    return record(lambda: Tenant("research", ARGS), preview=request.param)


def test_pods_of_the_namespace_must_be_restricted(recording):
    labels = recording.only("kubernetes:core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_namespace_says_whose_it_is_and_who_pays(recording):
    labels = recording.only("kubernetes:core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels["ai-platform/team"] == "research"
    assert labels["ai-platform/cost-center"] == "4300"


def test_network_is_denied_unless_a_policy_allows_it(recording):
    policies = {policy.inputs["metadata"]["name"]: policy.inputs["spec"] for policy in recording.of(POLICY)}
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    incoming = [
        peer for spec in policies.values() for rule in spec.get("ingress", []) for peer in rule["from"]
    ]
    assert incoming == [{"podSelector": {}}]


def test_only_served_models_reach_beyond_the_cluster(recording):
    open_to_all = [
        policy.inputs["spec"]
        for policy in recording.of(POLICY)
        if any("to" not in rule for rule in policy.inputs["spec"].get("egress", []))
    ]
    assert [spec["egress"] for spec in open_to_all] == [[{"ports": [{"port": 443, "protocol": "TCP"}]}]]
    assert open_to_all[0]["podSelector"]["matchExpressions"][0]["operator"] == "Exists"


def test_rights_name_no_wildcard_and_stay_in_the_namespace(recording):
    rules = recording.only(f"{RBAC}:Role").inputs["rules"]
    assert not any("*" in entry for rule in rules for part in rule.values() for entry in part)
    verbs = {resource: rule["verbs"] for rule in rules for resource in rule["resources"]}
    assert "secrets" not in verbs
    assert set(verbs["resourcequotas"]) == {"get", "list", "watch"}
    assert not [resource for resource in recording.resources if "Cluster" in resource.type]


def test_the_teams_group_gets_the_rights(recording):
    binding = recording.only(f"{RBAC}:RoleBinding").inputs
    assert [subject["name"] for subject in binding["subjects"]] == ["research-people"]
    assert binding["roleRef"]["name"] == recording.only(f"{RBAC}:Role").inputs["metadata"]["name"]


def test_no_load_balancer_and_no_node_port_leaves_the_cluster(recording):
    hard = recording.only("kubernetes:core/v1:ResourceQuota").inputs["spec"]["hard"]
    assert (hard["services.loadbalancers"], hard["services.nodeports"]) == ("0", "0")


def test_containers_have_default_limits(recording):
    [limit] = recording.only("kubernetes:core/v1:LimitRange").inputs["spec"]["limits"]
    assert limit["default"].keys() == limit["defaultRequest"].keys() == {"cpu", "memory"}


def test_everything_inside_waits_for_the_namespace(recording):
    namespace = recording.only("kubernetes:core/v1:Namespace")
    inside = [item for item in recording.resources if item.custom and item != namespace]
    assert inside
    assert all(item.options.depends_on == (namespace.urn,) for item in inside)
    assert {item.inputs["metadata"]["namespace"] for item in inside} == {"research"}


def test_without_cost_center_there_is_no_label():
    recording = record(lambda: Tenant("research", {"team": "research", "group": "people"}))
    namespace = recording.only("kubernetes:core/v1:Namespace")
    assert "ai-platform/cost-center" not in namespace.inputs["metadata"]["labels"]


def test_bad_arguments_are_one_error_with_all_problems():
    with pytest.raises(InvalidArgs) as caught:
        record(lambda: Tenant("x", {"team": "Not A Name", "colour": "red"}))
    assert {problem.path for problem in caught.value.problems} == {"team", "group", "colour"}


def test_a_cost_center_that_is_no_label_becomes_one():
    recording = record(lambda: Tenant("research", ARGS | {"cost_center": "CC 43/00"}))
    label = recording.only("kubernetes:core/v1:Namespace").inputs["metadata"]["labels"][
        "ai-platform/cost-center"
    ]
    assert label.startswith("CC-43-00-")
