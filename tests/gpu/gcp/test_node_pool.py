import json
from typing import Any

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.gcp.force_new import FORCE_NEW
from ai_platform.gpu.gcp.partitions import PARTITIONS
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.mig.profiles import known_layouts, profiles
from tests.gpu.gcp.gke_pools import LABELS, POOL, ZONE, recorded

H100 = "a3-highgpu-8g"
CUT = [{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}]


def pool(machine, **keys):
    return recorded(machine, **keys).only(POOL).inputs


def test_groups_of_like_nodes_become_pools_that_share_the_pools_ceiling():
    recording = recorded(H100, max_nodes=4, min_nodes=1, mig=CUT)
    groups = {made.name: made.inputs for made in recording.of(POOL)}
    assert groups["pool-nodes"]["autoscaling"]["totalMaxNodeCount"] == 3
    assert groups["pool-nodes-1"]["autoscaling"]["totalMaxNodeCount"] == 1
    labels = groups["pool-nodes-1"]["nodeConfig"]["labels"]
    assert labels["nvidia.com/mig.config"] == "all-1g.10gb"
    assert labels["ai-platform/pool"] == "gpus"


def test_cost_labels_reach_the_machines():
    labels = pool("g2-standard-48", owner="ML Platform")["nodeConfig"]["resourceLabels"]
    assert labels.items() >= {**LABELS, "pool": "gpus"}.items()
    assert labels["owner"].startswith("ml-platform")
    assert "owner" not in pool("g2-standard-48")["nodeConfig"]["resourceLabels"]


def test_nvidias_operator_gets_nodes_without_googles_driver_and_device_plugin():
    config = pool("g2-standard-48")["nodeConfig"]
    (gpus,) = config["guestAccelerators"]
    assert gpus == {
        "type": "nvidia-l4",
        "count": 4,
        "gpuDriverInstallationConfig": {"gpuDriverVersion": "INSTALLATION_DISABLED"},
    }
    assert config["labels"]["gke-no-default-nvidia-gpu-device-plugin"] == "true"
    assert config["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]


def test_googles_own_stack_installs_the_driver_and_cuts_or_shares_gpus():
    cut = pool(H100, gpu_stack="managed", mig=CUT)["nodeConfig"]
    assert cut["guestAccelerators"][0]["gpuPartitionSize"] == "1g.10gb"
    assert cut["guestAccelerators"][0]["gpuDriverInstallationConfig"] == {"gpuDriverVersion": "DEFAULT"}
    assert "nvidia.com/mig.config" not in cut["labels"]
    shared = pool("g2-standard-4", gpu_stack="managed", sharing={"strategy": "time_slicing", "replicas": 4})
    assert shared["nodeConfig"]["guestAccelerators"][0]["gpuSharingConfig"] == {
        "gpuSharingStrategy": "TIME_SHARING",
        "maxSharedClientsPerGpu": 4,
    }


@pytest.mark.parametrize(
    ("machine", "disks", "boot"),
    [
        ("a2-ultragpu-2g", 2, "pd-balanced"),
        ("a3-highgpu-8g", 16, "pd-balanced"),
        ("a3-megagpu-8g", 16, "pd-balanced"),
        ("a3-ultragpu-8g", 32, "hyperdisk-balanced"),
        ("a4-highgpu-8g", 32, "hyperdisk-balanced"),
        ("a3-edgegpu-8g", 16, "pd-balanced"),
        ("a4x-highgpu-4g", 4, "hyperdisk-balanced"),
    ],
)
def test_disks_are_those_of_the_machine(machine, disks, boot):
    reserved = {"purchase_option": "reserved", "reservation": "r", "zones": ["us-central1-a"]}
    held = reserved if machine.startswith("a4x-") else {}
    config = pool(machine, disk_gib=300, **held)["nodeConfig"]
    assert config["ephemeralStorageLocalSsdConfig"] == {"localSsdCount": disks}
    assert (config["diskType"], config["diskSizeGb"]) == (boot, 300)
    raw = pool(machine, local_disk="none", **held)["nodeConfig"]
    assert raw["localNvmeSsdBlockConfig"] == {"localSsdCount": disks}
    assert "ephemeralStorageLocalSsdConfig" not in raw


def test_spot_flex_start_and_queued_nodes_never_come_from_a_reservation():
    none = {"consumeReservationType": "NO_RESERVATION"}
    spot = pool(H100, purchase_option="spot")
    flex = pool(H100, purchase_option="flex_start")
    queued = pool(H100, purchase_option="queued_provisioning")
    assert [made["nodeConfig"]["reservationAffinity"] for made in (spot, flex, queued)] == [none] * 3
    assert spot["nodeConfig"]["spot"] is True
    assert flex["nodeConfig"]["flexStart"] is queued["nodeConfig"]["flexStart"] is True
    assert "flexStart" not in spot["nodeConfig"]
    assert queued["queuedProvisioning"] == {"enabled": True}
    assert queued["nodeConfig"]["labels"]["cloud.google.com/gke-queued"] == "true"
    assert [made["management"]["autoRepair"] for made in (spot, flex, queued)] == [True, False, False]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("gpus-2026", "projects/acme-ml/reservations/gpus-2026"),
        ("r/reservationBlocks/b", "projects/acme-ml/reservations/r/reservationBlocks/b"),
        ("projects/other/reservations/r", "projects/other/reservations/r"),
    ],
)
def test_a_reservation_is_used_by_its_name_block_or_path(written, path):
    made = pool(H100, purchase_option="reserved", reservation=written, zones=[ZONE])
    assert made["nodeConfig"]["reservationAffinity"] == {
        "consumeReservationType": "SPECIFIC_RESERVATION",
        "key": "compute.googleapis.com/reservation-name",
        "values": [path],
    }


def test_an_nvlink_domain_is_kept_together_by_a_policy():
    recording = recorded(
        "a4x-highgpu-4g",
        fabric="rdma",
        max_nodes=18,
        zones=[ZONE],
        purchase_option="reserved",
        reservation="r",
    )
    policy = recording.only("gcp:compute/resourcePolicy:ResourcePolicy").inputs["workloadPolicy"]
    assert policy == {"type": "HIGH_THROUGHPUT", "acceleratorTopology": "1x72"}
    made = recording.only(POOL).inputs
    assert made["placementPolicy"] == {"type": "COMPACT", "policyName": "pool-nvlink-policy"}
    assert len(made["networkConfig"]["additionalNodeNetworkConfigs"]) == 1 + 4


def test_labels_and_taints_of_the_user_stand_beside_the_platforms():
    config = pool(
        "g2-standard-4",
        labels={"team": "search", "ai-platform/pool": "mine"},
        taints=[{"key": "team", "value": "search", "effect": "NoExecute"}],
    )["nodeConfig"]
    assert config["labels"]["team"] == "search"
    assert config["labels"]["ai-platform/pool"] == "gpus"
    assert {"key": "team", "value": "search", "effect": "NO_EXECUTE"} in config["taints"]


BEFORE: dict[str, Any] = {"max_nodes": 4, "min_nodes": 1, "mig": CUT}
AFTER: dict[str, dict[str, Any]] = {
    "ceiling": {"max_nodes": 9},
    "floor": {"min_nodes": 4},
    "labels": {"labels": {"team": "search"}},
    "taints": {"taints": [{"key": "team"}]},
    "layout": {"mig": [{"nodes": 2, "gpus": [{"count": 4, "devices": {"2g.20gb": 3}}]}]},
    "disk": {"disk_gib": 500},
    "zones": {"zones": [ZONE]},
    "owner": {"owner": "ml-platform"},
}


@pytest.mark.parametrize("change", AFTER)
def test_a_change_of_size_labels_layout_disk_or_zones_replaces_no_pool(change):
    before, after = recorded(H100, **BEFORE), recorded(H100, **{**BEFORE, **AFTER[change]})
    assert before.urns() == after.urns()
    for old, new in zip(before.of(POOL), after.of(POOL), strict=True):
        for path in set(FORCE_NEW[POOL]) - set(old.options.ignore_changes):
            assert at(old.inputs, path) == at(new.inputs, path), path


def test_what_must_replace_a_pool_gives_it_another_name_so_that_the_new_one_comes_first():
    before, after = pool(H100), pool(H100, purchase_option="spot")
    assert before["name"] != after["name"]
    assert len(pool(H100, name="a-name-of-forty-characters-that-is-allow")["name"]) <= 40


def test_the_first_pool_is_protected_and_those_of_more_layouts_are_not():
    made = recorded(H100, **BEFORE).of(POOL)
    assert {pool.name: pool.options.protect for pool in made} == {"pool-nodes": True, "pool-nodes-1": False}


def test_what_gke_would_refuse_is_refused_before_anything_is_made():
    with pytest.raises(InvalidArgs) as error:
        recorded(H100, fabric="tcpx", image="al2023", purchase_option="spot", reservation="r")
    assert {problem.path for problem in error.value.problems} == {"zones", "image", "reservation"}


def test_a_machine_of_another_cloud_or_another_fabric_is_refused_too():
    for machine, fabric, path in (("p5.48xlarge", "none", "machine"), (H100, "rdma", "fabric")):
        with pytest.raises(InvalidArgs) as error:
            recorded(machine, fabric=fabric, zones=[ZONE])
        assert [problem.path for problem in error.value.problems] == [path]


def test_installers_run_on_the_nodes_of_their_pool_alone_with_pinned_images():
    recording = recorded("a3-megagpu-8g", fabric="tcpxo", zones=[ZONE])
    for made in recording.of("kubernetes:apps/v1:DaemonSet"):
        pod = made.inputs["spec"]["template"]["spec"]
        assert pod["nodeSelector"] == {"ai-platform/pool": "gpus"}
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert (
                ":v" in container["image"]
                or "@sha256:" in container["image"]
                or "24.04" in container["image"]
            )


def test_every_network_object_leads_to_a_vpc_and_subnetwork_of_its_own_card():
    recording = recorded("a3-ultragpu-8g", fabric="rdma", zones=[ZONE])
    parameters = recording.of("kubernetes:networking.gke.io/v1:GKENetworkParamSet")
    pairs = [(made.inputs["spec"]["vpc"], made.inputs["spec"]["vpcSubnet"]) for made in parameters]
    configs = recording.only(POOL).inputs["networkConfig"]["additionalNodeNetworkConfigs"]
    assert sorted(pairs) == sorted((config["network"], config["subnetwork"]) for config in configs)
    assert len(set(pairs)) == 9
    assert json.dumps(parameters[0].inputs["metadata"]).count("ai-platform")


def at(properties, path):
    for key in path.split("."):
        properties = properties.get(key) if isinstance(properties, dict) else None
    return properties


@pytest.mark.parametrize(
    "gpus",
    [
        [{"count": 4, "devices": {"1g.10gb": 7}}],
        [{"count": 8, "devices": {"1g.10gb": 5}}],
        [{"count": 4, "devices": {"1g.10gb": 7}}, {"count": 4, "devices": {"3g.40gb": 2}}],
        [{"count": 8, "devices": {"1g.10gb": 1, "3g.40gb": 1}}],
    ],
    ids=["half of the GPUs", "half of a GPU", "two profiles", "two on a GPU"],
)
def test_googles_own_stack_cuts_all_gpus_alike_or_not_at_all(gpus):
    with pytest.raises(InvalidArgs, match="mixed layout"):
        pool(H100, gpu_stack="managed", mig=[{"nodes": 1, "gpus": gpus}])


@pytest.mark.parametrize("machine", ["a2-ultragpu-1g", H100, "a3-ultragpu-8g", "a4-highgpu-8g"])
def test_every_profile_that_google_cuts_is_one_of_the_gpu_with_the_same_count(machine):
    gpu = MACHINES[machine].gpu
    known = known_layouts(gpu)
    for profile in PARTITIONS.keys() & profiles(gpu).keys():
        assert known[f"all-{profile}"] == {profile: PARTITIONS[profile]}


def test_a_profile_that_google_cuts_on_other_gpus_alone_is_refused():
    layout = [{"nodes": 1, "gpus": [{"count": 1, "devices": {"1g.10gb": 4}}]}]
    with pytest.raises(InvalidArgs, match="mixed layout"):
        pool("a2-highgpu-1g", gpu_stack="managed", mig=layout)
