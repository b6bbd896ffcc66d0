"""A GPU pool as managed node groups of EKS."""

from __future__ import annotations

import pulumi

from ...components.aws.launch_template import template_reference
from ...components.cloud_objects import cloud_object, output
from ...components.cluster import AwsCluster
from ...components.names import shortened
from ..machines import Fabric, Machine
from ..node_groups import node_groups
from ..node_plan import PoolPlan
from ..spec import NodePoolSpec
from .node_properties import has_placement_group, launch_template, node_group, pool_tags

GROUP_NAME_LIMIT = 55
"""EKS allows 63 characters, of which Pulumi takes eight for what makes a name unique."""

_TIMEOUTS = pulumi.CustomTimeouts(create="60m", update="180m", delete="60m")
_FIRST = "nodes"


def aws_node_pool(
    name: str,
    spec: NodePoolSpec,
    plan: PoolPlan,
    row: Machine,
    cluster: AwsCluster,
    opts: pulumi.ResourceOptions,
) -> None:
    """A node group for each MIG layout of the pool, with one launch template, security group and placement.

    The first group is protected; those of further layouts come and go with the layouts. ``opts`` carries the
    parent.
    """
    groups, rules = _security_groups(name, spec, cluster, opts)
    placement = _placement_group(name, spec, cluster, opts)
    template = cloud_object(
        f"{name}-template",
        "aws:ec2/launchTemplate:LaunchTemplate",
        launch_template(spec, row, cluster, groups, placement),
        opts,
        outputs=("latestVersion",),
    )
    reference = template_reference(template, output(template, "latestVersion"))
    for group in node_groups(plan):
        # The autoscaler owns the number of nodes once they run.
        kept = pulumi.ResourceOptions(
            protect=group.role == _FIRST,
            ignore_changes=["scalingConfig.desiredSize"],
            # Nodes join when their fabric passes traffic, and no rule goes before them.
            depends_on=rules,
            custom_timeouts=_TIMEOUTS,
        )
        cloud_object(
            shortened(f"{name}-{group.role}", GROUP_NAME_LIMIT),
            "aws:eks/nodeGroup:NodeGroup",
            node_group(spec, plan, group, row, cluster, reference),
            pulumi.ResourceOptions.merge(opts, kept),
        )


def _security_groups(
    name: str, spec: NodePoolSpec, cluster: AwsCluster, opts: pulumi.ResourceOptions
) -> tuple[list[pulumi.Input[str]], list[pulumi.Resource]]:
    """Groups of the pool's interfaces, and their rules; without a fabric, EKS gives the cluster's own."""
    if spec.fabric is not Fabric.EFA:
        return [], []
    tags = pool_tags(spec, cluster)
    group = cloud_object(
        f"{name}-efa",
        "aws:ec2/securityGroup:SecurityGroup",
        {"description": "EFA between the nodes of one pool", "vpcId": cluster.vpc_id, "tags": tags},
        opts,
    )
    # EFA passes only what the group allows from and to itself, in both directions.
    itself = {
        "securityGroupId": group.id,
        "referencedSecurityGroupId": group.id,
        "ipProtocol": "-1",
        "tags": tags,
    }
    rules: list[pulumi.Resource] = [
        cloud_object(
            f"{name}-efa-{kind.lower()}",
            f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule",
            itself,
            opts,
        )
        for kind in ("Ingress", "Egress")
    ]
    return [cluster.security_group_id, group.id], rules


def _placement_group(
    name: str, spec: NodePoolSpec, cluster: AwsCluster, opts: pulumi.ResourceOptions
) -> pulumi.Output[str] | None:
    if not has_placement_group(spec):
        return None
    group = cloud_object(
        f"{name}-placement",
        "aws:ec2/placementGroup:PlacementGroup",
        {"strategy": "cluster", "tags": pool_tags(spec, cluster)},
        opts,
    )
    return group.id
