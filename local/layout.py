"""Where a simulated cluster keeps what is its own: folders, ports, certificates and kubeconfigs."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import re
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import certificates
from .certificates import KeyPair, key_pair
from .errors import ClusterError
from .files import write_private

PORTS = (
    "etcd",
    "etcd-peer",
    "etcd-metrics",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kueue-webhook",
    "kueue-health",
    "kueue-metrics",
    "kserve-webhook",
    "kserve-health",
    "kserve-metrics",
)
LOOPBACK = "127.0.0.1"
SERVICE_RANGE = "10.96.0.0/16"
_FIRST_SERVICE = "10.96.0.1"
_API_SERVER_HOSTS = (
    LOOPBACK,
    "localhost",
    _FIRST_SERVICE,
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
WEBHOOK_HOSTS = ("kueue-webhook-service.kueue-system.svc", "kserve-webhook-server-service.kserve.svc")
# Kueue's certificate rotation accepts only an authority of this name.
_WEBHOOK_AUTHORITY = "kueue-ca"
_IDENTITIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("ai-platform-local:admin", ("system:masters",)),
    "kube-controller-manager": ("system:kube-controller-manager", ()),
    "kube-scheduler": ("system:kube-scheduler", ()),
}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class Layout:
    """The paths and ports of one cluster."""

    name: str
    directory: Path
    ports: Mapping[str, int]

    @property
    def server(self) -> str:
        return f"https://{LOOPBACK}:{self.ports['kube-apiserver']}"

    @property
    def kubeconfig(self) -> Path:
        return self.kubeconfig_of("admin")

    def kubeconfig_of(self, identity: str) -> Path:
        return self.directory / ("kubeconfig" if identity == "admin" else f"kubeconfigs/{identity}")

    def pair(self, name: str) -> KeyPair:
        return key_pair(self.directory / "certificates", name)

    @property
    def service_account_key(self) -> Path:
        return self.directory / "certificates" / "service-accounts.key"

    def probe_tls(self) -> ssl.SSLContext:
        """What a health check of the API server, the controller manager or the scheduler needs."""
        # The cluster's own authority alone: reading the machine's takes longer than the check.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority, admin = self.pair("authority"), self.pair("admin")
        if authority.exists and admin.exists:
            context.load_verify_locations(cafile=authority.certificate)
            context.load_cert_chain(admin.certificate, admin.key)
        return context


def cluster_directory(name: str, root: Path) -> Path:
    """The folder of the cluster; refuses names that can't be part of a context's name."""
    if not _NAME.fullmatch(name):
        raise ClusterError(
            f"{name!r} is no name for a cluster: use at most 40 lower-case letters, digits and inner dashes"
        )
    return root.absolute() / name


def read_layout(name: str, root: Path) -> Layout | None:
    """The layout of a cluster that was started before, or None."""
    directory = cluster_directory(name, root)
    try:
        ports = json.loads((directory / "ports.json").read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ClusterError(f"{directory / 'ports.json'} is not readable: take the cluster down") from error
    return Layout(name, directory, ports)


def prepare_layout(
    name: str, root: Path, ports: Mapping[str, int], holding: contextlib.ExitStack | None = None
) -> Layout:
    """Makes whatever is missing: folders, ports, certificates and kubeconfigs.

    ``holding`` keeps ports that are chosen now from everybody else until it is closed.
    """
    directory = cluster_directory(name, root)
    layout = read_layout(name, root) or Layout(name, directory, choose_ports(ports, holding))
    moved = {role: port for role, port in ports.items() if layout.ports.get(role) != port}
    if moved:
        raise ClusterError(
            f"cluster {name} has other ports ({_listed({role: layout.ports[role] for role in moved})}): "
            "take it down before you give it new ones"
        )
    for folder in ("certificates", "kubeconfigs", "logs", "pids", "temporary"):
        (layout.directory / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whole at any moment: `status` reads it without the lock.
    write_private(layout.directory / "ports.json", json.dumps(dict(layout.ports), indent=2).encode())
    _make_certificates(layout)
    for identity in _IDENTITIES:
        _write_kubeconfig(layout, identity)
    return layout


def choose_ports(wanted: Mapping[str, int], holding: contextlib.ExitStack | None = None) -> dict[str, int]:
    """The wanted ports, and free ones for all other roles.

    Until ``holding`` is closed the system gives those to nobody else, while our programs, which ask for them
    by number, get them. Linux alone has that: elsewhere they are only free at this moment.
    """
    if unknown := sorted(set(wanted) - set(PORTS)):
        raise ClusterError(f"unknown ports {', '.join(unknown)}: there are {', '.join(PORTS)}")
    if len(set(wanted.values())) < len(wanted):
        raise ClusterError(f"a port was given twice: {_listed(wanted)}")
    chosen = dict(wanted)
    # All sockets stay open until the last port is known, so that none is given out twice.
    with contextlib.ExitStack() as until_chosen:
        sockets = holding if holding and sys.platform == "linux" else until_chosen
        for role in PORTS:
            while role not in chosen:
                free = sockets.enter_context(socket.socket())
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                free.bind((LOOPBACK, 0))
                port = int(free.getsockname()[1])
                if port not in chosen.values():
                    chosen[role] = port
    return chosen


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Lets one command at a time change the cluster in this folder."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / "lock"
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_same_file(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)
        # The holder before us removed the cluster, and our lock with it.
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _listed(ports: Mapping[str, int]) -> str:
    return ", ".join(f"{role} {port}" for role, port in ports.items())


def _make_certificates(layout: Layout) -> None:
    authority, webhooks = layout.pair("authority"), layout.pair("webhook-authority")
    certificates.make_authority(authority, f"ai-platform-{layout.name}")
    certificates.make_authority(webhooks, _WEBHOOK_AUTHORITY, with_rsa=True)
    certificates.make_certificate(layout.pair("server"), authority, "server", hosts=_API_SERVER_HOSTS)
    certificates.make_certificate(layout.pair("webhook"), webhooks, "webhook", hosts=WEBHOOK_HOSTS)
    for identity, (common_name, groups) in _IDENTITIES.items():
        certificates.make_certificate(layout.pair(identity), authority, common_name, groups=groups)
    certificates.make_signing_key(layout.service_account_key)


def _write_kubeconfig(layout: Layout, identity: str) -> None:
    context = f"ai-platform-{layout.name}"
    pair = layout.pair(identity)
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "clusters": [
            {
                "name": context,
                "cluster": {
                    "server": layout.server,
                    "certificate-authority-data": encoded(layout.pair("authority").certificate),
                },
            }
        ],
        "users": [
            {
                "name": context,
                "user": {
                    "client-certificate-data": encoded(pair.certificate),
                    "client-key-data": encoded(pair.key),
                },
            }
        ],
    }
    write_private(
        layout.kubeconfig_of(identity), yaml.dump(content, None, yaml.CSafeDumper, sort_keys=False).encode()
    )


def encoded(path: Path) -> str:
    """The file's content as Kubernetes wants bytes in JSON."""
    return base64.b64encode(path.read_bytes()).decode()
