"""Storage that endpoints mount, and models that are loaded from it."""

from __future__ import annotations

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.plan import make_plan
from ai_platform.platform import Platform
from ai_platform.testing import record

EKS = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}
GKE = {"provider": "gke", "project": "example", "kubernetes_version": "1.34", "zones": ["us-central1-a"]}
MODELS = {"name": "models", "purpose": "weights", "kind": "object", "readers": ["chat"]}
OURS = {"name": "ours", "purpose": "weights", "kind": "object", "writers": ["chat"]}
DATA = {"name": "data", "purpose": "datasets", "kind": "object", "readers": ["chat"]}
SCRATCH = {"name": "scratch", "purpose": "weights", "kind": "local", "capacity_gib": 100, "readers": ["chat"]}
THEIRS = {"name": "theirs", "purpose": "weights", "kind": "object", "readers": ["other"]}
SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"


def described(cluster=EKS, machine="g6.12xlarge", **endpoint):
    keys = {
        "name": "test",
        "cluster": cluster,
        "node_pools": [{"name": "l4", "machine": machine}],
        "storage": [MODELS, OURS, DATA, SCRATCH, THEIRS],
        "teams": [{"name": "chat", "weight": 1}, {"name": "other"}],
        "endpoints": [
            {"name": "small", "team": "chat", "model": "qwen3-4b", "pool": "l4", "gpus": 1, **endpoint}
        ],
    }
    return parse(keys, subject="test")


def refused(**endpoint):
    with pytest.raises(InvalidInput) as caught:
        make_plan(described(**endpoint))
    return {problem.path: problem.expected for problem in caught.value.problems}


def service_of(environment):
    return record(lambda: Platform("test", environment)).only(SERVICE).inputs


def test_a_model_is_loaded_from_the_weights_that_its_endpoint_mounts():
    predictor = service_of(described(mounts={"models": "/models"}, weights="/models/qwen3-4b"))["spec"][
        "predictor"
    ]
    server = predictor["model"]
    assert server["args"][:2] == ["--model=/models/qwen3-4b", "--served-model-name=qwen3-4b"]
    assert server["volumeMounts"] == [{"name": "storage-models", "mountPath": "/models", "readOnly": True}]
    claim = {"claimName": "models", "readOnly": True}
    assert predictor["volumes"] == [{"name": "storage-models", "persistentVolumeClaim": claim}]
    assert predictor["serviceAccountName"] == "workload"
    assert predictor["labels"] == {"ai-platform/buckets": "reached"}


def test_an_endpoint_never_writes_where_its_team_may_but_on_the_disks_of_its_node():
    mounts = {"ours": "/models", "scratch": "/scratch"}
    predictor = service_of(described(mounts=mounts))["spec"]["predictor"]
    ours, scratch = predictor["volumes"]
    assert ours["persistentVolumeClaim"]["readOnly"]
    assert scratch["emptyDir"] == {"sizeLimit": "100Gi"}
    assert ["readOnly" in mount for mount in predictor["model"]["volumeMounts"]] == [True, False]


def test_an_endpoint_without_mounts_says_nothing_of_storage():
    predictor = service_of(described())["spec"]["predictor"]
    assert not {"volumes", "labels", "serviceAccountName"} & predictor.keys()
    assert "volumeMounts" not in predictor["model"]
    assert predictor["model"]["args"][0] == "--model=Qwen/Qwen3-4B"


def test_pods_on_gke_are_given_the_sidecar_that_mounts_buckets():
    environment = described(GKE, "a3-highgpu-8g", mounts={"models": "/models"})
    assert service_of(environment)["spec"]["predictor"]["annotations"]["gke-gcsfuse/volumes"] == "true"


def test_weights_of_another_precision_can_be_served_from_storage():
    plan = make_plan(described(mounts={"models": "/m"}, weights="/m/qwen3-4b-int4", precision="int4"))
    assert plan.endpoints[0].arguments[0] == "--model=/m/qwen3-4b-int4"
    assert "endpoints[0].precision" in refused(precision="int4")


@pytest.mark.parametrize(
    ("path", "says", "endpoint"),
    [
        ("mounts.gone", "a storage of this file: models", {"mounts": {"gone": "/a"}}),
        ("mounts.theirs", "a storage that chat may read", {"mounts": {"theirs": "/a"}}),
        ("mounts.ours", "models is there", {"mounts": {"models": "/a", "ours": "/a/"}}),
        ("mounts.models", "leaves /dev/shm to vLLM", {"mounts": {"models": "/dev"}}),
        ("mounts.models", "leaves /cache to vLLM", {"mounts": {"models": "/cache"}}),
        ("weights", "in one of the endpoint's mounts: it has none", {"weights": "/models/a"}),
        ("weights", "mounts: /models", {"mounts": {"models": "/models"}, "weights": "/model/a"}),
        ("weights", "purpose: weights; data has datasets", {"mounts": {"data": "/d"}, "weights": "/d/a"}),
        ("weights", "empty when a replica starts", {"mounts": {"scratch": "/s"}, "weights": "/s/a"}),
    ],
)
def test_mounts_and_weights_that_can_not_be_are_refused_where_they_stand(path, says, endpoint):
    found = refused(**endpoint)
    assert list(found) == [f"endpoints[0].{path}"]
    assert says in found[f"endpoints[0].{path}"]
