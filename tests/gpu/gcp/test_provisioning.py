from ai_platform.gpu.gcp.provisioning import admission_check_name, provisioning_manifests, queue_checks


def test_a_pools_flavor_waits_for_google_to_give_all_nodes_at_once():
    config, check = provisioning_manifests("dws")
    assert config["spec"]["provisioningClassName"] == "queued-provisioning.gke.io"
    assert config["spec"]["managedResources"] == ["nvidia.com/gpu"]
    assert check["spec"]["controllerName"] == "kueue.x-k8s.io/provisioning-request"
    assert check["spec"]["parameters"]["name"] == config["metadata"]["name"]
    (entry,) = queue_checks("dws")["admissionChecksStrategy"]["admissionChecks"]
    assert entry == {"name": check["metadata"]["name"], "onFlavors": ["dws"]}
    assert len(admission_check_name("a" * 60)) <= 63
