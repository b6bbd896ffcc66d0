import json

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.cluster_spec import ClusterProvider, NodesHave
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.mig.layout import layout_name
from ai_platform.gpu.node_plan import layouts_of
from ai_platform.gpu.operator.config_maps import (
    METRICS,
    config_map,
    device_plugin_configs,
    metrics_csv,
    mig_layouts,
    sharing_key,
)
from ai_platform.gpu.operator.gpu_operator import GpuOperator
from ai_platform.gpu.operator.node_labels import stack_labels
from ai_platform.gpu.operator.values import OperatorConfigs, dra_driver_values, gpu_operator_values
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.testing import record

EKS, GKE, EXISTING = ClusterProvider.EKS, ClusterProvider.GKE, ClusterProvider.EXISTING
OBJECTS = "kubernetes:helm.sh/v4:Chart"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
CUT = {
    "name": "h100",
    "machine": "p5.48xlarge",
    "max_nodes": 2,
    "mig": [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]}],
}
SHARED = {"name": "dev", "machine": "g6.12xlarge", "sharing": {"strategy": "time_slicing", "replicas": 4}}
PARTS = {"name": "parts", "machine": "g6.12xlarge", "sharing": {"strategy": "mps", "replicas": 3}}
CONFIGS = OperatorConfigs("metrics-1", "plugin-1", "mig-1")


def pool(**more):
    return NodePoolSpec(**{**CUT, **more})


def values(provider, *pools, configs=CONFIGS, service_monitor=True):
    return gpu_operator_values(provider, pools or [pool()], configs, service_monitor=service_monitor)


def installed(provider, *pools):
    return record(lambda: GpuOperator("gpus", {"provider": provider, "pools": list(pools)}))


def test_eks_images_have_driver_and_toolkit():
    assert values(EKS)["driver"] == {"enabled": False}
    assert values(EKS)["toolkit"] == {"enabled": False}


def test_gke_keeps_driver_and_toolkit_where_its_nodes_can_be_written():
    found = values(GKE)
    assert found["hostPaths"]["driverInstallDir"] == "/home/kubernetes/bin/nvidia"
    assert found["toolkit"]["installDir"] == "/home/kubernetes/bin/nvidia"
    assert {"name": "RUNTIME_CONFIG_SOURCE", "value": "file"} in found["toolkit"]["env"]


def test_a_cluster_of_somebody_else_gets_driver_and_toolkit():
    assert values(EXISTING)["driver"] == {"enabled": True}
    assert values(EXISTING)["toolkit"]["enabled"]


def on_nodes(nodes_have, *, dra=False):
    if dra:
        return dra_driver_values(EXISTING, [pool()], compute_domains=False, nodes_have=nodes_have)
    return gpu_operator_values(EXISTING, [pool()], CONFIGS, service_monitor=True, nodes_have=nodes_have)


def test_what_nodes_of_somebody_else_have_is_left_alone():
    driver, both = on_nodes(NodesHave.GPU_DRIVER), on_nodes(NodesHave.GPU_DRIVER_AND_TOOLKIT)
    assert driver["driver"] == both["driver"] == both["toolkit"] == {"enabled": False}
    assert driver["toolkit"] == values(EXISTING)["toolkit"]
    assert on_nodes(NodesHave.NOTHING, dra=True)["nvidiaDriverRoot"] == "/run/nvidia/driver"
    assert on_nodes(NodesHave.GPU_DRIVER, dra=True)["nvidiaDriverRoot"] == "/"


def test_nodes_of_a_cloud_are_known_and_nobody_says_what_they_have():
    args = {"provider": "eks", "pools": [CUT], "nodes_have": "gpu_driver"}
    with pytest.raises(InvalidArgs, match="what nodes of eks bring is known"):
        record(lambda: GpuOperator("gpus", args))


@pytest.mark.parametrize("provider", [GKE, EXISTING])
def test_a_container_gets_no_gpu_by_naming_it_in_its_environment(provider):
    setting = "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED"
    assert {"name": setting, "value": "false"} in values(provider)["toolkit"]["env"]


@pytest.mark.parametrize(("provider", "reboots"), [(EKS, True), (GKE, True), (EXISTING, False)])
def test_mig_manager_boots_virtual_machines_whose_mig_mode_changes(provider, reboots):
    manager = values(provider)["migManager"]
    assert manager["config"] == {"name": "mig-1", "default": "all-disabled"}
    assert ("env" in manager) is reboots


def test_mig_manager_stays_out_where_no_gpu_can_be_cut():
    assert values(EKS, configs=OperatorConfigs("m", "d", None))["migManager"] == {"enabled": False}


def test_everything_on_the_nodes_tolerates_the_taints_of_the_pools():
    tainted = pool(taints=[{"key": "team", "value": "a", "effect": "NoExecute"}])
    found = values(EKS, tainted, pool(name="other"))
    keys = [toleration["key"] for toleration in found["daemonsets"]["tolerations"]]
    assert keys == ["nvidia.com/gpu", "team"]
    worker = found["node-feature-discovery"]["worker"]["tolerations"]
    assert [toleration["key"] for toleration in worker][1:] == keys


def test_metrics_are_scraped_only_where_prometheus_operator_is():
    assert values(EKS, service_monitor=False)["dcgmExporter"]["serviceMonitor"] == {"enabled": False}
    assert values(EKS)["dcgmExporter"]["serviceMonitor"]["honorLabels"]


def test_the_mig_document_has_the_layouts_of_all_pools_and_nvidias_own_names():
    pools = [pool(), NodePoolSpec(name="a100", machine="p4d.24xlarge"), NodePoolSpec(**SHARED)]
    configs = mig_layouts(pools)["mig-configs"]
    for each in pools[:2]:
        for layout in layouts_of(each, MACHINES[each.machine]):
            assert layout_name(layout) in configs
    assert {"all-disabled", "all-balanced", "all-1g.10gb", "all-1g.5gb"} <= configs.keys()


def test_a_name_that_means_two_layouts_says_for_which_gpus():
    configs = mig_layouts([pool(), NodePoolSpec(name="a100", machine="p4d.24xlarge")])["mig-configs"]
    assert len(configs["all-1g.10gb"]) == 2
    assert all("device-filter" in entry for entry in configs["all-1g.10gb"])


def test_every_machine_that_can_be_cut_has_a_mig_document():
    for machine, row in MACHINES.items():
        configs = mig_layouts([NodePoolSpec(name="one", machine=machine)])["mig-configs"]
        assert row.mig or configs == {"all-disabled": [{"devices": "all", "mig-enabled": False}]}


def test_a_shared_pool_has_its_own_device_plugin_configuration():
    pools = [pool(), NodePoolSpec(**SHARED), NodePoolSpec(**PARTS)]
    configs = device_plugin_configs(pools)
    assert set(configs) == {"whole", "pool-dev", "pool-parts"} == {sharing_key(each) for each in pools}
    turns = configs["pool-dev"]["sharing"]["timeSlicing"]
    assert turns["resources"] == [{"name": "nvidia.com/gpu", "replicas": 4}]
    assert turns["renameByDefault"]
    assert configs["pool-parts"]["sharing"]["mps"]["resources"][0]["replicas"] == 3
    assert all(config["flags"] == {"migStrategy": "mixed"} for config in configs.values())


def test_changed_content_gets_another_name_so_that_the_old_one_stays_until_it_is_read():
    one, two = (config_map("mig", "gpu-operator", {"config.yaml": text}) for text in ("a", "b"))
    assert one["metadata"]["name"] != two["metadata"]["name"]
    assert one["immutable"]


def test_metrics_tell_mig_devices_apart():
    lines = metrics_csv().splitlines()
    assert len(lines) == len(METRICS) == len({line.partition(",")[0] for line in lines})
    assert any(line.startswith("DCGM_FI_PROF_GR_ENGINE_ACTIVE, gauge") for line in lines)


def test_the_operator_reads_the_config_maps_that_come_with_it():
    recording = installed(EKS, CUT, SHARED)
    names = {entry.inputs["metadata"]["name"] for entry in recording.of(CONFIG_MAP)}
    found = recording.only(OBJECTS).inputs["values"]
    read = [
        found["migManager"]["config"]["name"],
        found["devicePlugin"]["config"]["name"],
        found["dcgmExporter"]["config"]["name"],
    ]
    assert set(read) == names
    assert {entry.inputs["metadata"]["namespace"] for entry in recording.of(CONFIG_MAP)} == {"gpu-operator"}


def test_gke_lets_critical_pods_in_and_installs_its_own_driver():
    recording = installed(GKE, {"name": "a100", "machine": "a2-highgpu-1g"})
    assert (
        recording.only("kubernetes:core/v1:ResourceQuota").inputs["metadata"]["namespace"] == "gpu-operator"
    )
    installer = recording.only("kubernetes:apps/v1:DaemonSet").inputs["spec"]["template"]["spec"]
    assert installer["initContainers"][0]["imagePullPolicy"] == "Never"
    assert "@sha256:" in installer["containers"][0]["image"]


def test_nothing_is_installed_where_gke_manages_all_gpus():
    recording = installed(GKE, {"name": "l4", "machine": "g2-standard-4", "gpu_stack": "managed"})
    assert len(recording.resources) == 1


def test_the_dra_driver_runs_on_the_nodes_that_have_no_device_plugin():
    dra = {**CUT, "name": "claims", "gpu_stack": "dra"}
    charts = installed(EKS, CUT, dra).of(OBJECTS)
    driver = next(each.inputs for each in charts if "dra-driver" in each.inputs["chart"])
    assert driver["skipCrds"]
    selector = driver["values"]["kubeletPlugin"]["nodeSelector"]
    assert (
        selector.items() - {("nvidia.com/gpu.deploy.client", "true")}
        <= stack_labels(EKS, pool(**dra)).items()
    )
    assert stack_labels(EKS, pool(**dra))["nvidia.com/gpu.deploy.device-plugin"] == "false"
    assert "nvidia.com/gpu.deploy.device-plugin" not in stack_labels(EKS, pool())


@pytest.mark.parametrize(
    ("provider", "root"), [(EKS, "/"), (GKE, "/home/kubernetes/bin/nvidia"), (EXISTING, "/run/nvidia/driver")]
)
def test_the_dra_driver_looks_for_the_gpu_driver_where_the_platform_has_it(provider, root):
    assert dra_driver_values(provider, [pool()], compute_domains=False)["nvidiaDriverRoot"] == root


def test_nodes_say_which_stack_and_which_sharing_they_have():
    assert stack_labels(EKS, NodePoolSpec(**SHARED)) == {
        "ai-platform/gpu-stack": "operator",
        "nvidia.com/device-plugin.config": "pool-dev",
    }
    gke = stack_labels(GKE, pool(machine="a2-highgpu-1g"))
    assert gke["gke-no-default-nvidia-gpu-device-plugin"] == "true"
    managed = stack_labels(GKE, pool(machine="a2-highgpu-1g", mig=[], gpu_stack="managed"))
    assert managed["nvidia.com/gpu.deploy.operands"] == "false"
    assert "gke-no-default-nvidia-gpu-device-plugin" not in managed


def test_bottlerocket_keeps_its_own_device_plugin():
    labels = stack_labels(EKS, pool(mig=[], image="bottlerocket"))
    assert labels["nvidia.com/gpu.deploy.device-plugin"] == "false"


def test_a_simulated_cluster_has_no_gpus_to_operate():
    with pytest.raises(InvalidArgs, match="provider"):
        installed("simulated", CUT)


def test_config_maps_hold_documents_that_read_back():
    for entry in installed(EKS, CUT, SHARED).of(CONFIG_MAP):
        for key, text in entry.inputs["data"].items():
            assert key == "dcgm-metrics.csv" or json.loads(text)["version"] == "v1"
