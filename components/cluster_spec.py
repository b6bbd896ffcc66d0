"""What a user writes about the cluster of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

NO_CLUSTER = "the stack of the cluster has no output `cluster` yet"
"""What a stack says that needs a cluster which nobody has made."""

KubernetesVersion = Annotated[str, Field(pattern=r"^1\.[0-9]{2}$")]
Zone = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]+$", max_length=32)]


class ClusterProvider(StrEnum):
    """Where the cluster comes from."""

    SIMULATED = "simulated"
    """Real control plane on this machine, simulated nodes."""
    EKS = "eks"
    """Amazon EKS."""
    GKE = "gke"
    """Google Kubernetes Engine, Standard mode."""
    EXISTING = "existing"
    """A cluster that somebody else made."""


class NodesHave(StrEnum):
    """What the GPU nodes of a cluster that somebody else made bring themselves."""

    NOTHING = "nothing"
    """Neither driver nor container toolkit: both are installed."""
    GPU_DRIVER = "gpu_driver"
    """NVIDIA's driver; the container toolkit is installed."""
    GPU_DRIVER_AND_TOOLKIT = "gpu_driver_and_toolkit"
    """NVIDIA's driver and container toolkit, which is set up for the container runtime."""


class SystemNodesSpec(BaseModel):
    """Nodes without GPUs, for controllers and add-ons."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    machine: str
    """Machine type as its cloud names it, for example ``m7i.xlarge``."""
    min_nodes: Annotated[int, Field(ge=1, le=100)] = 2
    """Nodes that always run. Default: 2."""
    max_nodes: Annotated[int, Field(ge=1, le=100)] = 4
    """Ceiling of the autoscaler. Default: 4."""


class SimulatedSpec(BaseModel):
    """Real control plane on this machine, simulated nodes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    provider: Literal[ClusterProvider.SIMULATED]
    """Where the cluster comes from."""


class ExistingSpec(BaseModel):
    """A cluster that somebody else made, with its nodes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    provider: Literal[ClusterProvider.EXISTING]
    """Where the cluster comes from."""
    cluster_identifier: Annotated[str, Field(min_length=1, max_length=63)]
    """A name that stays the same for the cluster's life, also when its address or kubeconfig changes."""
    kubeconfig: Annotated[str, Field(min_length=1)] | None = None
    """Path of the kubeconfig, relative to this file. It is read when something is applied, never stored.
    Default: none; then ``stack`` is needed."""
    stack: Annotated[str, Field(pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+$")] | None = None
    """Pulumi stack with the kubeconfig as an output: ``organization/network/prod``. Default: none."""
    output: Annotated[str, Field(min_length=1)] = "kubeconfig"
    """Output of ``stack`` with the kubeconfig. Default: kubeconfig."""
    context: str | None = None
    """Context of the kubeconfig. Default: its current one."""
    nodes_have: NodesHave = NodesHave.NOTHING
    """What its GPU nodes bring, all of them. Default: nothing, so that driver and toolkit are installed."""


class AwsNetworkSpec(BaseModel):
    """A new VPC, or one that exists."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    cidr: IPv4Network = IPv4Network("10.0.0.0/16")
    """Addresses of a new VPC; at least a /20. Default: 10.0.0.0/16."""
    vpc_id: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]+$")] | None = None
    """A VPC that exists, together with ``subnet_ids``. Default: a new one."""
    subnet_ids: dict[Zone, Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")]] = Field(default_factory=dict)
    """Its private subnets, one of each of ``zones``. Default: new ones."""


class EksSpec(BaseModel):
    """A cluster of Amazon EKS."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    provider: Literal[ClusterProvider.EKS]
    """Where the cluster comes from."""
    kubernetes_version: KubernetesVersion
    """Minor version of Kubernetes, for example ``"1.35"``."""
    zones: Annotated[list[Zone], Field(min_length=2, max_length=6)]
    """Availability zones, the first of them for what stands in one. At least two, which EKS asks for."""
    network: AwsNetworkSpec = Field(default_factory=AwsNetworkSpec)
    """Where its nodes live. Default: a new VPC."""
    public_endpoint_cidrs: list[IPv4Network] = Field(default_factory=list)
    """Networks that may reach the API server from outside the VPC. Default: none, so it is private."""
    admin_role_arns: list[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$")]] = Field(
        default_factory=list
    )
    """IAM roles that administrate the cluster beside the one that made it. Default: none."""
    kms_key_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:kms:.+$")] | None = None
    """Key that encrypts Kubernetes secrets and volumes. Default: a new one that rotates each year."""
    system_nodes: SystemNodesSpec = Field(default_factory=lambda: SystemNodesSpec(machine="m7i.xlarge"))
    """Nodes for controllers and add-ons. Default: 2 to 4 × m7i.xlarge."""


class GcpNetworkSpec(BaseModel):
    """A new VPC, or one that exists."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    cidr: IPv4Network = IPv4Network("10.0.0.0/20")
    """Addresses of the nodes in a new subnetwork. Default: 10.0.0.0/20."""
    pods_cidr: IPv4Network = IPv4Network("10.64.0.0/14")
    """Addresses of the pods. Default: 10.64.0.0/14."""
    services_cidr: IPv4Network = IPv4Network("10.68.0.0/20")
    """Addresses of the services. Default: 10.68.0.0/20."""
    control_plane_cidr: IPv4Network = IPv4Network("172.16.0.0/28")
    """Addresses of the control plane, a /28. Default: 172.16.0.0/28."""
    network: str | None = None
    """A VPC that exists, together with the three below. Default: a new one."""
    subnetwork: str | None = None
    """Its subnetwork in the region."""
    pods_range: str | None = None
    """Name of the subnetwork's secondary range for pods."""
    services_range: str | None = None
    """Name of the subnetwork's secondary range for services."""


class GcpBillingSpec(BaseModel):
    """Who pays for a project."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    account: Annotated[str, Field(pattern=r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$")]
    """Billing account of the project; one that is kept in US dollars."""
    project_number: Annotated[str, Field(pattern=r"^[0-9]{6,20}$")]
    """Number of the project, by which bills know it. ``gcloud projects describe`` shows it."""


class GkeSpec(BaseModel):
    """A cluster of Google Kubernetes Engine, Standard mode."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    provider: Literal[ClusterProvider.GKE]
    """Where the cluster comes from."""
    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
    """Project id."""
    kubernetes_version: KubernetesVersion
    """Minor version of Kubernetes, for example ``"1.35"``."""
    zones: Annotated[list[Zone], Field(min_length=1, max_length=6)]
    """Zones of the nodes, the first of them for what stands in one."""
    network: GcpNetworkSpec = Field(default_factory=GcpNetworkSpec)
    """Where its nodes live. Default: a new VPC."""
    public_endpoint_cidrs: list[IPv4Network] = Field(default_factory=list)
    """Networks that may reach the API server from outside the VPC. Default: none, so it is private."""
    admin_groups: list[str] = Field(default_factory=list)
    """Google groups that administrate the cluster. Default: none."""
    kms_key: Annotated[str, Field(pattern=r"^projects/.+/cryptoKeys/.+$")] | None = None
    """Cloud KMS key that encrypts Kubernetes secrets. Default: a new one that rotates each 90 days."""
    system_nodes: SystemNodesSpec = Field(default_factory=lambda: SystemNodesSpec(machine="e2-standard-4"))
    """Nodes for controllers and add-ons. Default: 2 to 4 × e2-standard-4."""
    billing: GcpBillingSpec | None = None
    """Who pays. Budgets become alerts of the billing account with it. Default: unknown, so the gates alone
    look at budgets."""


AnyClusterSpec = SimulatedSpec | EksSpec | GkeSpec | ExistingSpec

ClusterSpec = Annotated[AnyClusterSpec, Field(discriminator="provider")]
"""The cluster of the environment, by ``provider``."""

CLUSTER_SPECS: Mapping[str, type[BaseModel]] = {
    ClusterProvider.SIMULATED: SimulatedSpec,
    ClusterProvider.EKS: EksSpec,
    ClusterProvider.GKE: GkeSpec,
    ClusterProvider.EXISTING: ExistingSpec,
}
"""What a cluster of each provider may say."""
