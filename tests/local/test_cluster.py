"""The simulated cluster, run for real."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.watch import Watch

from ai_platform.local import cluster
from ai_platform.local.api import Api, Manifest, connect, explain
from ai_platform.local.cluster import Cluster, ProcessStatus
from ai_platform.local.errors import ClusterError
from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until
from tests.cluster_fixture import start, tools_and_manifests

pytestmark = pytest.mark.engine

RESOURCES = "simulated.ai-platform/resources"
LAYOUTS = "simulated.ai-platform/mig-layouts"
RUNS_FOR = "simulated.ai-platform/runs-for"
FAILS = "simulated.ai-platform/fails"
STATE = "nvidia.com/mig.config.state"
CONFIG = "nvidia.com/mig.config"
QUEUE = "kueue.x-k8s.io/queue-name"
SLICE = "nvidia.com/mig-1g.10gb"
MACHINE = {"cpu": "192", "memory": "2048Gi", "pods": "250", "nvidia.com/gpu": "8"}
MIG_LAYOUTS = {
    "all-disabled": {"nvidia.com/gpu": "8", SLICE: "0"},
    "all-1g.10gb": {"nvidia.com/gpu": "0", SLICE: "56"},
    "all-3g.40gb": {"nvidia.com/gpu": "0", "nvidia.com/mig-3g.40gb": "16"},
}
LIMIT_S = 240.0
LONG = {RUNS_FOR: "10h"}
"""Of jobs that run until ``Place.finish``, however busy the machine is meanwhile."""

_numbers = itertools.count()


@dataclass
class Place:
    """A namespace and nodes that belong to one test."""

    api: Api
    name: str
    nodes: list[str] = field(default_factory=list)

    def add_node(self, *, labels: Mapping[str, str] | None = None, layouts: Any = None) -> str:
        name = f"{self.name}-{len(self.nodes)}"
        notes = {
            "kwok.x-k8s.io/node": "fake",
            RESOURCES: json.dumps(MACHINE),
            LAYOUTS: json.dumps(MIG_LAYOUTS if layouts is None else layouts),
        }
        metadata = {
            "name": name,
            "labels": {"place": self.name, **(labels or {})},
            "annotations": notes,
        }
        self.api.apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata})
        self.nodes.append(name)
        self.until(lambda: ready(self.node(name)))
        return name

    def node(self, name: str) -> Manifest:
        found = self.api.get("v1", "Node", name)
        assert found
        return found

    def change_node(self, name: str, *, labels: Any = None, annotations: Any = None) -> None:
        change = {"metadata": {"labels": labels or {}, "annotations": annotations or {}}}
        self.api.patch("v1", "Node", name, change)

    def states_of(self, node: str, since: str) -> list[Any]:
        """What the node's MIG manager has said from a resource version on until its success."""
        said: list[Any] = []
        of_node = {"field_selector": f"metadata.name={node}", "resource_version": since}
        nodes = CoreV1Api(self.api.client).list_node
        for event in Watch().stream(nodes, **of_node, timeout_seconds=int(LIMIT_S)):
            state = event["raw_object"]["metadata"]["labels"].get(STATE)
            said += [state] if said[-1:] != [state] else []
            if state == "success":
                break
        return said

    def set_layout(self, node: str, layout: str, state: str = "success") -> None:
        self.change_node(node, labels={CONFIG: layout})
        self.until(
            lambda: (
                self.node(node)["metadata"]["annotations"].get("simulated.ai-platform/mig-config-applied")
                == layout
                and self.node(node)["metadata"]["labels"].get(STATE) == state
            )
        )

    def add_queue(self, quota: Mapping[str, str]) -> None:
        resources = [{"name": name, "nominalQuota": amount} for name, amount in quota.items()]
        flavors = [{"name": self.name, "resources": resources}]
        spec = {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.name}},
            "resourceGroups": [{"coveredResources": list(quota), "flavors": flavors}],
        }
        flavor = {"nodeLabels": {"place": self.name}}
        self.kueue("ResourceFlavor", self.name, flavor)
        self.kueue("ClusterQueue", self.name, spec)
        self.kueue("LocalQueue", "team", {"clusterQueue": self.name}, namespace=self.name)

    def change_queue(self, spec: Any) -> None:
        self.api.patch("kueue.x-k8s.io/v1beta2", "ClusterQueue", self.name, {"spec": spec})

    def kueue(self, kind: str, name: str, spec: Any, namespace: str | None = None) -> None:
        metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
        self.api.apply(
            {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": kind, "metadata": metadata, "spec": spec}
        )

    def add_job(self, name: str, *, notes: Any = None, queue: str | None = None, **requests: str) -> None:
        container = {"name": "main", "image": "work"} | container_resources(requests)
        template = {
            "metadata": {"annotations": notes or {}},
            "spec": {
                "restartPolicy": "Never",
                "nodeSelector": {"place": self.name},
                "containers": [container],
            },
        }
        self.api.apply(
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {
                    "name": name,
                    "namespace": self.name,
                    "labels": {QUEUE: queue} if queue else {},
                },
                "spec": {"template": template, "backoffLimit": 0},
            }
        )

    def job_condition(self, name: str, kind: str) -> bool:
        return condition(self.api.get("batch/v1", "Job", name, self.name), kind) == "True"

    def finish(self) -> None:
        """Lets all that runs complete now."""
        for pod in self.pods():
            if pod["status"]["phase"] == "Running":
                change = {"metadata": {"annotations": {RUNS_FOR: "0s"}}}
                self.api.patch("v1", "Pod", pod["metadata"]["name"], change, self.name)

    def pods(self) -> list[Manifest]:
        return self.api.list("v1", "Pod", self.name)

    def workloads(self) -> list[Manifest]:
        return self.api.list("kueue.x-k8s.io/v1beta2", "Workload", self.name)

    def until(self, holds: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
        assert wait_until(holds, limit_s=limit_s), f"not so within {limit_s} s in {self.name}"


@pytest.fixture(scope="session")
def api(simulated_cluster: Cluster) -> Api:
    return connect(simulated_cluster.kubeconfig)


@pytest.fixture
def place(api: Api) -> Iterator[Place]:
    name = f"place-{next(_numbers)}"
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    place = Place(api, name)
    yield place
    api.delete("v1", "Namespace", name)
    for node in place.nodes:
        api.delete("v1", "Node", node)


def container_resources(requests: Mapping[str, str]) -> dict[str, Any]:
    return {"resources": {"requests": dict(requests), "limits": dict(requests)}}


def condition(manifest: Manifest | None, kind: str) -> str | None:
    conditions = ((manifest or {}).get("status") or {}).get("conditions") or []
    return next((entry["status"] for entry in conditions if entry["type"] == kind), None)


def becomes_healthy(name: str, root: Path) -> bool:
    """Whether every program answers its probe before long, which a busy machine may keep it from."""
    return wait_until(
        lambda: all(entry.healthy for entry in cluster.status(name, root=root)), limit_s=LIMIT_S
    )


def ready(manifest: Manifest | None) -> bool:
    return condition(manifest, "Ready") == "True"


def runtime(name: str, place: Place) -> dict[str, Any]:
    container = {
        "name": "kserve-container",
        "image": "vllm/vllm-openai",
        "args": ["--model=/mnt/models", "--port=8080"],
        "ports": [{"containerPort": 8080, "name": "http1", "protocol": "TCP"}],
    } | container_resources({"cpu": "4", "memory": "16Gi"})
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": name},
        "spec": {
            "supportedModelFormats": [{"name": "vLLM", "autoSelect": True}],
            "protocolVersions": ["v2"],
            "containers": [container],
            "nodeSelector": {"place": place.name},
        },
    }


def inference_service(place: Place, runtime: str, labels: Any = None, **model: Any) -> dict[str, Any]:
    model = {"modelFormat": {"name": "vLLM"}, "runtime": runtime, **model}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "chat", "namespace": place.name, "labels": labels or {}},
        "spec": {"predictor": {"minReplicas": 1, "maxReplicas": 2, "model": model}},
    }


def test_a_node_offers_what_its_annotation_says_and_follows_it(place: Place) -> None:
    node = place.add_node()
    capacity = {"cpu": "192", "memory": "2Ti", "pods": "250", "nvidia.com/gpu": "8"}
    assert place.node(node)["status"]["capacity"] == capacity
    assert place.node(node)["status"]["allocatable"] == capacity
    place.change_node(node, annotations={RESOURCES: json.dumps({**MACHINE, "nvidia.com/gpu": "4"})})
    place.until(lambda: place.node(node)["status"]["allocatable"]["nvidia.com/gpu"] == "4")


def test_a_mig_layout_goes_from_pending_to_success_with_its_resources(place: Place) -> None:
    node = place.add_node()
    since = place.node(node)["metadata"]["resourceVersion"]
    place.set_layout(node, "all-1g.10gb")
    assert place.states_of(node, since) == [None, "pending", "success"]
    status = place.node(node)["status"]
    assert status["capacity"] == status["allocatable"]
    assert status["capacity"][SLICE] == "56"
    assert status["capacity"]["nvidia.com/gpu"] == "0"
    assert status["capacity"]["cpu"] == "192"


def test_a_new_mig_layout_takes_away_what_the_old_one_offered(place: Place) -> None:
    node = place.add_node()
    place.set_layout(node, "all-1g.10gb")
    place.set_layout(node, "all-3g.40gb")
    capacity = place.node(node)["status"]["capacity"]
    assert capacity["nvidia.com/mig-3g.40gb"] == "16"
    assert capacity.get(SLICE, "0") == "0"
    place.set_layout(node, "all-1g.10gb")
    assert place.node(node)["status"]["capacity"][SLICE] == "56"


def test_a_mig_layout_whose_content_changes_is_applied_again(place: Place) -> None:
    node = place.add_node()
    place.set_layout(node, "all-1g.10gb")
    smaller = MIG_LAYOUTS | {"all-1g.10gb": {"nvidia.com/gpu": "1", SLICE: "49"}}
    place.change_node(node, annotations={LAYOUTS: json.dumps(smaller)})
    place.until(lambda: place.node(node)["status"]["capacity"][SLICE] == "49")
    assert place.node(node)["status"]["capacity"]["nvidia.com/gpu"] == "1"


@pytest.mark.parametrize("layouts", [MIG_LAYOUTS, {}, "no object", ["nor", "this"]])
def test_an_unknown_mig_layout_fails_and_leaves_the_capacity(place: Place, layouts: Any) -> None:
    node = place.add_node(layouts=layouts)
    before = place.node(node)["status"]["capacity"]
    place.set_layout(node, "all-9g.90gb", state="failed")
    assert place.node(node)["status"]["capacity"] == before


def test_a_failed_mig_layout_recovers_once_it_is_known(place: Place) -> None:
    node = place.add_node()
    place.set_layout(node, "all-2g.20gb", state="failed")
    known = {**MIG_LAYOUTS, "all-2g.20gb": {"nvidia.com/gpu": "0", "nvidia.com/mig-2g.20gb": "24"}}
    place.change_node(node, annotations={LAYOUTS: json.dumps(known)})
    place.set_layout(node, "all-2g.20gb")
    assert place.node(node)["status"]["capacity"]["nvidia.com/mig-2g.20gb"] == "24"


def test_a_base_that_changes_keeps_the_mig_layout(place: Place) -> None:
    node = place.add_node()
    place.set_layout(node, "all-1g.10gb")
    place.change_node(node, annotations={RESOURCES: json.dumps({**MACHINE, "cpu": "96"})})
    place.until(lambda: place.node(node)["status"]["capacity"]["cpu"] == "96")
    assert place.node(node)["status"]["capacity"][SLICE] == "56"


def test_a_node_without_the_annotation_keeps_the_capacity_it_was_given(place: Place) -> None:
    name = f"{place.name}-plain"
    place.nodes.append(name)
    given = {"cpu": "4", "memory": "8Gi", "pods": "10"}
    place.api.send(
        "POST",
        "/api/v1/nodes",
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "status": {"capacity": given, "allocatable": given},
        },
    )
    place.until(lambda: ready(place.node(name)))
    assert place.node(name)["status"]["capacity"] == given


def test_every_server_listens_on_one_loopback_address_alone(simulated_cluster: Cluster) -> None:
    root = simulated_cluster.kubeconfig.parent.parent
    ports = [port for program in cluster.status("shared", root=root) for port in program.ports.values()]
    assert len(ports) >= 10

    def answers(address: str, port: int) -> bool:
        with socket.socket() as asked:
            asked.settimeout(60)
            return asked.connect_ex((address, port)) == 0

    assert [port for port in ports if not answers("127.0.0.1", port)] == []
    # Who listens on all interfaces answers there too.
    assert [port for port in ports if answers("127.0.0.2", port)] == []


def test_a_job_on_mig_slices_waits_for_quota_and_runs_to_completion(place: Place) -> None:
    place.set_layout(place.add_node(), "all-1g.10gb")
    place.add_queue({SLICE: "14", "cpu": "8"})
    for name in ("first", "second"):
        place.add_job(name, notes=LONG, queue="team", **{SLICE: "10", "cpu": "1"})

    def reserved() -> list[str | None]:
        return [condition(load, "QuotaReserved") for load in place.workloads()]

    place.until(lambda: sorted(map(str, reserved())) == ["False", "True"])
    place.until(lambda: [ready(pod) for pod in place.pods()] == [True])
    place.finish()
    place.until(lambda: reserved() == ["True", "True"])
    place.until(lambda: sorted(ready(pod) for pod in place.pods()) == [False, True])
    place.finish()
    place.until(
        lambda: place.job_condition("first", "Complete") and place.job_condition("second", "Complete")
    )
    place.until(lambda: all(condition(load, "Finished") == "True" for load in place.workloads()))


def test_an_evicted_job_loses_its_pods_and_starts_again_when_it_may(place: Place) -> None:
    place.add_node()
    place.add_queue({"cpu": "8"})
    place.add_job("patient", notes=LONG, queue="team", cpu="1")
    place.until(lambda: [ready(pod) for pod in place.pods()] == [True])
    place.change_queue({"stopPolicy": "HoldAndDrain"})
    place.until(lambda: place.pods() == [])
    assert not place.job_condition("patient", "Failed")
    place.change_queue({"stopPolicy": "None"})
    place.until(lambda: [ready(pod) for pod in place.pods()] == [True])
    place.finish()
    place.until(lambda: place.job_condition("patient", "Complete"))


def test_a_job_may_be_told_to_end_at_once_or_to_fail(place: Place) -> None:
    place.add_node()
    place.add_job("quick", notes={RUNS_FOR: "0s"}, cpu="1")
    place.add_job("broken", notes={RUNS_FOR: "0s", FAILS: "true"}, cpu="1")
    place.until(lambda: place.job_condition("quick", "Complete") and place.job_condition("broken", "Failed"))


def test_a_job_works_for_as_long_as_its_annotation_says(place: Place) -> None:
    place.add_node()
    place.add_job("long", notes=LONG, cpu="1")
    place.until(lambda: [ready(pod) for pod in place.pods()] == [True])
    place.add_job("short", notes={RUNS_FOR: "2s"}, cpu="1")
    place.until(lambda: place.job_condition("short", "Complete"))
    assert not place.job_condition("long", "Complete")
    phases = {pod["metadata"]["name"].partition("-")[0]: pod["status"]["phase"] for pod in place.pods()}
    assert phases["long"] == "Running"


def test_a_deleted_pod_goes_away_and_its_deployment_replaces_it(place: Place) -> None:
    place.add_node()
    spec = {
        "nodeSelector": {"place": place.name},
        "initContainers": [{"name": "fetch", "image": "fetch"}],
        "containers": [{"name": "main", "image": "work"}],
    }
    labels = {"app": "web"}
    place.api.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": place.name},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        }
    )
    place.until(lambda: [ready(pod) for pod in place.pods()] == [True])
    (old,) = place.pods()
    assert old["status"]["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    place.api.delete("v1", "Pod", old["metadata"]["name"], place.name)
    name = old["metadata"]["name"]
    place.until(
        lambda: [(ready(pod), pod["metadata"]["name"] == name) for pod in place.pods()] == [(True, False)]
    )


def test_pods_get_addresses_of_their_own(place: Place) -> None:
    place.add_node()
    for number in range(3):
        place.add_job(f"job-{number}", notes=LONG, cpu="1")
    place.until(lambda: [ready(pod) for pod in place.pods()] == [True] * 3)
    assert len({pod["status"]["podIP"] for pod in place.pods()}) == 3


def test_an_inference_service_becomes_ready_by_kserves_own_word(place: Place) -> None:
    place.set_layout(place.add_node(), "all-1g.10gb")
    place.api.apply(runtime(place.name, place))
    service = inference_service(place, place.name, **container_resources({SLICE: "1"}))
    place.api.apply(service)
    place.until(
        lambda: ready(place.api.get("serving.kserve.io/v1beta1", "InferenceService", "chat", place.name))
    )
    (pod,) = place.pods()
    assert pod["spec"]["nodeName"] in place.nodes
    assert pod["spec"]["containers"][0]["resources"]["limits"][SLICE] == "1"


def test_kserves_webhook_puts_the_download_of_the_model_into_the_pod(place: Place) -> None:
    place.add_node()
    place.api.apply(runtime(place.name, place))
    place.api.apply(inference_service(place, place.name, storageUri="hf://meta-llama/Llama-3.1-8B-Instruct"))
    place.until(lambda: [ready(pod) for pod in place.pods()] == [True])
    (pod,) = place.pods()
    assert [container["name"] for container in pod["spec"]["initContainers"]] == ["storage-initializer"]


def test_the_pods_of_an_inference_service_count_against_quota(place: Place) -> None:
    place.set_layout(place.add_node(), "all-1g.10gb")
    place.add_queue({SLICE: "1", "cpu": "100", "memory": "1000Gi"})
    place.api.apply(runtime(place.name, place))
    service = inference_service(place, place.name, {QUEUE: "team"}, **container_resources({SLICE: "1"}))
    service["spec"]["predictor"]["minReplicas"] = 2
    place.api.apply(service)
    place.until(lambda: any(condition(load, "Admitted") == "True" for load in place.workloads()))
    place.until(lambda: sorted(ready(pod) for pod in place.pods()) == [False, True])
    waiting = next(pod for pod in place.pods() if not ready(pod))
    assert {"name": "kueue.x-k8s.io/admission"} in waiting["spec"]["schedulingGates"]


def test_kserves_webhook_refuses_an_invalid_inference_service(place: Place) -> None:
    service = inference_service(place, "any")
    service["spec"]["predictor"] |= {"minReplicas": 3, "maxReplicas": 1}
    with pytest.raises(ApiException) as refused:
        place.api.apply(service)
    assert "kserve-webhook-server.validator" in explain(refused.value)


def test_kserves_webhook_completes_an_inference_service(place: Place) -> None:
    created = place.api.apply(inference_service(place, "any"), dry_run=True)
    assert created["spec"]["predictor"]["model"]["protocolVersion"] == "v2"


def test_kueues_webhook_refuses_an_invalid_queue(place: Place) -> None:
    flavors = [{"name": "a", "resources": [{"name": "cpu", "nominalQuota": "1", "borrowingLimit": "1"}]}]
    with pytest.raises(ApiException) as refused:
        place.kueue(
            "ClusterQueue",
            place.name,
            {"resourceGroups": [{"coveredResources": ["cpu"], "flavors": flavors}]},
        )
    assert "borrowingLimit" in explain(refused.value)


def test_kueues_old_version_is_converted(place: Place) -> None:
    place.add_queue({"cpu": "1"})
    queue = place.api.get("kueue.x-k8s.io/v1beta1", "ClusterQueue", place.name)
    assert queue
    assert queue["apiVersion"] == "kueue.x-k8s.io/v1beta1"


def test_a_dead_controller_is_shown_with_its_log_and_up_heals_it(simulated_cluster: Cluster) -> None:
    root = simulated_cluster.directory.parent
    assert becomes_healthy("shared", root)
    before = {entry.name: entry for entry in cluster.status("shared", root=root)}
    pid = before["kueue"].pid
    assert pid
    os.kill(pid, signal.SIGKILL)

    def kueue() -> ProcessStatus:
        return next(entry for entry in cluster.status("shared", root=root) if entry.name == "kueue")

    assert wait_until(lambda: not kueue().running, limit_s=LIMIT_S)
    dead = kueue()
    assert not dead.healthy
    assert "kueue" in dead.log_tail
    start("shared", root)
    assert becomes_healthy("shared", root)
    after = {entry.name: entry for entry in cluster.status("shared", root=root)}
    assert after["kueue"].pid != pid
    assert after["kueue"].ports == before["kueue"].ports
    assert {name: entry.pid for name, entry in after.items() if name != "kueue"} == {
        name: entry.pid for name, entry in before.items() if name != "kueue"
    }


def test_a_cluster_whose_servers_died_comes_back_with_its_data(
    place: Place, simulated_cluster: Cluster
) -> None:
    root = simulated_cluster.directory.parent
    for entry in cluster.status("shared", root=root):
        if entry.name in ("etcd", "kube-apiserver"):
            assert entry.pid
            os.kill(entry.pid, signal.SIGKILL)
    assert start("shared", root) == simulated_cluster
    assert place.api.get("v1", "Namespace", place.name)
    place.add_node()
    place.add_job("after", notes={RUNS_FOR: "0s"}, cpu="1")
    place.until(lambda: place.job_condition("after", "Complete"))


def test_a_second_cluster_stands_beside_the_first_and_goes_without_a_trace(
    simulated_cluster: Cluster, tmp_path: Path
) -> None:
    with down_afterwards("beside", tmp_path):
        beside = start("beside", tmp_path)
        assert beside.server != simulated_cluster.server
        own = connect(beside.kubeconfig)
        own.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "only-here"}})
        assert connect(simulated_cluster.kubeconfig).get("v1", "Namespace", "only-here") is None
        processes = cluster.status("beside", root=tmp_path)
        cluster.down("beside", root=tmp_path, report=lambda _: None)
        cluster.down("beside", root=tmp_path, report=lambda _: None)
    assert cluster.status("beside", root=tmp_path) == []
    assert list(tmp_path.iterdir()) == []
    # With them go their ports, which others may have by now.
    assert not any(Path(f"/proc/{entry.pid}").exists() for entry in processes)
    assert commands_with(str(tmp_path)) == []
    assert becomes_healthy("shared", simulated_cluster.directory.parent)


def commands_with(text: str) -> list[str]:
    """Command lines of running processes in which a text stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_text(errors="replace"))
    return [command for command in found if text in command]


def test_a_port_that_is_taken_is_told_with_the_program_that_wanted_it(tmp_path: Path) -> None:
    tools, sources = tools_and_manifests()
    with socket.socket() as taken, down_afterwards("taken", tmp_path):
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"etcd": int(taken.getsockname()[1])}
        with pytest.raises(ClusterError, match=r"(?s)etcd stopped while starting.*address already in use"):
            cluster.up("taken", root=tmp_path, tools=tools, manifests=sources, ports=ports, report=print)
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_goes_down_with_the_test_run_that_was_killed(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from ai_platform.local.guard import down_afterwards
        root = Path({str(tmp_path)!r})
        with down_afterwards("orphan", root):
            (root / "orphan" / "pids").mkdir(parents=True)
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert wait_until(lambda: not (tmp_path / "orphan").exists(), limit_s=LIMIT_S)
