import copy

import pytest

from ai_platform.components.kserve_names import SERVED_LABEL
from ai_platform.serving.arrival import arrival
from ai_platform.serving.canary import CanaryArgs
from ai_platform.serving.endpoint import EndpointArgs, inference_service_manifest

SPEC = EndpointArgs(
    name="chat",
    team="one",
    namespace="one",
    pool="h100",
    resource="nvidia.com/gpu",
    devices=1,
    cpu=4,
    memory_gib=32,
    arguments=("--model=new",),
    min_replicas=2,
    max_replicas=4,
    labels={"ai-platform/cost-center": "42"},
)
TRIED = CanaryArgs(name="c1", model="other", percent=50, replicas=1, arguments=("--model=other",))
CANARY = SPEC.model_copy(update={"canary": TRIED})
READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def deployment(name="chat-predictor", arguments=("--model=new",), count=2, **status):
    """As KServe and Kubernetes make it, all of its replicas new and Ready."""
    manifest = inference_service_manifest(SPEC)
    metadata, predictor = manifest["metadata"], manifest["spec"]["predictor"]
    container = {
        "name": "kserve-container",
        "args": list(arguments),
        "resources": predictor["model"]["resources"],
        "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
    }
    template = {
        "metadata": {
            "labels": {**metadata["labels"], SERVED_LABEL: "chat"},
            "annotations": metadata["annotations"],
        },
        "spec": {
            "containers": [container, {"name": "agent"}],
            "nodeSelector": predictor["nodeSelector"],
        },
    }
    counts = {"replicas": count, "updatedReplicas": count, "availableReplicas": count}
    return {
        "metadata": {"name": name, "generation": 3},
        "spec": {"replicas": count, "template": template},
        "status": {"observedGeneration": 3, **counts, **status},
    }


def missing(*deployments, spec=SPEC, service=READY):
    return list(arrival(spec, service, deployments).missing)


def test_an_endpoint_has_arrived_when_all_its_replicas_are_new_and_ready():
    assert missing(deployment()) == []
    assert missing(deployment(count=4)) == []


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"observedGeneration": 2}, "Kubernetes has not taken on the change"),
        ({"updatedReplicas": 1}, "1 of 2 replicas as described, 2 Ready, 1 old left"),
        ({"replicas": 3, "availableReplicas": 2}, "2 of 2 replicas as described, 2 Ready, 1 old left"),
        ({"availableReplicas": 1}, "2 of 2 replicas as described, 1 Ready"),
    ],
)
def test_it_has_not_while_one_is_old_or_not_ready(status, says):
    assert missing(deployment(**status)) == [f"its model: {says}"]


def test_replicas_that_an_autoscaler_wants_beyond_the_least_are_not_waited_for():
    assert missing(deployment(count=4, availableReplicas=2)) == []


def test_fewer_than_the_least_are_not_enough_whatever_the_deployment_wants():
    assert missing(deployment(count=1)) == ["its model: 1 of 2 replicas as described, 1 Ready"]


def test_pods_of_the_description_before_are_not_those_of_this_one():
    before = [deployment(arguments=["--model=old"]), *(deployment() for _ in range(4))]
    template = [item["spec"]["template"] for item in before]
    template[1]["metadata"]["labels"]["ai-platform/cost-center"] = "41"
    template[2]["metadata"]["annotations"] = {"ai-platform/evaluation": "gone"}
    template[3]["spec"]["nodeSelector"] = {"ai-platform/pool": "l40s"}
    template[4]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "4"}}
    for item in [None, *before]:
        found = [item] if item else []
        assert missing(*found) == ["its model: KServe has not taken on the description"]


def test_a_canary_must_arrive_too_and_one_of_before_must_go():
    stable, canary = deployment(count=1), deployment("chat-c1-predictor", ["--model=other"], count=1)
    assert missing(stable, canary, spec=CANARY) == []
    late = copy.deepcopy(canary)
    late["status"]["availableReplicas"] = 0
    assert missing(stable, late, spec=CANARY) == ["its canary: 1 of 1 replicas as described, 0 Ready"]
    assert missing(deployment(), canary) == ["chat-c1-predictor of an earlier description is still there"]


def test_what_kserve_says_is_told_once_pods_are_there_or_where_it_makes_none():
    conditions = [{"type": "IngressReady", "status": "False", "message": "no"}]
    assert missing(deployment(), service={"status": {"conditions": conditions}}) == [
        "IngressReady is False: no"
    ]
    assert missing(deployment(), service={}) == ["KServe does not say Ready"]
    assert missing(service={"status": {"conditions": conditions}})[1:] == ["IngressReady is False: no"]
    assert missing(service=None) == ["its InferenceService is not there"]


def test_each_replica_that_comes_or_goes_is_a_step_further():
    steps = [
        deployment(arguments=["--model=old"]),
        deployment(updatedReplicas=1, replicas=3),
        deployment(updatedReplicas=1, replicas=2),
        deployment(updatedReplicas=2, replicas=3),
        deployment(),
    ]
    progress = [arrival(SPEC, READY, [step]).progress for step in steps]
    assert progress == sorted(set(progress))
