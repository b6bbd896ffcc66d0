import pytest

from tests.policy.gates import NOT_YET, lines, made

JOB = "kubernetes:batch/v1:Job"
NAMESPACE = "kubernetes:core/v1:Namespace"
SAFE = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
IMAGE = f"registry.example/worker@sha256:{'a' * 64}"


def job(container=None, **pod):
    containers = [{"name": "work", "image": IMAGE, "securityContext": SAFE, **(container or {})}]
    return made(JOB, spec={"template": {"spec": {"containers": containers, **pod}}})


def namespace(level):
    return made(NAMESPACE, metadata={"labels": {"pod-security.kubernetes.io/enforce": level}})


def test_a_pod_that_restricted_admits_passes():
    assert lines("pod-security", job(volumes=[{"name": "tmp", "emptyDir": {}}])) == []


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (job(hostNetwork=True), "hostNetwork is true"),
        (job(volumes=[{"name": "root", "hostPath": {"path": "/"}}]), "volume root is a hostPath"),
        (job({"securityContext": {**SAFE, "privileged": True}}), "containers[0] is privileged"),
        (job({"securityContext": {**SAFE, "runAsNonRoot": False}}), "may run as root"),
        (job({"securityContext": {**SAFE, "runAsUser": 0}}), "runs as user 0"),
        (job({"securityContext": {**SAFE, "capabilities": {}}}), "keeps capabilities"),
        (
            job({"securityContext": {**SAFE, "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}}),
            "NET_ADMIN",
        ),
        (job({"securityContext": {**SAFE, "seccompProfile": {"type": "Unconfined"}}}), "seccomp"),
        (job({"ports": [{"hostPort": 80}]}), "takes port 80 of its node"),
        (job({"securityContext": {**SAFE, "procMount": "Unmasked"}}), "procMount is Unmasked"),
        (job(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}), "sysctl kernel.msgmax"),
        (job(securityContext={"windowsOptions": {"hostProcess": True}}), "is a process of its node"),
        (job({"securityContext": {**SAFE, "seLinuxOptions": {"type": "spc_t"}}}), "SELinux"),
        (job({"securityContext": {**SAFE, "appArmorProfile": {"type": "Unconfined"}}}), "is unconfined"),
    ],
)
def test_a_pod_that_restricted_refuses_is_found(resource, said):
    [line] = lines("pod-security", resource)
    assert said in line


def test_a_pods_own_context_counts_for_its_containers():
    pod = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert lines("pod-security", job({"securityContext": own}, securityContext=pod)) == []


def test_a_namespace_enforces_restricted():
    assert lines("pod-security", namespace("restricted")) == []
    assert lines("pod-security", namespace("privileged"), made(NAMESPACE, metadata={})) == [
        "pod-security.kubernetes.io/enforce is privileged, not restricted",
        "pod-security.kubernetes.io/enforce is not set, not restricted",
    ]


def test_pods_are_found_wherever_an_object_keeps_them():
    pod = {"containers": [{"image": "worker:1"}]}
    replicated = {"replicatedJobs": [{"template": {"spec": {"template": {"spec": pod}}}}]}
    job_set = made("kubernetes:jobset.x-k8s.io/v1alpha2:JobSet", spec=replicated)
    assert len(lines("images-by-digest", job_set)) == 1


def test_an_image_without_a_digest_is_found_and_a_definition_is_no_pod():
    [line] = lines("images-by-digest", job({"image": "pytorch/pytorch:2.9.1"}), job())
    assert line == "spec.template.spec.containers[0].image is pytorch/pytorch:2.9.1, without a digest"
    schema = {"spec": {"containers": [{"image": "x"}]}}
    assert (
        lines(
            "images-by-digest", made("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", **schema)
        )
        == []
    )


def test_the_image_of_a_canarys_model_needs_a_digest():
    canary = [{"predictor": {"name": "new", "model": {"image": "vllm:1"}}}, {"predictor": None}]
    served = made("kubernetes:serving.kserve.io/v1beta1:InferenceService", spec={"canary": canary})
    (line,) = lines("images-by-digest", served)
    assert line == "spec.canary[0].predictor.model.image is vllm:1, without a digest"


def test_values_that_are_not_known_yet_are_noted():
    image, context = job({"image": NOT_YET}), job({"securityContext": NOT_YET})
    level = namespace(NOT_YET)
    assert lines("images-by-digest", image) == lines("pod-security", context, level) == []
    assert image.unseen == ["spec.template.spec.containers[0].image"]
    assert context.unseen[0] == "spec.template.spec.containers[0].securityContext"
    assert level.unseen == ["metadata.labels.pod-security.kubernetes.io/enforce"]


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (job(volumes=[{"name": "root", "hostPath": NOT_YET}]), "volumes[0].hostPath"),
        (job(volumes=[NOT_YET]), "volumes[0]"),
        (job({"ports": [{"hostPort": NOT_YET}]}), "containers[0].ports[0].hostPort"),
        (
            job({"securityContext": {**SAFE, "capabilities": {"drop": ["ALL"], "add": [NOT_YET]}}}),
            "containers[0].securityContext.capabilities.add[0]",
        ),
        (
            job({"securityContext": {**SAFE, "capabilities": {"drop": NOT_YET}}}),
            "containers[0].securityContext.capabilities.drop",
        ),
    ],
)
def test_what_a_pod_may_have_of_its_node_is_noted_where_it_is_not_known_yet(resource, path):
    assert lines("pod-security", resource) == []
    assert resource.unseen == [f"spec.template.spec.{path}"]


def test_the_images_of_a_release_are_never_seen_and_that_is_said():
    release = made("kubernetes:helm.sh/v3:Release", chart="kserve")
    assert lines("images-by-digest", release) == []
    assert release.hidden
