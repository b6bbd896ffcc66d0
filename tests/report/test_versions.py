"""Which versions a change moves, and what is known of them."""

from ai_platform.components.charts import CHARTS, ChartName
from ai_platform.report.preview import Op, Preview, ResourceChange
from ai_platform.report.versions import versions
from tests.report.two_sides import described, part, side

KUEUE = CHARTS[ChartName.KUEUE].version


def resource(kind, name, before, after, op=None):
    changed = op or (Op.CREATE if not before else Op.DELETE if not after else Op.UPDATE)
    urn = f"urn:pulumi:dev::ai-platform::{kind}::{name}"
    return ResourceChange(urn, changed, kind, name, before=before, after=after)


def deployment(*images, **metadata):
    containers = [{"name": f"c{at}", "image": image} for at, image in enumerate(images)]
    return {"metadata": metadata, "spec": {"template": {"spec": {"containers": containers}}}}


def rows(*resources, stack="dev", before=(), after=()):
    return versions([Preview(stack, resources)], before, after)


def test_nothing_is_said_of_what_stays():
    same = side(described("prod"))
    image = deployment("nginx:1.29")
    assert rows(resource("kubernetes:apps/v1:Deployment", "a", image, image, Op.SAME)) == ()
    assert versions([], [same], [same]) == ()


def test_another_kubernetes_names_the_row_that_speaks_of_it():
    old, new = described("prod"), described("prod")
    new["cluster"]["kubernetes_version"] = "1.36"
    [row] = versions([], [side(old)], [side(new)])
    assert (row.kind, row.name, row.before, row.after) == ("kubernetes", "cluster", "1.35", "1.36")
    assert row.known_good.startswith("h100, h100-spot, b200, l40s: gpu_stack operator on al2023")
    assert "Kubernetes 1.33 to 1.36: documented by NVIDIA or the cloud" in row.known_good


def test_another_node_image_names_its_own_row():
    old, new = described("prod"), described("prod")
    part(new, "node_pools", "l40s")["image"] = "bottlerocket"
    [row] = versions([], [side(old)], [side(new)])
    assert (row.kind, row.name, row.before, row.after) == ("node image", "l40s", "al2023", "bottlerocket")
    assert "put together from documents that each say a part" in row.known_good


def test_a_driver_is_named_where_the_stack_installs_it():
    description = described()
    description["cluster"] = {"provider": "existing", "cluster_identifier": "ours", "kubeconfig": "config"}
    new = side(description)
    drivers = [row for row in versions([], [side(described())], [new]) if row.kind == "driver"]
    assert [(row.name, row.before, row.after) for row in drivers] == [
        ("h100", None, "branch 595"),
        ("l40s", None, "branch 595"),
    ]
    assert "validated by NVIDIA" in drivers[0].known_good


def test_models_change_by_name_or_by_precision():
    old, new = described(), described()
    part(new, "endpoints", "chat-small")["model"] = "qwen3-1.7b"
    part(new, "endpoints", "chat-large")["precision"] = "bf16"
    for description in (old, new):
        part(description, "endpoints", "chat-large")["model"] = "qwen3-14b"
    found = versions([], [side(old)], [side(new)])
    assert [(row.kind, row.name) for row in found] == [
        ("model", "assistants/chat-large"),
        ("model", "assistants/chat-small"),
    ]
    assert found[1].before == "qwen3-4b in bf16, from Qwen/Qwen3-4B"
    assert found[1].after == "qwen3-1.7b in bf16, from Qwen/Qwen3-1.7B"
    assert " in fp8, " in found[0].before
    assert " in bf16, " in found[0].after


def test_a_canary_comes_and_goes_as_a_version_of_its_own():
    old, new = described(), described()
    part(new, "endpoints", "chat-small")["canary"] = {"model": "qwen3-1.7b", "percent": 10}
    (row,) = versions([], [side(old)], [side(new)])
    assert (row.kind, row.name, row.before) == ("canary", "assistants/chat-small", None)
    assert row.after == "qwen3-1.7b in bf16, from Qwen/Qwen3-1.7B"


def test_an_image_is_told_once_by_the_description_and_by_the_preview():
    old, new = described(), described()
    part(new, "training_jobs", "finetune")["image"] = "pytorch/pytorch:2.10.0"
    job = resource(
        "kubernetes:batch/v1:Job",
        "finetune",
        deployment("pytorch/pytorch:2.9.1-cuda13.0-cudnn9-runtime"),
        deployment("pytorch/pytorch:2.10.0"),
    )
    found = rows(job, stack="local", before=[side(old)], after=[side(new)])
    assert [(row.kind, row.name, row.before, row.after) for row in found] == [
        ("image", "pytorch/pytorch", "2.9.1-cuda13.0-cudnn9-runtime", "2.10.0")
    ]
    assert versions([], [side(old)], [side(new)]) == found
    # A document that does not say its stack is of the only environment.
    assert rows(job, stack="", before=[side(old)], after=[side(new)]) == found


def test_the_version_of_vllm_is_that_of_the_runtime():
    def runtime(tag):
        return {"spec": {"containers": [{"name": "kserve-container", "image": f"vllm/vllm-openai:{tag}"}]}}

    kind = "kubernetes:serving.kserve.io/v1alpha1:ClusterServingRuntime"
    [row] = rows(resource(kind, "vllm", runtime("v0.33.0"), runtime("v0.34.0")))
    assert (row.name, row.before, row.after) == ("vllm/vllm-openai", "v0.33.0", "v0.34.0")


def test_charts_are_releases_or_objects_and_the_table_speaks_of_them():
    release = resource(
        "kubernetes:helm.sh/v3:Release",
        "keda",
        {"chart": "oci://ghcr.io/kedacore/charts/keda", "version": "2.18.0", "name": "keda"},
        {"chart": "oci://ghcr.io/kedacore/charts/keda", "version": "2.19.0", "name": "keda"},
    )
    objects = resource(
        "kubernetes:helm.sh/v4:Chart",
        "kueue",
        {"chart": "/charts/kueue-0.18.1.tgz", "name": "kueue"},
        {"chart": "oci://registry.k8s.io/kueue/charts/kueue", "version": KUEUE, "name": "kueue"},
    )
    labelled = resource(
        "kubernetes:apps/v1:Deployment",
        "gpu-operator",
        deployment(labels={"helm.sh/chart": "gpu-operator-v26.7.0"}),
        deployment(labels={"helm.sh/chart": "gpu-operator-v26.8.0"}),
    )
    gpu, keda, kueue = rows(release, objects, labelled)
    assert (gpu.name, gpu.before, gpu.after) == ("gpu-operator", "v26.7.0", "v26.8.0")
    assert gpu.known_good == "not v26.7.0, the version that the platform is built with"
    assert (keda.name, keda.before, keda.after, keda.known_good) == ("keda", "2.18.0", "2.19.0", None)
    assert (kueue.name, kueue.before, kueue.after) == ("kueue", "0.18.1", KUEUE)
    assert kueue.known_good.startswith("the version that the platform is built with: kubernetes-sigs/kueue")


def test_an_image_that_stays_elsewhere_is_not_said_to_go():
    kind = "kubernetes:apps/v1:Deployment"
    gone = resource(kind, "a", deployment("nginx:1.29"), {})
    stays = resource(kind, "b", deployment("nginx:1.29"), {}, Op.SAME)
    assert rows(gone, stays) == ()
    [row] = rows(gone)
    assert (row.before, row.after) == ("1.29", None)


def test_digests_ports_and_images_without_a_tag_are_read():
    digest = "sha256:" + "a1" * 32
    kind = "kubernetes:core/v1:Pod"
    before = deployment("host:5000/a/b", f"c@{digest}", "[secret]", "[unknown]")
    after = deployment("host:5000/a/b:2", f"c:3@{digest}", "[secret]", "[unknown]")
    assert [(row.name, row.before, row.after) for row in rows(resource(kind, "p", before, after))] == [
        ("c", "sha256:a1a1a1a1a1a1", "3@sha256:a1a1a1a1a1a1"),
        ("host:5000/a/b", "no tag", "2"),
    ]


def test_what_a_hostile_preview_holds_in_place_of_versions_is_passed_over():
    kind = "kubernetes:apps/v1:Deployment"
    odd = {
        "metadata": [],
        "spec": {"containers": "x", "initContainers": [None, {"image": 7}], "deep": [[[{}]]]},
    }
    assert rows(resource(kind, "a", odd, {"containers": {"image": "x"}})) == ()
    assert (
        rows(resource("kubernetes:helm.sh/v3:Release", "b", {"chart": 3, "version": []}, {"chart": ""})) == ()
    )


def test_environments_are_told_apart():
    old, new = described("prod"), described("prod")
    new["cluster"]["kubernetes_version"] = "1.36"
    same = side(described("dev"))
    assert [row.name for row in versions([], [side(old), same], [side(new), same])] == ["prod/cluster"]
