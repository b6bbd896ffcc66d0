from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.queue_spec import FlavorQuota, TeamQueueSpec
from ai_platform.components.team_queue import cluster_queue_manifest
from ai_platform.gpu.gcp.provisioning import admission_check_name, provisioning_manifests
from ai_platform.gpu.gpu_software import admission_checks
from ai_platform.gpu.spec import NodePoolSpec


def test_a_pools_flavor_waits_for_google_to_give_all_nodes_at_once():
    config, check = provisioning_manifests("dws")
    assert config["spec"]["provisioningClassName"] == "queued-provisioning.gke.io"
    assert config["spec"]["managedResources"] == ["nvidia.com/gpu"]
    assert check["spec"]["controllerName"] == "kueue.x-k8s.io/provisioning-request"
    assert check["spec"]["parameters"]["name"] == config["metadata"]["name"]
    pool = NodePoolSpec(name="dws", machine="a3-highgpu-8g", purchase_option="queued_provisioning")
    checks = admission_checks([pool], ClusterProvider.GKE)
    queue = TeamQueueSpec(
        team="lab",
        namespace="lab",
        cohort="teams",
        flavors=(FlavorQuota(name="dws", resources=()), FlavorQuota(name="other", resources=())),
        admission_checks=checks,
    )
    spec = cluster_queue_manifest(queue)["spec"]
    (entry,) = spec["admissionChecksStrategy"]["admissionChecks"]
    assert entry == {"name": check["metadata"]["name"], "onFlavors": ["dws"]}
    assert len(admission_check_name("a" * 60)) <= 63
