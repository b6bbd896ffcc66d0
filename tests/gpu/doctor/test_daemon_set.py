import json

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.gpu.doctor.access import DriverAccess, pod_security
from ai_platform.gpu.doctor.daemon_set import NodeDoctor, NodeDoctorArgs, doctor_pool, namespaced_manifests
from ai_platform.gpu.doctor.expectation import load_expectation
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.node_groups import node_groups
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.testing import record

IMAGE = f"registry.example/ai-platform@sha256:{'a' * 64}"
CUT = [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]}]


def pool(**spec):
    described = NodePoolSpec.model_validate({"name": "h100", "machine": "p5.48xlarge", **spec})
    return doctor_pool(plan_pool(described), described, MACHINES[described.machine])


def arguments(*pools, **more):
    return NodeDoctorArgs(image=IMAGE, pools=list(pools), **more)


def pods(args):
    return {
        role: manifest["spec"]["template"]["spec"]
        for role, manifest in namespaced_manifests(args).items()
        if manifest["kind"] == "DaemonSet"
    }


MIXED = pool(max_nodes=2, mig=CUT)


def test_the_component_makes_its_objects_below_itself():
    recording = record(lambda: NodeDoctor("doctor", arguments(pool(name="l40s"), MIXED)))
    roles = [urn.split("::")[-1] for urn in recording.urns() if "NodeDoctor$" in urn]
    assert sorted(roles) == [
        "doctor-account",
        "doctor-h100-config",
        "doctor-h100-nodes",
        "doctor-h100-nodes-1",
        "doctor-l40s-config",
        "doctor-l40s-nodes",
        "doctor-namespace",
        "doctor-network",
    ]


def test_a_pool_named_twice_is_refused():
    with pytest.raises(InvalidArgs, match="names of their own"):
        record(lambda: NodeDoctor("doctor", {"image": IMAGE, "pools": [MIXED, MIXED]}))


def test_up_does_not_wait_for_a_node_to_be_well():
    for manifest in namespaced_manifests(arguments(MIXED)).values():
        if manifest["kind"] == "DaemonSet":
            assert manifest["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
            assert manifest["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == "100%"


def test_it_has_no_right_on_the_api_and_takes_no_gpu():
    manifests = namespaced_manifests(arguments(MIXED))
    assert not {manifest["kind"] for manifest in manifests.values()} & {"Role", "ClusterRole", "RoleBinding"}
    assert manifests["account"]["automountServiceAccountToken"] is False
    for spec in pods(arguments(MIXED)).values():
        assert spec["automountServiceAccountToken"] is False
        [container] = spec["containers"]
        assert not [key for key in container["resources"]["limits"] if "nvidia" in key]
    assert "egress" not in manifests["network"]["spec"]


def test_the_documents_are_those_that_the_command_reads(tmp_path):
    config = namespaced_manifests(arguments(MIXED))["h100-config"]
    assert set(config["data"]) == {"nodes.json", "nodes-1.json"}
    for role, spec in pods(arguments(MIXED)).items():
        [container] = spec["containers"]
        path = container["command"][container["command"].index("--expect") + 1]
        name = path.removeprefix("/etc/ai-platform/")
        file = tmp_path / name
        file.write_text(config["data"][name])
        [layout] = load_expectation(file).layouts
        assert (role, layout.mig_devices != {}) in {("h100-nodes", False), ("h100-nodes-1", True)}


def test_groups_are_called_as_the_pools_node_groups_are():
    described = NodePoolSpec.model_validate(
        {"name": "h100", "machine": "p5.48xlarge", "max_nodes": 2, "mig": CUT}
    )
    groups = node_groups(plan_pool(described))
    found = pods(arguments(MIXED))
    assert list(found) == [f"h100-{group.role}" for group in groups]
    config = namespaced_manifests(arguments(MIXED))["h100-config"]
    for group in groups:
        [layout] = json.loads(config["data"][f"{group.role}.json"])["layouts"]
        assert layout["name"] == group.layout


def test_every_node_of_the_pool_has_one_doctor_also_where_the_label_is_not_of_the_plan():
    first, second = (
        spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
            "nodeSelectorTerms"
        ][0]["matchExpressions"][0]
        for spec in pods(arguments(MIXED)).values()
    )
    assert (first["operator"], second["operator"]) == ("NotIn", "In")
    assert first["values"] == second["values"]
    assert first["key"] == "nvidia.com/mig.config"


@pytest.mark.parametrize(
    ("made", "access"),
    [
        (pool(), DriverAccess.RUNTIME_CLASS),
        (MIXED, DriverAccess.SYS_ADMIN),
        (pool(image="bottlerocket"), DriverAccess.SYS_ADMIN),
        (pool(machine="a3-megagpu-8g", gpu_stack="managed"), DriverAccess.HOST_DRIVER),
    ],
)
def test_a_pod_has_the_strictest_access_that_works_on_its_nodes(made, access):
    assert made.access is access


def test_a_pool_of_whole_gpus_needs_no_right_at_all():
    args = arguments(pool())
    [spec] = pods(args).values()
    [container] = spec["containers"]
    assert spec["runtimeClassName"] == "nvidia"
    assert {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"} in container["env"]
    security = container["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert all("hostPath" not in volume for volume in spec["volumes"])


def test_a_cut_pool_gets_one_capability_and_a_managed_one_the_drivers_folder():
    [cut, _] = pods(arguments(MIXED)).values()
    assert cut["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
    assert {"name": "NVIDIA_MIG_MONITOR_DEVICES", "value": "all"} in cut["containers"][0]["env"]
    [managed] = pods(arguments(pool(machine="a3-megagpu-8g", gpu_stack="managed"))).values()
    assert "runtimeClassName" not in managed
    assert [volume["hostPath"]["path"] for volume in managed["volumes"] if "hostPath" in volume] == [
        "/home/kubernetes/bin/nvidia"
    ]


def test_the_namespace_is_as_strict_as_its_pods_allow():
    assert pod_security([DriverAccess.RUNTIME_CLASS]) == "restricted"
    assert pod_security([DriverAccess.RUNTIME_CLASS, DriverAccess.SYS_ADMIN]) == "privileged"


@pytest.mark.parametrize("image", ["ai-platform", "ai-platform:1.0", "ai-platform@sha256:12"])
def test_an_image_without_digest_is_refused(image):
    with pytest.raises(InvalidArgs, match="image"):
        record(lambda: NodeDoctor("doctor", {"image": image, "pools": [MIXED]}))
