"""Pods in Kubernetes objects: how they run, and from which images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..components.gates_spec import GateLevel
from .look import UNKNOWN, Resource
from .rule import Rule, Settings

ENFORCE = "pod-security.kubernetes.io/enforce"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_DEFINITIONS = {"CustomResourceDefinition", "ConfigMap", "Secret"}
_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
"""What ``restricted`` lets a pod mount. Source: Kubernetes docs, Pod Security Standards (2026-11)."""
_PROFILES = {"RuntimeDefault", "Localhost"}
_SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
"""What ``restricted`` lets a pod have of each. Source: Kubernetes docs, Pod Security Standards (2026-11)."""
_DIGEST = "@sha256:"


def pod_specs(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every pod that an object makes, by its path: whatever in it has a list of containers."""
    if resource.type.startswith("kubernetes:") and resource.kind not in _DEFINITIONS:
        if resource.at("spec") is not UNKNOWN:
            yield from _pods(resource, "spec", resource.properties.get("spec"))
        template = resource.properties.get("template")
        yield from _pods(resource, "template", template)


def pod_templates(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The templates of an object's pods, by their path, for their labels."""
    found = resource.at("spec", "template") if resource.type.startswith("kubernetes:") else None
    if (
        isinstance(found, Mapping)
        and isinstance(found.get("spec"), Mapping)
        and "containers" in found["spec"]
    ):
        yield "spec.template", found


def _pods(resource: Resource, path: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("containers"), list) or value.get("containers") is UNKNOWN:
            yield path, value
        for key, inner in value.items():
            if key not in _CONTAINERS:
                yield from _pods(resource, f"{path}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _pods(resource, f"{path}[{index}]", inner)


def containers_of(
    resource: Resource, path: str, pod: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The containers of a pod, by their path."""
    for key in _CONTAINERS:
        listed = resource.of(pod, key, path)
        for index, container in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(container, Mapping):
                yield f"{path}.{key}[{index}]", container
            else:
                resource.note(f"{path}.{key}[{index}]")


def pod_security(resource: Resource, _: Settings) -> Iterator[str]:
    """Namespaces that enforce less than ``restricted``, and pods that would need less."""
    if resource.type == "kubernetes:core/v1:Namespace":
        labels = resource.at("metadata", "labels")
        level = resource.of(labels, ENFORCE, "metadata.labels") if isinstance(labels, Mapping) else labels
        if level is not UNKNOWN and level != "restricted":
            yield f"{ENFORCE} is {level or 'not set'}, not restricted"
    for path, pod in pod_specs(resource):
        yield from (f"{path}: {line}" for line in _of_pod(resource, path, pod))


def _of_pod(resource: Resource, path: str, pod: Mapping[str, Any]) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if resource.of(pod, key, path):
            yield f"{key} is true"
    for index, volume in enumerate(resource.list_of(pod, "volumes", path)):
        kinds = set(volume) - {"name"} - _VOLUMES if isinstance(volume, Mapping) else set()
        # The provider may write down what it knows of a volume's other kinds as nothing.
        found = {kind for kind in kinds if resource.of(volume, kind, f"{path}.volumes[{index}]") is not None}
        if found := {kind for kind in found if volume[kind] is not UNKNOWN}:
            yield f"volume {volume.get('name') or '?'} is a {', '.join(sorted(found))}"
    own = _context(resource, path, pod)
    yield from _of_host(resource, f"{path}.securityContext", own)
    for sysctl in resource.list_of(own, "sysctls", f"{path}.securityContext"):
        if isinstance(sysctl, Mapping) and sysctl.get("name") not in {*_SYSCTLS, UNKNOWN}:
            yield f"sets sysctl {sysctl.get('name')} of its node"
    for where, container in containers_of(resource, path, pod):
        name = where.removeprefix(f"{path}.")
        yield from (f"{name} {line}" for line in _of_container(resource, where, container, own))


def _of_container(
    resource: Resource, path: str, container: Mapping[str, Any], pod: Mapping[str, Any]
) -> Iterator[str]:
    own = _context(resource, path, container)
    yield from _of_host(resource, f"{path}.securityContext", own)
    both = {**pod, **{key: value for key, value in own.items() if value is not None}}
    seen = {key: resource.of(both, key, f"{path}.securityContext") for key in both}
    if seen.get("privileged"):
        yield "is privileged"
    if not seen.get("runAsNonRoot") and seen.get("runAsNonRoot") is not UNKNOWN:
        yield "may run as root: runAsNonRoot is not true"
    if seen.get("runAsUser") == 0:
        yield "runs as user 0"
    if own.get("allowPrivilegeEscalation") not in (False, UNKNOWN):
        yield "may gain privileges: allowPrivilegeEscalation is not false"
    capabilities = own.get("capabilities")
    if capabilities is not UNKNOWN:
        listed = capabilities if isinstance(capabilities, Mapping) else {}
        where = f"{path}.securityContext.capabilities"
        hidden = len(resource.unseen)
        dropped = resource.list_of(listed, "drop", where)
        if "ALL" not in dropped and len(resource.unseen) == hidden:
            yield "keeps capabilities: capabilities.drop lacks ALL"
        if added := [name for name in resource.list_of(listed, "add", where) if name != "NET_BIND_SERVICE"]:
            yield f"adds capabilities {', '.join(added)}"
    profile = seen.get("seccompProfile")
    kind = profile.get("type") if isinstance(profile, Mapping) else profile
    if kind is not UNKNOWN and kind not in _PROFILES:
        yield "has no seccomp profile: seccompProfile.type is neither RuntimeDefault nor Localhost"
    for index, port in enumerate(resource.list_of(container, "ports", path)):
        if isinstance(port, Mapping) and (taken := resource.of(port, "hostPort", f"{path}.ports[{index}]")):
            yield f"takes port {taken} of its node"


def _of_host(resource: Resource, path: str, context: Mapping[str, Any]) -> Iterator[str]:
    """What a pod and a container alike may say of their node's defences."""
    if context.get("procMount") not in (None, "Default", UNKNOWN):
        yield f"procMount is {context['procMount']}"
    windows, linux, armor = (
        found if isinstance(found := resource.of(context, key, path), Mapping) else {}
        for key in ("windowsOptions", "seLinuxOptions", "appArmorProfile")
    )
    if windows.get("hostProcess"):
        yield "is a process of its node: windowsOptions.hostProcess is true"
    if linux.get("type") not in {None, UNKNOWN, *_SELINUX_TYPES} or linux.get("user") or linux.get("role"):
        yield "chooses its own SELinux type, user or role"
    if armor.get("type") == "Unconfined":
        yield "is unconfined: appArmorProfile.type is Unconfined"


def _context(resource: Resource, path: str, value: Mapping[str, Any]) -> dict[str, Any]:
    found = resource.of(value, "securityContext", path)
    if found is UNKNOWN:
        return dict.fromkeys(
            ("runAsNonRoot", "allowPrivilegeEscalation", "capabilities", "seccompProfile"), UNKNOWN
        )
    return dict(found) if isinstance(found, Mapping) else {}


def images_by_digest(resource: Resource, _: Settings) -> Iterator[str]:
    """Images that somebody else can change under their name."""
    for path, pod in pod_specs(resource):
        for where, container in containers_of(resource, path, pod):
            image = resource.of(container, "image", where)
            # A serving runtime may leave the image to the runtime that it extends.
            if isinstance(image, str) and _DIGEST not in image:
                yield f"{where}.image is {image}, without a digest"
    for part in ("predictor", "transformer", "explainer") if resource.kind == "InferenceService" else ():
        image = resource.at("spec", part, "model", "image")
        if isinstance(image, str) and _DIGEST not in image:
            yield f"spec.{part}.model.image is {image}, without a digest"
    for index, entry in enumerate(
        resource.items("spec", "canary") if resource.kind == "InferenceService" else ()
    ):
        found: Any = entry
        for key in ("predictor", "model", "image"):
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, str) and _DIGEST not in found:
            yield f"spec.canary[{index}].predictor.model.image is {found}, without a digest"
    if resource.type == "kubernetes:helm.sh/v3:Release":
        resource.hide("the images of a Helm release, which is one resource whatever it makes")


POD_SECURITY = Rule(
    "pod-security",
    "Namespaces enforce Pod Security `restricted`, and every pod template runs under it",
    "A pod with more rights than it needs is the way from one team's model to everybody's nodes",
    "Set runAsNonRoot, seccompProfile RuntimeDefault, allowPrivilegeEscalation false and drop ALL; what "
    "must reach "
    "the host gets an exception",
    GateLevel.MANDATORY,
    on_resource=pod_security,
)
IMAGES_BY_DIGEST = Rule(
    "images-by-digest",
    "Every image of a pod template is named by its digest",
    "A tag can be moved: tomorrow's pods may run what nobody has reviewed",
    "Write `name:tag@sha256:…`, as the registry shows it",
    GateLevel.MANDATORY,
    on_resource=images_by_digest,
)
