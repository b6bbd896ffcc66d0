"""Third-party software that comes as a Helm chart: where from, which version, and how it is installed.

A chart that needs no hook is installed as objects: the preview shows each of them, and definitions in the
chart's ``crds`` folder are upgraded, which Helm itself never does. A chart is a Helm release where that can't
be; ``why`` says what stands against it.

Measured with Pulumi 3.246, provider 4.25 and an idle machine of 2 cores: a preview without change takes 0.8 s
without charts, 4 s with Kueue as objects (1.6 MB of schema, 3 MB of state), 9 s with KServe's definitions as
objects and 2.3 s with them as a release, which keeps chart and version in the state (6 kB).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .pod_security import PodSecurity


class ChartName(StrEnum):
    """A chart that the platform knows how to install, under its own name."""

    CERT_MANAGER = "cert-manager"
    PROMETHEUS_CRDS = "prometheus-operator-crds"
    PROMETHEUS = "kube-prometheus-stack"
    KUEUE = "kueue"
    KSERVE_CRDS = "kserve-crd"
    KSERVE = "kserve-resources"
    GPU_OPERATOR = "gpu-operator"
    DRA_DRIVER = "dra-driver-nvidia-gpu"
    NETWORK_OPERATOR = "network-operator"
    EFA = "aws-efa-k8s-device-plugin"
    CLUSTER_AUTOSCALER = "cluster-autoscaler"
    OPENCOST = "opencost"


class Installed(StrEnum):
    """How a chart reaches the cluster."""

    OBJECTS = "objects"
    """Rendered by the provider; each object is a resource of the stack. Hooks are left out."""
    RELEASE = "release"
    """One Helm release. Hooks run; the preview shows chart, version and values only."""


EXISTING_NAMESPACE = "kube-system"
"""Where charts without pods keep their release; every cluster has it, so nothing is made."""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One chart, pinned."""

    repository: str
    """``oci://…`` with the chart's name at its end, or the ``https://`` address of a repository."""
    version: str
    installed: Installed
    why: str
    """Why it is installed so."""
    namespace: str
    pod_security: PodSecurity | None
    """What its namespace enforces; ``None`` where the chart has no pods."""
    pod_security_why: str
    """Why not ``restricted``; empty where it is."""
    api_groups: tuple[str, ...]
    """API groups of the definitions that it brings."""
    protected: bool
    """Whether objects of teams are deleted together with its definitions: then the engine won't delete it."""
    source: str
    """Where version, repository and value keys were read, with the date."""


_HOST_PATHS = "its pods load kernel modules and mount folders and devices of the host"
_NO_HOOKS = "it has no hooks"

CHARTS: Mapping[ChartName, ChartRow] = MappingProxyType(
    {
        ChartName.CERT_MANAGER: ChartRow(
            repository="oci://quay.io/jetstack/charts/cert-manager",
            version="v1.21.1",
            installed=Installed.RELEASE,
            why="a hook waits until its webhook answers, and KServe's certificates need that",
            namespace="cert-manager",
            pod_security=PodSecurity.RESTRICTED,
            pod_security_why="",
            api_groups=("cert-manager.io", "acme.cert-manager.io"),
            protected=True,
            source="cert-manager/cert-manager v1.21.1, deploy/charts/cert-manager (2026-11-21)",
        ),
        ChartName.PROMETHEUS_CRDS: ChartRow(
            repository="oci://ghcr.io/prometheus-community/charts/prometheus-operator-crds",
            version="31.0.1",
            installed=Installed.RELEASE,
            why="the state would hold 4.5 MB of schema; its definitions are templates, so Helm upgrades them",
            namespace=EXISTING_NAMESPACE,
            pod_security=None,
            pod_security_why="",
            api_groups=("monitoring.coreos.com",),
            protected=True,
            source="prometheus-community/helm-charts prometheus-operator-crds-31.0.1 (2026-11-21)",
        ),
        ChartName.PROMETHEUS: ChartRow(
            repository="oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack",
            version="88.5.3",
            installed=Installed.RELEASE,
            why="a first preview does not know the kinds that prometheus-operator-crds brings",
            namespace="monitoring",
            pod_security=PodSecurity.PRIVILEGED,
            pod_security_why="the node exporter reads /proc, /sys and / of the host",
            api_groups=(),
            protected=False,
            source="prometheus-community/helm-charts kube-prometheus-stack-88.5.3 (2026-11-21)",
        ),
        ChartName.KUEUE: ChartRow(
            repository="oci://registry.k8s.io/kueue/charts/kueue",
            version="0.19.2",
            installed=Installed.OBJECTS,
            why=_NO_HOOKS,
            namespace="kueue-system",
            pod_security=PodSecurity.RESTRICTED,
            pod_security_why="",
            api_groups=("kueue.x-k8s.io",),
            protected=True,
            source="kubernetes-sigs/kueue v0.19.2, charts/kueue (2026-11-21)",
        ),
        ChartName.KSERVE_CRDS: ChartRow(
            repository="oci://ghcr.io/kserve/charts/kserve-crd",
            version="v0.20.0",
            installed=Installed.RELEASE,
            why="the state would hold 2.3 MB of schema; its definitions are templates, so Helm upgrades them",
            namespace=EXISTING_NAMESPACE,
            pod_security=None,
            pod_security_why="",
            api_groups=("serving.kserve.io",),
            protected=True,
            source="kserve/kserve v0.20.0, charts/kserve-crd (2026-11-21)",
        ),
        ChartName.KSERVE: ChartRow(
            repository="oci://ghcr.io/kserve/charts/kserve-resources",
            version="v0.20.0",
            installed=Installed.RELEASE,
            why="a first preview does not know cert-manager's kinds, of which it has two",
            namespace="kserve",
            pod_security=PodSecurity.RESTRICTED,
            pod_security_why="",
            api_groups=(),
            protected=False,
            source="kserve/kserve v0.20.0, charts/kserve-resources (2026-11-21)",
        ),
        ChartName.GPU_OPERATOR: ChartRow(
            repository="https://helm.ngc.nvidia.com/nvidia",
            version="v26.7.0",
            installed=Installed.OBJECTS,
            why="its hooks only upgrade and remove definitions, which are objects here",
            namespace="gpu-operator",
            pod_security=PodSecurity.PRIVILEGED,
            pod_security_why=_HOST_PATHS,
            api_groups=("nvidia.com", "resource.nvidia.com", "nfd.k8s-sigs.io"),
            protected=False,
            source="NVIDIA/gpu-operator v26.7.0, deployments/gpu-operator (2026-11-21)",
        ),
        ChartName.DRA_DRIVER: ChartRow(
            repository="oci://registry.k8s.io/dra-driver-nvidia/charts/dra-driver-nvidia-gpu",
            version="0.4.0",
            installed=Installed.OBJECTS,
            why=_NO_HOOKS,
            namespace="nvidia-dra-driver-gpu",
            pod_security=PodSecurity.PRIVILEGED,
            pod_security_why=_HOST_PATHS,
            api_groups=("resource.nvidia.com",),
            protected=False,
            source="NVIDIA/k8s-dra-driver-gpu v0.4.0, deployments/helm, docs/install.md (2026-11-21)",
        ),
        ChartName.NETWORK_OPERATOR: ChartRow(
            repository="https://helm.ngc.nvidia.com/nvidia",
            version="26.4.1",
            installed=Installed.OBJECTS,
            why="its hooks only upgrade definitions, which are objects here, and keep old policies",
            namespace="nvidia-network-operator",
            pod_security=PodSecurity.PRIVILEGED,
            pod_security_why=_HOST_PATHS,
            api_groups=("mellanox.com", "k8s.cni.cncf.io", "nfd.k8s-sigs.io", "sriovnetwork.openshift.io"),
            protected=False,
            source="Mellanox/network-operator v26.4.1, deployment/network-operator (2026-11-21)",
        ),
        ChartName.EFA: ChartRow(
            repository="https://aws.github.io/eks-charts",
            version="v0.5.30",
            installed=Installed.OBJECTS,
            why=_NO_HOOKS,
            namespace="aws-efa",
            pod_security=PodSecurity.PRIVILEGED,
            pod_security_why=_HOST_PATHS,
            api_groups=(),
            protected=False,
            source="aws/eks-charts of 2026-08-03, stable/aws-efa-k8s-device-plugin (2026-11-21)",
        ),
        ChartName.CLUSTER_AUTOSCALER: ChartRow(
            repository="https://kubernetes.github.io/autoscaler",
            version="9.59.0",
            installed=Installed.OBJECTS,
            why=_NO_HOOKS,
            namespace="cluster-autoscaler",
            pod_security=PodSecurity.RESTRICTED,
            pod_security_why="",
            api_groups=(),
            protected=False,
            source="kubernetes/autoscaler cluster-autoscaler-chart-9.59.0 of 2026-07-21 (2026-11-21)",
        ),
        ChartName.OPENCOST: ChartRow(
            repository="https://opencost.github.io/opencost-helm-chart",
            version="2.5.17",
            installed=Installed.OBJECTS,
            why=_NO_HOOKS,
            namespace="opencost",
            pod_security=PodSecurity.RESTRICTED,
            pod_security_why="",
            api_groups=(),
            protected=False,
            source="opencost/opencost-helm-chart opencost-2.5.17 of 2026-04-28, charts/opencost (2026-11-21)",
        ),
    }
)
"""Every chart, by name."""
