"""The programs of a Kubernetes control plane, as they run on the host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .layout import LOOPBACK, SERVICE_RANGE, Layout
from .process import Probe, Program


def etcd(layout: Layout, tools: Mapping[str, Path]) -> Program:
    """The store. It does not flush to disk: a simulated cluster may lose what a power cut takes."""
    server, authority = layout.pair("server"), layout.pair("authority")
    client = f"https://{LOOPBACK}:{layout.ports['etcd']}"
    peer = f"https://{LOOPBACK}:{layout.ports['etcd-peer']}"
    return Program(
        name="etcd",
        command=(
            str(tools["etcd"]),
            f"--data-dir={layout.directory / 'etcd'}",
            "--unsafe-no-fsync",
            "--name=ai-platform",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=ai-platform={peer}",
            f"--listen-metrics-urls=http://{LOOPBACK}:{layout.ports['etcd-metrics']}",
            f"--cert-file={server.certificate}",
            f"--key-file={server.key}",
            f"--trusted-ca-file={authority.certificate}",
            "--client-cert-auth",
            f"--peer-cert-file={server.certificate}",
            f"--peer-key-file={server.key}",
            f"--peer-trusted-ca-file={authority.certificate}",
            "--peer-client-cert-auth",
            "--log-level=error",
        ),
        probe=Probe(layout.ports["etcd-metrics"], "/health"),
        ports=_ports(layout, "etcd", "etcd-peer", "etcd-metrics"),
    )


def api_server(layout: Layout, tools: Mapping[str, Path]) -> Program:
    """The API server, on the loopback interface alone."""
    server, authority, admin = layout.pair("server"), layout.pair("authority"), layout.pair("admin")
    return Program(
        name="kube-apiserver",
        command=(
            str(tools["kube-apiserver"]),
            f"--bind-address={LOOPBACK}",
            f"--secure-port={layout.ports['kube-apiserver']}",
            f"--tls-cert-file={server.certificate}",
            f"--tls-private-key-file={server.key}",
            f"--client-ca-file={authority.certificate}",
            f"--etcd-servers=https://{LOOPBACK}:{layout.ports['etcd']}",
            f"--etcd-cafile={authority.certificate}",
            f"--etcd-certfile={admin.certificate}",
            f"--etcd-keyfile={admin.key}",
            # By default it calls itself not ready where a busy machine's store takes two seconds to answer.
            "--etcd-healthcheck-timeout=8s",
            "--etcd-readycheck-timeout=8s",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={layout.service_account_key}",
            f"--service-account-signing-key-file={layout.service_account_key}",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            # A loopback address can't be an endpoint of the Service `kubernetes`.
            "--endpoint-reconciler-type=none",
            "--profiling=false",
        ),
        probe=Probe(layout.ports["kube-apiserver"], "/readyz", layout.probe_tls()),
        ports=_ports(layout, "kube-apiserver"),
    )


def controller_manager(layout: Layout, tools: Mapping[str, Path]) -> Program:
    """The controllers of Kubernetes itself, each with its own service account."""
    server, authority = layout.pair("server"), layout.pair("authority")
    kubeconfig = layout.kubeconfig_of("kube-controller-manager")
    return Program(
        name="kube-controller-manager",
        command=(
            str(tools["kube-controller-manager"]),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={layout.ports['kube-controller-manager']}",
            f"--tls-cert-file={server.certificate}",
            f"--tls-private-key-file={server.key}",
            f"--root-ca-file={authority.certificate}",
            f"--cluster-signing-cert-file={authority.certificate}",
            f"--cluster-signing-key-file={authority.key}",
            f"--service-account-private-key-file={layout.service_account_key}",
            "--use-service-account-credentials",
            "--leader-elect=false",
            # KServe leaves the number of replicas to an autoscaler, which looks every 15 s by default.
            "--horizontal-pod-autoscaler-sync-period=2s",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        ),
        probe=Probe(layout.ports["kube-controller-manager"], "/healthz", layout.probe_tls()),
        ports=_ports(layout, "kube-controller-manager"),
    )


def scheduler(layout: Layout, tools: Mapping[str, Path]) -> Program:
    """The real scheduler."""
    server = layout.pair("server")
    kubeconfig = layout.kubeconfig_of("kube-scheduler")
    return Program(
        name="kube-scheduler",
        command=(
            str(tools["kube-scheduler"]),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={layout.ports['kube-scheduler']}",
            f"--tls-cert-file={server.certificate}",
            f"--tls-private-key-file={server.key}",
            "--leader-elect=false",
        ),
        probe=Probe(layout.ports["kube-scheduler"], "/readyz", layout.probe_tls()),
        ports=_ports(layout, "kube-scheduler"),
    )


def _ports(layout: Layout, *roles: str) -> dict[str, int]:
    return {role: layout.ports[role] for role in roles}
