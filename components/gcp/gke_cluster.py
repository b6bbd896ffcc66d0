"""A private GKE cluster in Standard mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from ..args import parsed
from ..cloud_objects import cloud_object, output
from ..cluster import Cluster, GcpCluster, gke_cluster_name, gke_identifier
from ..cluster_spec import ClusterProvider, GkeSpec, SystemNodesSpec
from ..names import shortened
from .force_new import NODE_POOL, node_pool_name
from .kubeconfig import kubeconfig_text
from .network import GcpNetwork
from .nodes import NODE_ROLES, first_nodes_per_zone, node_base

KEY_ROTATION = "7776000s"
"""90 days."""

_ENCRYPTER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


class GkeCluster(pulumi.ComponentResource):
    """A regional GKE cluster with private nodes, its key, its nodes' identity and its system nodes.

    Its API server is reached from inside the VPC, and from ``public_endpoint_cidrs``. Kubernetes stays at the
    described minor version and gets patches by itself (release channel EXTENDED). The cluster and a key of
    its own are protected. ``labels`` are cost labels in Google's spelling. ``multi_networking`` is for pools
    with a fabric and can be turned on later. Raises ``InvalidArgs``.
    """

    cluster: Cluster
    """What node pools and everything after them need."""

    def __init__(
        self,
        name: str,
        spec: GkeSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        region: str,
        labels: Mapping[str, str],
        multi_networking: bool = False,
    ) -> None:
        super().__init__("ai-platform:index:GkeCluster", name, {}, opts)
        wanted = parsed("GkeCluster", name, GkeSpec, spec)
        own = pulumi.ResourceOptions(parent=self)
        network = GcpNetwork(f"{name}-network", wanted.network, own, project=wanted.project, region=region)
        account, grants = _node_account(name, wanted.project, own)
        key, grant = _key(name, wanted, region, labels, own)
        cluster_name = gke_cluster_name(name)
        properties = cluster_properties(
            wanted, region=region, labels=labels, multi_networking=multi_networking
        )
        made = cloud_object(
            f"{name}-cluster",
            "gcp:container/cluster:Cluster",
            {
                **properties,
                "name": cluster_name,
                "network": network.network,
                "subnetwork": network.subnetwork,
                "ipAllocationPolicy": {
                    "clusterSecondaryRangeName": network.pods_range,
                    "servicesSecondaryRangeName": network.services_range,
                },
                "databaseEncryption": {"state": "ENCRYPTED", "keyName": key},
                "nodeConfig": node_base(account, labels),
            },
            # nodeConfig is for the first nodes, which GKE removes at once. Afterwards it shows those of any
            # pool, and a change of it would replace the cluster.
            _merged(own, protect=True, ignore_changes=["nodeConfig"], depends_on=[network, grant, *grants]),
            outputs=("endpoint",),
        )
        cloud_object(
            f"{name}-system",
            NODE_POOL,
            {**system_pool(wanted, region, account, labels), "cluster": output(made, "name")},
            _merged(own, ignore_changes=["initialNodeCount"]),
        )
        identifier = gke_identifier(wanted.project, region, name)
        # The address is the private one where there is no public one. What holds the certificate would hold
        # a client key too, if there were one, and is a secret for that.
        kubeconfig = pulumi.Output.unsecret(
            pulumi.Output.all(output(made, "endpoint"), output(made, "masterAuth")).apply(
                lambda known: kubeconfig_text(identifier, known[0], known[1].get("clusterCaCertificate"))
            )
        )
        self.cluster = Cluster(
            provider=ClusterProvider.GKE,
            cluster_identifier=identifier,
            kubeconfig=kubeconfig,
            gcp=GcpCluster(
                project=wanted.project,
                region=region,
                zones=tuple(wanted.zones),
                cluster_name=output(made, "name"),
                kubernetes_version=wanted.kubernetes_version,
                network=network.network,
                subnetwork=network.subnetwork,
                node_service_account=account,
                labels=dict(labels),
            ),
        )
        self.register_outputs({"cluster_identifier": identifier, "kubeconfig": kubeconfig})


def cluster_properties(
    spec: GkeSpec, *, region: str, labels: Mapping[str, str], multi_networking: bool
) -> dict[str, Any]:
    """The cluster in the provider's words, without what other resources give."""
    networks = [{"cidrBlock": str(cidr)} for cidr in spec.public_endpoint_cidrs]
    groups = authenticator_group(spec.admin_groups)
    return {
        "project": spec.project,
        "location": region,
        "nodeLocations": list(spec.zones),
        "minMasterVersion": spec.kubernetes_version,
        # Of all channels only this one leaves the minor version alone until its support ends.
        "releaseChannel": {"channel": "EXTENDED"},
        "removeDefaultNodePool": True,
        "initialNodeCount": 1,
        "deletionProtection": True,
        "networkingMode": "VPC_NATIVE",
        "datapathProvider": "ADVANCED_DATAPATH",
        "enableMultiNetworking": multi_networking,
        "privateClusterConfig": {
            "enablePrivateNodes": True,
            "enablePrivateEndpoint": not networks,
            "masterIpv4CidrBlock": str(spec.network.control_plane_cidr),
        },
        # Without this block, every address may reach a public endpoint.
        "masterAuthorizedNetworksConfig": {"cidrBlocks": networks, "gcpPublicCidrsAccessEnabled": False},
        "masterAuth": {"clientCertificateConfig": {"issueClientCertificate": False}},
        "workloadIdentityConfig": {"workloadPool": f"{spec.project}.svc.id.goog"},
        "enableShieldedNodes": True,
        "enableLegacyAbac": False,
        "loggingConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "WORKLOADS"]},
        # Prometheus of the platform collects the rest; a second, paid collection would be the same again.
        "monitoringConfig": {
            "enableComponents": ["SYSTEM_COMPONENTS"],
            "managedPrometheus": {"enabled": False},
        },
        "costManagementConfig": {"enabled": True},
        "addonsConfig": {
            "gcePersistentDiskCsiDriverConfig": {"enabled": True},
            "gcsFuseCsiDriverConfig": {"enabled": False},
            "gcpFilestoreCsiDriverConfig": {"enabled": False},
        },
        "resourceLabels": dict(labels),
        **({"authenticatorGroupsConfig": {"securityGroup": groups}} if groups else {}),
    }


def system_pool(
    spec: GkeSpec, region: str, service_account: pulumi.Input[str], labels: Mapping[str, str]
) -> dict[str, Any]:
    """Nodes for controllers and add-ons: no GPUs, no taints, at least ``min_nodes``."""
    nodes: SystemNodesSpec = spec.system_nodes
    properties = {
        "project": spec.project,
        "location": region,
        "nodeLocations": list(spec.zones),
        "initialNodeCount": first_nodes_per_zone(nodes.min_nodes, nodes.max_nodes, len(spec.zones)),
        "autoscaling": {"totalMinNodeCount": nodes.min_nodes, "totalMaxNodeCount": nodes.max_nodes},
        "management": {"autoRepair": True, "autoUpgrade": True},
        "upgradeSettings": {"strategy": "SURGE", "maxSurge": 1, "maxUnavailable": 0},
        "networkConfig": {"enablePrivateNodes": True},
        "nodeConfig": {
            **node_base(service_account, labels),
            "machineType": nodes.machine,
            "imageType": "COS_CONTAINERD",
            "diskType": "pd-balanced",
            "diskSizeGb": 100,
            "labels": {"ai-platform/pool": "system"},
        },
    }
    return {**properties, "name": node_pool_name("system", properties)}


def authenticator_group(groups: Iterable[str]) -> str | None:
    """The one group that GKE reads for RBAC; the administrators' groups must be members of it."""
    domains = sorted({group.partition("@")[2] for group in groups})
    return f"gke-security-groups@{domains[0]}" if domains else None


def admin_binding_manifest(groups: Iterable[str]) -> dict[str, Any]:
    """Makes the groups administrators of the cluster. Whoever holds a Kubernetes provider applies it."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "ai-platform-admins"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group} for group in groups
        ],
    }


def _node_account(
    name: str, project: str, own: pulumi.ResourceOptions
) -> tuple[pulumi.Output[str], list[pulumi.CustomResource]]:
    account = cloud_object(
        f"{name}-nodes",
        "gcp:serviceaccount/account:Account",
        {
            "project": project,
            "accountId": shortened(f"{name}-nodes", 30),
            "displayName": f"Nodes of GKE cluster {name}",
        },
        own,
        outputs=("email", "member"),
    )
    grants = [
        cloud_object(
            f"{name}-nodes-{role.rpartition('.')[2].lower()}",
            "gcp:projects/iAMMember:IAMMember",
            {"project": project, "role": role, "member": output(account, "member")},
            own,
        )
        for role in NODE_ROLES
    ]
    return output(account, "email"), grants


def _key(
    name: str, spec: GkeSpec, region: str, labels: Mapping[str, str], own: pulumi.ResourceOptions
) -> tuple[pulumi.Input[str], pulumi.CustomResource]:
    """The key that encrypts secrets, and the right of GKE's service agent to use it."""
    agent = cloud_object(
        f"{name}-agent",
        "gcp:projects/serviceIdentity:ServiceIdentity",
        {"project": spec.project, "service": "container.googleapis.com"},
        own,
        outputs=("member",),
    )
    key: pulumi.Input[str] = spec.kms_key or _own_key(name, spec.project, region, labels, own).id
    grant = cloud_object(
        f"{name}-key-grant",
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        {"cryptoKeyId": key, "role": _ENCRYPTER, "member": output(agent, "member")},
        own,
    )
    return key, grant


def _own_key(
    name: str, project: str, region: str, labels: Mapping[str, str], own: pulumi.ResourceOptions
) -> pulumi.CustomResource:
    ring = cloud_object(
        f"{name}-keys", "gcp:kms/keyRing:KeyRing", {"project": project, "location": region}, own
    )
    return cloud_object(
        f"{name}-key",
        "gcp:kms/cryptoKey:CryptoKey",
        {
            "keyRing": ring.id,
            "purpose": "ENCRYPT_DECRYPT",
            "rotationPeriod": KEY_ROTATION,
            "labels": dict(labels),
        },
        _merged(own, protect=True),
    )


def _merged(own: pulumi.ResourceOptions, **more: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(**more))
