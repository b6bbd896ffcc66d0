"""What every manifest of the library must keep to, beside what kube-score looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ai_platform.testing import Recording

_POD_PATHS: Mapping[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "InferenceService": ("spec", "predictor"),
    "ClusterServingRuntime": ("spec",),
    "ServingRuntime": ("spec",),
}
"""Where a pod's specification stands in objects of each kind."""

_RIGHTS_OVER_RIGHTS = {"escalate", "bind", "impersonate"}


def manifests(recording: Recording) -> list[dict[str, Any]]:
    """Every Kubernetes object that a program registers. Those of a chart are the engine's to render."""
    return [
        item.inputs
        for item in recording.resources
        if item.type.startswith("kubernetes:") and not item.type.startswith("kubernetes:helm")
    ]


def named(manifest: Mapping[str, Any]) -> str:
    """``Job/finetune``."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def broken(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Names of the rules that an object breaks."""
    kind = manifest["kind"]
    if kind in {"Role", "ClusterRole"}:
        yield from _rights(manifest)
    if kind == "Service" and manifest["spec"].get("type", "ClusterIP") in {"NodePort", "LoadBalancer"}:
        yield "service-stays-inside"
    if kind == "Secret" and (manifest.get("data") or manifest.get("stringData")):
        yield "no-secret-in-state"
    if kind == "Namespace" and "pod-security.kubernetes.io/enforce" not in manifest["metadata"]["labels"]:
        yield "namespace-has-pod-security"
    if kind == "ServiceAccount" and manifest.get("automountServiceAccountToken") is not False:
        yield "account-hands-out-no-token"
    if kind in _POD_PATHS:
        pod: Any = manifest
        for key in _POD_PATHS[kind]:
            pod = pod.get(key, {})
        yield from _pod(pod)


def _rights(manifest: Mapping[str, Any]) -> Iterator[str]:
    for rule in manifest["rules"]:
        if any("*" in rule.get(key, ()) for key in ("verbs", "resources")):
            yield "rights-name-no-wildcard"
        if _RIGHTS_OVER_RIGHTS & set(rule["verbs"]):
            yield "no-rights-over-rights"
        everywhere = manifest["kind"] == "ClusterRole" and not rule.get("resourceNames")
        if everywhere and "secrets" in rule.get("resources", ()):
            yield "no-secrets-of-all-namespaces"


def _pod(pod: Mapping[str, Any]) -> Iterator[str]:
    if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        yield "pod-stays-off-the-host"
    if any("hostPath" in volume for volume in pod.get("volumes", ())):
        yield "no-path-of-the-host"
    for container in [*pod.get("containers", ()), *pod.get("initContainers", ())]:
        yield from _container(container, pod.get("securityContext", {}))


def _container(container: Mapping[str, Any], of_pod: Mapping[str, Any]) -> Iterator[str]:
    own = container.get("securityContext", {})
    both = {**of_pod, **own}
    if own.get("privileged"):
        yield "not-privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "no-way-to-more-rights"
    if "ALL" not in own.get("capabilities", {}).get("drop", ()):
        yield "capabilities-are-dropped"
    if both.get("runAsNonRoot") is not True:
        yield "not-as-root"
    if both.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "system-calls-are-filtered"
    image = container.get("image", "")
    tag = image.rpartition("/")[2].partition(":")[2]
    if "@sha256:" not in image and tag in {"", "latest"}:
        yield "image-is-pinned"
