"""The cluster contract as a stack exports it and another one reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pulumi
from pydantic import BaseModel, ConfigDict, ValidationError

from .cluster import AwsCluster, Cluster, GcpCluster
from .cluster_spec import NO_CLUSTER, AnyClusterSpec, ClusterProvider, EksSpec, GkeSpec

SCHEMA_VERSION = 1


class AwsContract(BaseModel):
    """What an EKS cluster hands on."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    cluster_name: str
    vpc_id: str
    subnet_ids: dict[str, str]
    """Private subnet of each zone."""
    security_group_id: str
    node_role_arn: str
    kms_key_arn: str | None = None


class GcpContract(BaseModel):
    """What a GKE cluster hands on."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    cluster_name: str
    network: str
    subnetwork: str
    node_service_account: str


class ClusterContract(BaseModel):
    """The stack output ``cluster``. Keys may be added within a schema version, never removed or renamed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_version: Literal[1]
    provider: ClusterProvider
    cluster_identifier: str
    kubeconfig: str
    aws: AwsContract | None = None
    gcp: GcpContract | None = None


def exported(cluster: Cluster) -> dict[str, Any]:
    """The contract as a stack output, with outputs in it."""
    values: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": cluster.provider.value,
        "cluster_identifier": cluster.cluster_identifier,
        "kubeconfig": cluster.kubeconfig,
    }
    if cluster.aws:
        values["aws"] = {key: getattr(cluster.aws, key) for key in AwsContract.model_fields}
        values["aws"]["subnet_ids"] = dict(cluster.aws.subnet_ids)
    if cluster.gcp:
        values["gcp"] = {key: getattr(cluster.gcp, key) for key in GcpContract.model_fields}
    return values


def imported(
    value: pulumi.Output[Any],
    spec: AnyClusterSpec,
    *,
    cluster_identifier: str,
    region: str,
    tags: Mapping[str, str],
) -> Cluster:
    """The cluster of another stack, from its output ``cluster``.

    What a preview must know comes from the description: zones, region, versions and tags. Raises
    ``pulumi.RunError`` as soon as the value is known, when it is not this contract or of another provider.
    """
    known = value.apply(lambda given: _checked(given, spec.provider))
    aws = gcp = None
    if isinstance(spec, EksSpec):
        aws = AwsCluster(
            region=region,
            cluster_name=known["aws"]["cluster_name"],
            kubernetes_version=spec.kubernetes_version,
            vpc_id=known["aws"]["vpc_id"],
            subnet_ids={zone: known["aws"]["subnet_ids"][zone] for zone in spec.zones},
            security_group_id=known["aws"]["security_group_id"],
            node_role_arn=known["aws"]["node_role_arn"],
            kms_key_arn=known["aws"]["kms_key_arn"],
            tags=tags,
        )
    if isinstance(spec, GkeSpec):
        gcp = GcpCluster(
            project=spec.project,
            region=region,
            zones=tuple(spec.zones),
            cluster_name=known["gcp"]["cluster_name"],
            kubernetes_version=spec.kubernetes_version,
            network=known["gcp"]["network"],
            subnetwork=known["gcp"]["subnetwork"],
            node_service_account=known["gcp"]["node_service_account"],
            labels=tags,
        )
    return Cluster(spec.provider, cluster_identifier, known["kubeconfig"], aws, gcp)


def _checked(value: object, provider: ClusterProvider) -> dict[str, Any]:
    if value is None:
        raise pulumi.RunError(f"{NO_CLUSTER}: run `up` of it first")
    try:
        contract = ClusterContract.model_validate(value)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc']) or 'cluster'}: {detail['msg']}"
            for detail in error.errors(include_url=False)
        )
        raise pulumi.RunError(
            f"the output `cluster` of the cluster's stack can't be used ({wrong}); "
            "run `up` of that stack with this version of ai-platform"
        ) from None
    if contract.provider is not provider:
        raise pulumi.RunError(
            f"the cluster's stack has a cluster of {contract.provider}, the description says {provider}"
        )
    return contract.model_dump(mode="json")
