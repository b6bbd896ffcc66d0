"""Every Kubernetes object of every component before the real API server, and its pods before Pod Security.

The API server has the kinds of Kueue and KServe and their webhooks. Kinds that are in no Go module come from
``tests/foreign_kinds.yaml``. What a chart renders is not here: no chart is at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from ai_platform.local.api import Api, connect, explain
from ai_platform.local.cluster import Cluster
from ai_platform.local.waiting import wait_until
from ai_platform.serving.vllm_runtime import runtime_manifest
from tests.foreign_kinds import foreign_kinds
from tests.manifest_rules import manifests, named
from tests.programs import PROGRAMS, recorded

pytestmark = pytest.mark.engine

RUNTIME_CLASS = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "nvidia"},
    "handler": "nvidia",
}
NEEDED_FIRST = {"ServiceAccount", "LimitRange"}
"""What decides whether a pod comes in, and so must really be there."""
LIMIT_S = 240.0
SECURITY = "pod-security.kubernetes.io"

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def api(simulated_cluster: Cluster) -> Iterator[Api]:
    api = connect(simulated_cluster.kubeconfig)
    api.apply(RUNTIME_CLASS)
    with foreign_kinds(api):
        yield api
    api.delete(RUNTIME_CLASS["apiVersion"], RUNTIME_CLASS["kind"], RUNTIME_CLASS["metadata"]["name"])


@pytest.fixture(scope="module", params=PROGRAMS)
def objects(request: pytest.FixtureRequest, api: Api) -> Iterator[list[Manifest]]:
    """What a program makes, in namespaces of its own that are there with their Pod Security."""
    found = moved(manifests(recorded(request.param)), request.param.replace("_", "-"))
    spaces = [manifest for manifest in found if manifest["kind"] == "Namespace"]
    with there(api, spaces):
        api.apply_all(manifest for manifest in found if manifest["kind"] in NEEDED_FIRST)
        yield found


def moved(found: list[Manifest], program: str) -> list[Manifest]:
    """The same objects in namespaces that no other program makes; those of the cluster stay."""
    own = {item["metadata"]["name"] for item in found if item["kind"] == "Namespace"}
    found = deepcopy(found)
    for item in found:
        metadata = item["metadata"]
        if item["kind"] == "Namespace":
            metadata["name"] = f"{program}-{metadata['name']}"
        elif metadata.get("namespace") in own:
            metadata["namespace"] = f"{program}-{metadata['namespace']}"
    return found


def test_the_api_server_takes_every_object_and_pod_security_every_pod(api, objects):
    free = {item["metadata"]["name"] for item in objects if item["kind"] == "Namespace" and may_more(item)}
    pods = [pod for item in objects for pod in pods_of(item)]
    refused = {
        named(item): found for item in [*objects, *pods] if (found := left(dry_run(api, item), item, free))
    }
    assert refused == {}


def may_more(space: Manifest) -> bool:
    """Whether a namespace lets in what it warns of: a team of such a one is told so each time."""
    labels = space["metadata"]["labels"]
    return bool(labels.get(f"{SECURITY}/warn") != labels[f"{SECURITY}/enforce"])


def left(answers: list[str], item: Manifest, free: set[str]) -> list[str]:
    warned = item["metadata"].get("namespace") in free
    return [line for line in answers if not (warned and "would violate PodSecurity" in line)]


def test_an_unknown_field_is_refused(api):
    head = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor", "metadata": {"name": "x"}}
    assert "nodeLabel" in " ".join(dry_run(api, {**head, "spec": {"nodeLabel": {"a": "b"}}}))


def test_a_pod_that_is_root_is_not_let_into_a_restricted_namespace(api):
    level = {f"{SECURITY}/enforce": "restricted"}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "no-root", "labels": level}}
    with there(api, [space]):
        [answer] = dry_run(api, pod("root", "no-root", None, {"containers": [{"name": "x", "image": "x:1"}]}))
    assert "violates PodSecurity" in answer


@contextmanager
def there(api: Api, spaces: list[Manifest]) -> Iterator[None]:
    """Namespaces in which pods can be made."""
    api.apply_all(spaces)
    names = [space["metadata"]["name"] for space in spaces]
    try:
        assert wait_until(lambda: all(has_account(api, name) for name in names), limit_s=LIMIT_S)
        yield
    finally:
        for name in names:
            api.delete("v1", "Namespace", name)


def has_account(api: Api, namespace: str) -> bool:
    return api.get("v1", "ServiceAccount", "default", namespace) is not None


def dry_run(api: Api, manifest: Manifest) -> list[str]:
    """What the API server has against an object: why it is refused, or its warnings."""
    metadata = manifest["metadata"]
    try:
        kind = api._kind(manifest["apiVersion"], manifest["kind"])
        request = api.client.param_serialize(
            "PATCH",
            api._path(manifest),
            query_params=[
                ("dryRun", "All"),
                ("fieldManager", "tests"),
                ("fieldValidation", "Strict"),
                ("force", "true"),
            ],
            header_params={"Accept": "application/json", "Content-Type": "application/apply-patch+yaml"},
            body=manifest,
        )
        response = api.client.call_api(*request)
        response.read()
        if response.status >= 400:
            api.client.response_deserialize(response, {})
    except ApiException as error:
        return [explain(error)]
    assert kind.namespaced or "namespace" not in metadata
    return [warning for name, warning in response.getheaders().items() if name.lower() == "warning"]


def pods_of(manifest: Manifest) -> Iterator[Manifest]:
    """The pod that a controller makes of an object: only pods are held to Pod Security."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    if kind in {"Job", "DaemonSet", "Deployment", "StatefulSet"}:
        template = manifest["spec"]["template"]
        yield pod(metadata["name"], metadata["namespace"], template.get("metadata"), template["spec"])
    elif kind == "CronJob":
        template = manifest["spec"]["jobTemplate"]["spec"]["template"]
        yield pod(metadata["name"], metadata["namespace"], template.get("metadata"), template["spec"])
    elif kind == "InferenceService":
        predictor = manifest["spec"]["predictor"]
        head = {key: predictor[key] for key in ("labels", "annotations") if key in predictor}
        yield pod(metadata["name"], metadata["namespace"], head, served(predictor))


def served(predictor: Mapping[str, Any]) -> Manifest:
    """A predictor on its runtime, as KServe puts them together."""
    runtime = runtime_manifest()["spec"]
    [container] = runtime["containers"]
    model = {key: predictor["model"][key] for key in ("args", "resources")}
    mounts = [*container["volumeMounts"], *predictor["model"].get("volumeMounts", [])]
    own = {key: value for key, value in predictor.items() if key not in _OF_KSERVE}
    volumes = [*runtime["volumes"], *predictor.get("volumes", [])]
    return {**own, "volumes": volumes, "containers": [{**container, **model, "volumeMounts": mounts}]}


_OF_KSERVE = {"model", "minReplicas", "maxReplicas", "deploymentStrategy", "labels", "annotations"}


def pod(name: str, namespace: str, metadata: Mapping[str, Any] | None, spec: Mapping[str, Any]) -> Manifest:
    head = {**(metadata or {}), "name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": head, "spec": dict(spec)}
