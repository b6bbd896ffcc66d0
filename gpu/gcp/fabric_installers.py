"""DaemonSets that put NCCL's network plugin on the nodes of a pool with a fabric.

They change the node itself, so they are privileged, as Google publishes them, and run in ``kube-system``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...components.node_labels import POOL_LABEL
from ..machines import Fabric, Machine

SOURCE = (
    "GoogleCloudPlatform/container-engine-accelerators at 992db81 (2026-06-11); cluster-toolkit v1.95.0: "
    "disable-log-martian of gke-a3-ultragpu, gke-a4 and gke-a4x"
)

NAMESPACE = "kube-system"
PAUSE = "gke.gcr.io/pause:3.8@sha256:880e63f94b145e46f1b1082bb71b85e21f16b99b180b9996407d61240ceb9830"
INJECTOR = (
    "gcr.io/gke-release/nri-device-injector"
    "@sha256:6e79483d52abdc28454bf186320b10a56b0f117a10e8d65d5c74dbb821a76970"
)
"""Gives the devices that a pod's annotations name to one of its containers."""
PREPARE_IMAGE = "ubuntu:24.04"
"""Only enters the node's own namespaces."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """NCCL's network plugin for one fabric."""

    app: str
    image: str
    install: str
    """Shell commands that copy it onto the node."""
    mounts: tuple[tuple[str, str, str], ...]
    """Volume, path on the node, path in the container."""
    prepare: str | None = None
    """Shell commands on the node itself, before."""
    injector: bool = False
    """Whether a sidecar needs devices of the node."""


_HOST = "/usr/local/home/kubernetes/bin"
_GIB_INSTALL = "\n".join(
    [
        "set -ex",
        "/scripts/container_entry.sh install",
        f"cp -r /var/lib/gib/lib64/. {_HOST}/nvidia/lib64",
        f"cp -r /var/lib/gib/. {_HOST}/gib",
    ]
)
# All cards are in one VPC: the kernel takes packets between them for misdirected ones and logs each.
_GIB_PREPARE = """for card in /proc/sys/net/ipv4/conf/gpu*rdma0/log_martians; do
  if [ -e "$card" ]; then echo 0 > "$card"; fi
done"""
_GIB_MOUNTS = (
    ("libraries", "/home/kubernetes/bin/nvidia/lib64", f"{_HOST}/nvidia/lib64"),
    ("gib", "/home/kubernetes/bin/gib", f"{_HOST}/gib"),
)
_TCP_MOUNTS = (("var-lib", "/var/lib", "/var/lib"), ("binaries", "/home/kubernetes/bin", "/usr/local"))


def _tcp_install(directory: str) -> str:
    return "\n".join(
        [
            "set -ex",
            "chmod 755 /scripts/container_entry.sh",
            "/scripts/container_entry.sh install --install-nccl",
            "mkdir -p /usr/local/nvidia/lib64",
            f"cp -r /var/lib/{directory}/lib64/. /usr/local/nvidia/lib64",
        ]
    )


# The cards' memory is reached through devices that stand below /sys: each is mounted where the plugin looks.
_TCPXO_PREPARE = """/sbin/iptables -I INPUT -p tcp -m tcp -j ACCEPT
modprobe import-helper
mkdir -p /dev/aperture_devices
for address in $(lspci -nn -D | awk '/1ae0:0084/ {print $1}'); do
  mkdir -p "/dev/aperture_devices/$address"
  umount -R "/dev/aperture_devices/$address" || true
  mount --bind "$(readlink -f "/sys/bus/pci/devices/$address")" "/dev/aperture_devices/$address"
done
chmod -R a+r /dev/aperture_devices
chmod a+rw /dev/aperture_devices/*/resource*"""

_REGISTRY = "us-docker.pkg.dev/gce-ai-infra"
TCPX = Plugin(
    "nccl-tcpx-installer",
    f"{_REGISTRY}/gpudirect-tcpx/nccl-plugin-gpudirecttcpx-dev:v3.1.9",
    _tcp_install("tcpx"),
    _TCP_MOUNTS,
    injector=True,
)
TCPXO = Plugin(
    "nccl-tcpxo-installer",
    f"{_REGISTRY}/gpudirect-tcpxo/nccl-plugin-gpudirecttcpx-dev:v1.0.15",
    _tcp_install("tcpxo"),
    _TCP_MOUNTS,
    prepare=_TCPXO_PREPARE,
    injector=True,
)
GIB = Plugin(
    "nccl-rdma-installer",
    f"{_REGISTRY}/gpudirect-gib/nccl-plugin-gib:v1.1.1",
    _GIB_INSTALL,
    _GIB_MOUNTS,
    prepare=_GIB_PREPARE,
)
GIB_ARM64 = Plugin(
    "nccl-rdma-installer",
    f"{_REGISTRY}/gpudirect-gib/nccl-plugin-gib-arm64:v1.1.0",
    _GIB_INSTALL,
    _GIB_MOUNTS,
    prepare=_GIB_PREPARE,
)


def plugin(fabric: Fabric, row: Machine) -> Plugin | None:
    """NCCL's plugin for a fabric on this machine, or ``None`` without a fabric."""
    if fabric is Fabric.RDMA:
        return GIB_ARM64 if row.arm64 else GIB
    return {Fabric.TCPX: TCPX, Fabric.TCPXO: TCPXO}.get(fabric)


def installer_manifests(pool: str, fabric: Fabric, row: Machine) -> list[dict[str, Any]]:
    """The DaemonSets of one pool: the plugin's installer and, where a sidecar needs it, the injector."""
    found = plugin(fabric, row)
    if found is None:
        return []
    manifests = [_installer(pool, found)]
    return [*manifests, _injector(pool)] if found.injector else manifests


def _installer(pool: str, found: Plugin) -> dict[str, Any]:
    install = _container(
        "install",
        found.image,
        ["/bin/sh", "-c", found.install],
        [{"name": name, "mountPath": path} for name, _, path in found.mounts],
    )
    inits = [install]
    if found.prepare:
        enter = ["nsenter", "-at", "1", "--", "sh", "-c", found.prepare]
        inits.insert(0, _container("prepare", PREPARE_IMAGE, enter, []))
    volumes = [
        {"name": name, "hostPath": {"path": path, "type": "DirectoryOrCreate"}}
        for name, path, _ in found.mounts
    ]
    return _daemon_set(
        pool, found.app, volumes, [{"name": "pause", "image": PAUSE, "resources": _requests("1m")}], inits
    )


def _injector(pool: str) -> dict[str, Any]:
    mounts = [
        {"name": "dev", "mountPath": "/dev"},
        {"name": "nri", "mountPath": "/var/run/nri"},
    ]
    volumes = [{"name": mount["name"], "hostPath": {"path": mount["mountPath"]}} for mount in mounts]
    container = _container("device-injector", INJECTOR, None, mounts)
    return _daemon_set(pool, "device-injector", volumes, [container], [])


def _container(
    name: str, image: str, command: Sequence[str] | None, mounts: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        **({"command": list(command)} if command else {}),
        "resources": _requests("150m"),
        "securityContext": {"privileged": True},
        **({"volumeMounts": mounts} if mounts else {}),
    }


def _requests(cpu: str) -> dict[str, Any]:
    return {"requests": {"cpu": cpu}}


def _daemon_set(
    pool: str,
    app: str,
    volumes: list[dict[str, Any]],
    containers: list[dict[str, Any]],
    inits: list[dict[str, Any]],
) -> dict[str, Any]:
    labels = {"k8s-app": app, POOL_LABEL: pool}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": f"{app}-{pool}", "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "nodeSelector": {POOL_LABEL: pool},
                    "priorityClassName": "system-node-critical",
                    "tolerations": [{"operator": "Exists"}],
                    "automountServiceAccountToken": False,
                    "hostNetwork": True,
                    "hostPID": True,
                    "volumes": volumes,
                    **({"initContainers": inits} if inits else {}),
                    "containers": containers,
                },
            },
        },
    }
