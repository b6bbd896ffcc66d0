import pytest

from ai_platform.serving.endpoint import Endpoint, EndpointArgs, inference_service_manifest
from ai_platform.testing import UNKNOWN, record

SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
ARGS = {
    "name": "chat",
    "team": "assistants",
    "namespace": "assistants-space",
    "pool": "h100",
    "resource": "nvidia.com/mig-2g.20gb",
    "devices": 1,
    "cpu": 4,
    "memory_gib": 32,
    "arguments": ["--model=qwen3-4b", "--max-model-len=8192"],
    "min_replicas": 1,
    "max_replicas": 3,
}


@pytest.fixture(scope="module", params=[False, True], ids=["up", "preview"])
def service(request):
    return record(lambda: Endpoint("chat", ARGS), preview=request.param).only(SERVICE)


def test_replicas_count_against_the_teams_quota(service):
    metadata = service.inputs["metadata"]
    assert metadata["namespace"] == "assistants-space"
    assert metadata["labels"]["kueue.x-k8s.io/queue-name"] == "default"
    assert metadata["labels"]["ai-platform/team"] == "assistants"


def test_each_replica_gets_exactly_its_device(service):
    resources = service.inputs["spec"]["predictor"]["model"]["resources"]
    assert resources["requests"] == {"cpu": "4", "memory": "32Gi", "nvidia.com/mig-2g.20gb": "1"}
    assert resources["limits"] == resources["requests"]


def test_replicas_land_on_the_pool_within_the_given_numbers(service):
    predictor = service.inputs["spec"]["predictor"]
    assert predictor["nodeSelector"] == {"ai-platform/pool": "h100"}
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (1, 3)
    assert [toleration["key"] for toleration in predictor["tolerations"]] == ["nvidia.com/gpu"]


def test_vllm_starts_as_planned(service):
    assert service.inputs["spec"]["predictor"]["model"]["args"] == ARGS["arguments"]


def test_model_is_reachable_inside_the_cluster_only_and_holds_no_token(service):
    assert service.inputs["metadata"]["labels"]["networking.kserve.io/visibility"] == "cluster-local"
    assert service.inputs["spec"]["predictor"]["automountServiceAccountToken"] is False


def test_pulumi_waits_for_nothing_and_pods_of_earlier_versions_stay(service):
    assert "pulumi.com/waitFor" not in service.inputs["metadata"]["annotations"]
    assert service.inputs["spec"]["predictor"]["annotations"] == {"pulumi.com/waitFor": "condition=Ready"}


def test_address_is_known_once_the_service_is():
    component = "ai-platform:index:Endpoint"
    url = "http://chat.assistants-space.svc.cluster.local/v1"
    assert record(lambda: Endpoint("chat", ARGS)).only(component).outputs == {"url": url}
    assert record(lambda: Endpoint("chat", ARGS), preview=True).only(component).outputs == {"url": UNKNOWN}


def test_the_address_leads_to_all_ready_replicas_whatever_deployment_they_are_of():
    (address,) = [
        item for item in record(lambda: Endpoint("chat", ARGS)).resources if item.name == "chat-address"
    ]
    assert address.inputs["spec"]["selector"] == {
        "serving.kserve.io/inferenceservice": "chat",
        "component": "predictor",
    }
    assert [port["targetPort"] for port in address.inputs["spec"]["ports"]] == [8080]
    assert address.inputs["metadata"]["namespace"] == "assistants-space"


CANARY = {
    "name": "c1a2b3c",
    "model": "qwen3-1.7b",
    "percent": 10,
    "replicas": 1,
    "arguments": ["--model=qwen3-1.7b"],
    "licence": "Apache-2.0",
}


def test_a_canary_has_other_arguments_and_a_number_of_replicas_and_all_else_of_its_endpoint():
    spec = inference_service_manifest(EndpointArgs.model_validate({**ARGS, "canary": CANARY}))["spec"]
    (canary,) = spec["canary"]
    assert canary["trafficPercent"] == 10
    tried = canary["predictor"]
    assert (tried["name"], tried["minReplicas"]) == ("c1a2b3c", 1)
    assert tried["model"] == {**spec["predictor"]["model"], "args": ["--model=qwen3-1.7b"]}
    assert tried["annotations"] == {
        "serving.kserve.io/autoscalerClass": "none",
        "ai-platform/model-licence": "Apache-2.0",
    }
    assert "labels" not in tried


def test_the_cost_of_a_canary_is_its_models():
    labels = {"ai-platform/model": "qwen3-4b", "ai-platform/team": "assistants"}
    manifest = inference_service_manifest(
        EndpointArgs.model_validate({**ARGS, "canary": CANARY, "labels": labels})
    )
    assert manifest["spec"]["canary"][0]["predictor"]["labels"] == {"ai-platform/model": "qwen3-1.7b"}


def test_names_of_a_canary_fit_where_kserve_builds_on_them():
    # The longest is the label app: isvc.<endpoint>-<canary>-predictor
    assert len(f"isvc.{'x' * 40}-{CANARY['name']}-predictor") == 63


def test_a_canary_changes_nothing_else_of_its_endpoint():
    plain = inference_service_manifest(EndpointArgs.model_validate(ARGS))
    tried = inference_service_manifest(EndpointArgs.model_validate({**ARGS, "canary": CANARY}))
    tried["spec"].pop("canary")
    assert tried == plain


def test_the_deployment_is_told_how_to_change():
    rollout = {"spare": "own", "max_surge": 1, "max_unavailable": 0, "gap": False}
    predictor = inference_service_manifest(EndpointArgs.model_validate({**ARGS, "rollout": rollout}))["spec"][
        "predictor"
    ]
    assert predictor["deploymentStrategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert (
        "deploymentStrategy"
        not in inference_service_manifest(EndpointArgs.model_validate(ARGS))["spec"]["predictor"]
    )


def test_pods_have_the_priority_that_was_planned_and_none_without():
    plain, planned = (
        inference_service_manifest(EndpointArgs.model_validate(args))["metadata"]["labels"]
        for args in (ARGS, {**ARGS, "priority": "serving"})
    )
    assert "kueue.x-k8s.io/priority-class" not in plain
    assert planned["kueue.x-k8s.io/priority-class"] == "serving"
