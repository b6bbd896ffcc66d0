"""VPCs of a pool's fabric, and the objects that let pods into them."""

from __future__ import annotations

from typing import Any

import pulumi

from ...components.cloud_objects import cloud_object, output
from ...components.cluster import GcpCluster
from ...components.objects import kubernetes_object
from ..fall_backs import Networks
from ..machines import Fabric, Machine
from .fabric_installers import installer_manifests
from .fabrics import DeviceMode, FabricInterface, fabric_interfaces, network_name

NETWORKING = "networking.gke.io/v1"


def fabric_networks(
    name: str,
    pool: str,
    fabric: Fabric,
    row: Machine,
    zone: str,
    cluster: GcpCluster,
    opts: pulumi.ResourceOptions,
) -> Networks:
    """Makes the networks and Network objects of one pool.

    Without a fabric nothing is made, and it has no cards. ``zone`` is the one zone of the pool.
    """
    interfaces = fabric_interfaces(fabric, row.gpu_networks or 0)
    configs = []
    rdma: pulumi.CustomResource | None = None
    for interface in interfaces:
        if interface.mode is DeviceMode.RDMA:
            rdma = rdma or _vpc(f"{name}-rdma", rdma_vpc(cluster.project, zone, interface), opts)
            vpc = rdma
        else:
            vpc = _vpc(f"{name}-{interface.role}", gpu_vpc(cluster.project, interface), opts)
            _firewall(f"{name}-{interface.role}", interface, vpc, cluster, opts)
        subnet = cloud_object(
            f"{name}-{interface.role}-subnet",
            "gcp:compute/subnetwork:Subnetwork",
            {
                "project": cluster.project,
                "region": cluster.region,
                "network": output(vpc, "selfLink"),
                "ipCidrRange": str(interface.cidr),
            },
            opts,
            outputs=("name",),
        )
        names = {"network": output(vpc, "name"), "subnetwork": output(subnet, "name")}
        configs.append(names)
        _network_objects(name, pool, interface, names, opts)
    return Networks(pool, tuple(configs))


def fabric_installers(
    name: str, pool: str, fabric: Fabric, row: Machine, opts: pulumi.ResourceOptions
) -> None:
    """Makes the DaemonSets that put NCCL's plugin on the nodes of one pool."""
    for manifest in installer_manifests(pool, fabric, row):
        kubernetes_object(f"{name}-{manifest['metadata']['labels']['k8s-app']}", manifest, opts)


def gpu_vpc(project: str, interface: FabricInterface) -> dict[str, Any]:
    """A VPC for one card of each node. It has no way out: GPUs talk to GPUs there and to nothing else."""
    return {
        "project": project,
        "autoCreateSubnetworks": False,
        "routingMode": "REGIONAL",
        "mtu": interface.mtu,
        "deleteDefaultRoutesOnCreate": True,
    }


def rdma_vpc(project: str, zone: str, interface: FabricInterface) -> dict[str, Any]:
    """The one VPC of all RDMA cards. Its profile belongs to a zone and takes no firewall."""
    return {
        "project": project,
        "autoCreateSubnetworks": False,
        "routingMode": "REGIONAL",
        "mtu": interface.mtu,
        "networkProfile": f"projects/{project}/global/networkProfiles/{zone}-vpc-roce",
    }


def parameters_manifest(
    network: str, mode: DeviceMode, vpc: pulumi.Input[str], subnet: pulumi.Input[str]
) -> dict[str, Any]:
    """Which VPC and subnetwork stand behind a Network object, and how its interface reaches a pod."""
    return {
        "apiVersion": NETWORKING,
        "kind": "GKENetworkParamSet",
        "metadata": {"name": network},
        "spec": {"vpc": vpc, "vpcSubnet": subnet, "deviceMode": mode.value},
    }


def network_manifest(network: str) -> dict[str, Any]:
    """The network that a pod names in ``networking.gke.io/interfaces``."""
    reference = {"group": "networking.gke.io", "kind": "GKENetworkParamSet", "name": network}
    return {
        "apiVersion": NETWORKING,
        "kind": "Network",
        "metadata": {"name": network},
        "spec": {"type": "Device", "parametersRef": reference},
    }


def _vpc(name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    return cloud_object(
        f"{name}-vpc", "gcp:compute/network:Network", properties, opts, outputs=("name", "selfLink")
    )


def _firewall(
    name: str,
    interface: FabricInterface,
    vpc: pulumi.CustomResource,
    cluster: GcpCluster,
    opts: pulumi.ResourceOptions,
) -> None:
    # Connections use any port, and only from GPU to GPU of this network.
    cloud_object(
        f"{name}-firewall",
        "gcp:compute/firewall:Firewall",
        {
            "project": cluster.project,
            "network": output(vpc, "selfLink"),
            "direction": "INGRESS",
            "sourceRanges": [str(interface.cidr)],
            "targetServiceAccounts": [cluster.node_service_account],
            "allows": [{"protocol": protocol} for protocol in ("tcp", "udp", "icmp")],
        },
        opts,
    )


def _network_objects(
    name: str,
    pool: str,
    interface: FabricInterface,
    names: dict[str, pulumi.Output[str]],
    opts: pulumi.ResourceOptions,
) -> None:
    network = network_name(pool, interface)
    parameters = kubernetes_object(
        f"{name}-{interface.role}-params",
        parameters_manifest(network, interface.mode, names["network"], names["subnetwork"]),
        opts,
    )
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[parameters]))
    kubernetes_object(f"{name}-{interface.role}-network", network_manifest(network), after)
