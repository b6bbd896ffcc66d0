from tests.policy.gates import NOT_YET, lines, made

RULE = "network-policy"
TEAM = made("kubernetes:core/v1:Namespace", metadata={"name": "chat", "labels": {"ai-platform/team": "chat"}})


def policy(namespace="chat", **spec):
    body = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], **spec}
    return made("kubernetes:networking.k8s.io/v1:NetworkPolicy", metadata={"namespace": namespace}, spec=body)


def test_a_teams_namespace_needs_a_policy_that_denies_everything():
    assert lines(RULE, TEAM, policy()) == []
    both = ["no NetworkPolicy denies all egress and ingress by default"]
    assert lines(RULE, TEAM) == lines(RULE, TEAM, policy("other")) == both
    assert lines(RULE, TEAM, policy(podSelector={"matchLabels": {"app": "x"}})) == both
    assert lines(RULE, TEAM, policy(policyTypes=["Ingress"])) == [
        "no NetworkPolicy denies all egress by default"
    ]
    assert lines(RULE, TEAM, policy(ingress=[{}])) == ["no NetworkPolicy denies all ingress by default"]


def test_a_namespace_that_is_no_teams_needs_none_and_the_label_can_be_another():
    system = made("kubernetes:core/v1:Namespace", metadata={"name": "kueue", "labels": {"tenant": "x"}})
    assert lines(RULE, system) == []
    assert len(lines(RULE, system, label="tenant")) == 1


def test_a_policy_that_is_not_known_yet_does_not_count_and_is_noted():
    hidden = policy(podSelector=NOT_YET)
    assert len(lines(RULE, TEAM, hidden)) == 1
    assert hidden.unseen == ["spec.podSelector"]
    hidden = policy(podSelector={"matchLabels": NOT_YET})
    assert len(lines(RULE, TEAM, hidden)) == 1
    assert hidden.unseen == ["spec.podSelector.matchLabels"]
