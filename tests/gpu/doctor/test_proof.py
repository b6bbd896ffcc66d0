import ast
from pathlib import Path

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.gpu.doctor import pod_scripts
from ai_platform.gpu.doctor.bandwidth import BUS_BANDWIDTHS
from ai_platform.gpu.doctor.proof import FabricProof, namespace_manifest, namespaced_manifests
from ai_platform.gpu.doctor.proof_jobs import all_reduce_manifest, visible_manifest
from ai_platform.gpu.doctor.proof_spec import FabricProofArgs
from ai_platform.gpu.fabric_pods import PodFabric
from ai_platform.gpu.machines import MACHINES
from ai_platform.testing import record

IMAGE = f"registry.example/torch@sha256:{'b' * 64}"
EFA = PodFabric(
    resources={"vpc.amazonaws.com/efa": "32"},
    env={"FI_PROVIDER": "efa"},
    huge_pages={"hugepages-2Mi": "5120Mi"},
)
HELPED = PodFabric(
    annotations={"devices.gke.io/container.tcpxo-daemon": "- path: /dev/nvidia0"},
    capabilities=("IPC_LOCK",),
    volumes=({"name": "libraries", "hostPath": {"path": "/home/kubernetes/bin/nvidia"}},),
    volume_mounts=({"name": "libraries", "mountPath": "/usr/local/nvidia"},),
    containers=({"name": "tcpxo-daemon", "image": "daemon"},),
    setup_script="/usr/local/nvidia/lib64/nccl-env-profile.sh",
)


def args(**more):
    basics = {"image": IMAGE, "pool": "h100", "machine": "p5.48xlarge", "gpus_per_node": 8, "nodes": 3}
    return FabricProofArgs.model_validate({**basics, **more})


def template(manifest):
    return manifest["spec"]["template"]


def gang(fabric=EFA, **more):
    manifest = all_reduce_manifest(args(**more), fabric)
    return manifest, template(manifest)["spec"], template(manifest)["spec"]["containers"][0]


def test_the_component_makes_its_objects_below_itself():
    recording = record(lambda: FabricProof("proof", args(), EFA))
    roles = sorted(urn.split("::")[-1] for urn in recording.urns() if "FabricProof$" in urn)
    assert roles == [
        "proof-all-reduce",
        "proof-namespace",
        "proof-network",
        "proof-script",
        "proof-service",
        "proof-visible",
    ]


def test_up_does_not_wait_for_a_proof_and_a_proof_does_not_wait_for_ever():
    for manifest in namespaced_manifests(args(), EFA).values():
        if manifest["kind"] == "Job":
            assert manifest["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
            assert manifest["spec"]["activeDeadlineSeconds"] == 3600
            assert manifest["spec"]["backoffLimit"] == 0


def test_each_node_gets_one_pod_that_takes_one_device():
    spec = visible_manifest(args())["spec"]
    assert (spec["completions"], spec["parallelism"], spec["completionMode"]) == (3, 3, "Indexed")
    [apart] = template({"spec": spec})["spec"]["affinity"]["podAntiAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert apart["topologyKey"] == "kubernetes.io/hostname"
    assert (
        apart["labelSelector"]["matchLabels"].items()
        <= template({"spec": spec})["metadata"]["labels"].items()
    )
    [container] = template({"spec": spec})["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_nodes_that_are_cut_show_a_mig_device_and_reduce_nothing():
    manifests = namespaced_manifests(args(resource="nvidia.com/mig-1g.10gb", fabric_nodes=0), PodFabric())
    assert set(manifests) == {"script", "network", "visible"}
    [container] = template(manifests["visible"])["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/mig-1g.10gb"] == "1"
    assert "nvidia.com/gpu" not in container["resources"]["limits"]


def test_the_gang_takes_whole_nodes_with_their_fabric():
    manifest, _, container = gang()
    assert manifest["spec"]["completions"] == 2
    limits = container["resources"]["limits"]
    assert limits["nvidia.com/gpu"] == "8"
    assert limits["vpc.amazonaws.com/efa"] == "32"
    assert limits["hugepages-2Mi"] == "5120Mi"
    assert container["resources"]["requests"] == limits
    assert {"name": "FI_PROVIDER", "value": "efa"} in container["env"]


def test_processes_find_each_other_by_the_name_of_the_first_pod():
    manifest, pod, container = gang()
    service = namespaced_manifests(args(), EFA)["service"]
    first = f"{manifest['metadata']['name']}-0.{service['metadata']['name']}"
    assert f"--master-addr={first}" in container["command"]
    assert "--node-rank=$(JOB_COMPLETION_INDEX)" in container["command"]
    assert container["env"][0]["name"] == "JOB_COMPLETION_INDEX"
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert service["spec"]["selector"].items() <= template(manifest)["metadata"]["labels"].items()


def test_the_threshold_is_that_of_the_machines_row():
    published = BUS_BANDWIDTHS["p5.48xlarge"].gb_per_s
    _, _, container = gang()
    assert container["command"][-2:] == [str(2 * 2**30), f"{published * 0.8:.2f}"]


@pytest.mark.parametrize(
    ("machine", "more"),
    [
        ("p5en.48xlarge", {}),
        ("p4d.24xlarge", {}),
        ("a3-megagpu-8g", {}),
        ("p5.48xlarge", {"fabric_nodes": 3}),
    ],
)
def test_what_no_settled_figure_covers_is_not_judged(machine, more):
    _, _, container = gang(machine=machine, **more)
    assert container["command"][-1] == str(2 * 2**30)


def test_a_figure_of_ones_own_judges_any_machine():
    _, _, container = gang(machine="p5en.48xlarge", minimum_gb_per_s=350)
    assert container["command"][-1] == "350.00"


def test_a_provisional_figure_is_shown_with_its_reason():
    manifest, _, _ = gang(machine="a3-megagpu-8g")
    shown = manifest["metadata"]["annotations"]["ai-platform/published-bandwidth"]
    assert shown.startswith("318.4 GB/s, ")
    assert "provisional: one user's log" in shown


def test_published_figures_are_of_machines_that_there_are_and_below_what_their_cards_add_up_to():
    assert set(BUS_BANDWIDTHS) <= set(MACHINES)
    for name, row in BUS_BANDWIDTHS.items():
        # Two nodes may seem to reach twice what the cards carry: each byte crosses only once.
        assert row.gb_per_s < 2 * MACHINES[name].network_gbps / 8
        assert "read 20" in row.source


def test_helpers_run_as_sidecars_so_that_the_job_ends():
    _, pod, container = gang(HELPED)
    [helper] = pod["initContainers"]
    assert (helper["name"], helper["restartPolicy"]) == ("tcpxo-daemon", "Always")
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["IPC_LOCK"]}
    assert container["command"][:3] == [
        "bash",
        "-c",
        '. /usr/local/nvidia/lib64/nccl-env-profile.sh && exec "$@"',
    ]
    assert container["command"][4] == "torchrun"
    assert {"name": "libraries", "mountPath": "/usr/local/nvidia"} in container["volumeMounts"]


def test_every_pod_has_one_shared_memory_of_its_own_or_of_its_fabric():
    shared = "/dev/shm"  # noqa: S108 - where NCCL looks
    _, _, container = gang()
    assert [one["mountPath"] for one in container["volumeMounts"]].count(shared) == 1
    brings = PodFabric(
        volumes=({"name": "shared-memory", "emptyDir": {"medium": "Memory"}},),
        volume_mounts=({"name": "shared-memory", "mountPath": shared},),
    )
    _, pod, container = gang(brings)
    assert [one["mountPath"] for one in container["volumeMounts"]].count(shared) == 1
    assert [one["name"] for one in pod["volumes"]] == ["script", "shared-memory"]


def test_pods_are_restricted_unless_the_fabric_needs_more():
    level = "pod-security.kubernetes.io/enforce"
    assert namespace_manifest(args(), EFA)["metadata"]["labels"][level] == "restricted"
    assert namespace_manifest(args(), HELPED)["metadata"]["labels"][level] == "privileged"
    _, _, container = gang()
    assert container["securityContext"]["runAsNonRoot"] is True


def test_another_run_changes_the_pods_and_so_replaces_the_jobs():
    assert visible_manifest(args())["spec"] != visible_manifest(args(run="second"))["spec"]
    assert gang()[0]["spec"] != gang(run="second")[0]["spec"]


def test_taints_of_the_pool_are_tolerated_and_no_others():
    _, pod, _ = gang(taints=[{"key": "team", "value": "ml"}])
    assert [one["key"] for one in pod["tolerations"]] == ["nvidia.com/gpu", "team"]


def test_bus_bandwidth_is_what_nccl_tests_prints():
    # Two p5.48xlarge: 2147483648 bytes, 9197.5 us, busbw 437.79. Two a4-highgpu-8g: 6107.7 us, 659.26.
    assert pod_scripts.bus_gb_per_s(2147483648, 9197.5e-6, 16) == pytest.approx(437.79, abs=0.01)
    assert pod_scripts.bus_gb_per_s(2147483648, 6107.7e-6, 16) == pytest.approx(659.26, abs=0.02)


def test_one_rank_moves_nothing_over_the_bus():
    assert pod_scripts.bus_gb_per_s(2**30, 1, 1) == 0


@pytest.mark.parametrize(("least", "result"), [(None, "not judged"), (80, "passed"), (80.1, "failed")])
def test_a_measurement_is_judged_by_its_threshold(least, result):
    assert pod_scripts.judged(80, least) == result


def test_the_script_in_the_pods_is_this_one_and_needs_nothing_of_the_library():
    script = namespaced_manifests(args(), EFA)["script"]["data"]["pod_scripts.py"]
    assert script == Path(pod_scripts.__file__).read_text()
    names = {
        alias.name
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert names == {"json", "os", "sys", "time"}


def test_an_image_without_digest_is_refused():
    with pytest.raises(InvalidArgs, match="image"):
        record(lambda: FabricProof("proof", {**args().model_dump(), "image": "torch:latest"}))
