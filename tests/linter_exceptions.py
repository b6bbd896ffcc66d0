"""What linters may find: every exception of the library, with its reason.

A row that nothing needs any more fails its test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowed:
    """A finding that stays."""

    what: str
    """Kind and name of the object, or name of the policy; ``*`` stands for any letters."""
    check: str
    """The check, as its linter calls it."""
    why: str
    """Why it stays."""


_ON_THE_NODE = "it changes the node itself, and runs as Google publishes it: privileged, as root"
_NODE_CHECKS = (
    "pod-stays-off-the-host",
    "no-path-of-the-host",
    "not-privileged",
    "no-way-to-more-rights",
    "capabilities-are-dropped",
    "not-as-root",
    "system-calls-are-filtered",
    "container-resources",
    "container-ephemeral-storage-request-and-limit",
    "container-image-pull-policy",
    "container-security-context-privileged",
    "container-security-context-readonlyrootfilesystem",
    "container-security-context-user-group-id",
    "pod-networkpolicy",
)
_INSTALLERS = (
    "DaemonSet/device-injector-*",
    "DaemonSet/nccl-*-installer-*",
    "DaemonSet/nvidia-driver-installer",
)
_DEVICES = "GKE has no runtime class for it: device nodes of the host reach a privileged container alone"
_GOOGLES_NETWORK = (
    "NCCL's plugin for Google's fabric lies on the node, and its daemon is root, as Google publishes it; "
    "a team must ask for a namespace that lets it"
)
_DAEMON_SIZE = (
    "Google's manifests don't limit the daemon of its fabric (container-engine-accelerators at 992db81: it "
    "requests 1 CPU and 2 GiB with TCPX on Autopilot alone, nothing with TCPXO); a limit too low would end "
    "the run, and its node belongs to the one pod"
)
_WITH_DAEMON = ("Job/a3-highgpu-8g*", "Job/a3-megagpu-8g*", "Job/pretrain-check")
_WITH_LIBRARIES = ("Job/a3-ultragpu-8g*", "Job/a4x-highgpu-4g*")
_PULL = "a thousand nodes must not ask the registry again; the image is named by tag or digest"
_OF_KSERVE = "KServe makes the pods of an endpoint, with that label, from its InferenceService"
_DOCTOR = "DaemonSet/*-nodes*"

MANIFESTS: tuple[Allowed, ...] = (
    *(Allowed(what, check, _ON_THE_NODE) for what in _INSTALLERS for check in _NODE_CHECKS),
    Allowed(_DOCTOR, "not-as-root", "on nodes with MIG the driver answers only who has SYS_ADMIN"),
    Allowed(_DOCTOR, "container-image-pull-policy", _PULL),
    Allowed(_DOCTOR, "container-security-context-user-group-id", "what has SYS_ADMIN is root anyway"),
    *(
        Allowed("DaemonSet/a3-nodes", check, _DEVICES)
        for check in (
            "not-privileged",
            "no-way-to-more-rights",
            "no-path-of-the-host",
            "capabilities-are-dropped",
            "system-calls-are-filtered",
            "container-security-context-privileged",
        )
    ),
    *(Allowed(what, "no-path-of-the-host", _GOOGLES_NETWORK) for what in (*_WITH_DAEMON, *_WITH_LIBRARIES)),
    *(
        Allowed(what, check, _GOOGLES_NETWORK)
        for what in _WITH_DAEMON
        for check in (
            "no-way-to-more-rights",
            "capabilities-are-dropped",
            "not-as-root",
        )
    ),
    Allowed("Job/a3-*-all-reduce", "system-calls-are-filtered", _GOOGLES_NETWORK),
    *(Allowed(what, "container-resources", _DAEMON_SIZE) for what in _WITH_DAEMON),
    Allowed(
        "Job/open-*",
        "not-as-root",
        "the root directory of a new file system is root's: it runs once, without capabilities",
    ),
    Allowed(
        "Job/open-*",
        "pod-networkpolicy",
        "it runs in kube-system, where a policy of ours could cut off what others put there",
    ),
    Allowed(
        "Job/*",
        "container-ephemeral-storage-request-and-limit",
        "scratch space of a training run is the node's whole local disk, and one run has the node's GPUs",
    ),
    Allowed(
        "Job/*",
        "container-security-context-readonlyrootfilesystem",
        "the image is the team's: most training images write caches below their home",
    ),
    Allowed("Job/*", "container-image-pull-policy", _PULL),
    Allowed(
        "Job/*",
        "container-security-context-user-group-id",
        "user 1000 is what training images have a home for; Pod Security restricted keeps it from root",
    ),
    *(Allowed(f"Service/{name}", "service-targets-pod", _OF_KSERVE) for name in ("chat-*", "eks", "gke")),
    Allowed(
        "Service/*-workers",
        "service-targets-pod",
        "the label of its pods is the Job controller's, which no template shows",
    ),
    Allowed(
        "NetworkPolicy/*",
        "networkpolicy-targets-pod",
        "the pods of a team come later, from the team",
    ),
)
"""Of kube-score and of ``tests/manifest_rules.py``. What a chart renders is not looked at."""

POLICIES: tuple[Allowed, ...] = ()
"""Of parliament and of ``tests/iam_policies.py``."""
