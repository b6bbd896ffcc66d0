"""An EKS cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pulumi

from ..args import InvalidArgs, parsed
from ..cloud_objects import cloud_object, output
from ..cluster import AwsCluster, Cluster, eks_identifier
from ..cluster_spec import ClusterProvider, EksSpec
from ..names import shortened
from . import eks_properties as properties
from . import iam_policies as iam
from .eks_addons import ADDONS, addon
from .launch_template import ROOT_DISK, encrypted_disk, node_launch_template, template_reference
from .network import AwsNetwork
from .network_rules import network_problems

NODE_GROUP_TIMEOUTS = pulumi.CustomTimeouts(create="60m", update="120m", delete="60m")


class EksCluster(pulumi.ComponentResource):
    """Control plane, network, key, add-ons and system nodes of an EKS cluster.

    The API server is private but for ``public_endpoint_cidrs``; pods get rights by Pod Identity. Cluster, key
    and VPC are protected.
    """

    cluster: Cluster
    """What comes after the cluster needs to know of it."""

    def __init__(
        self,
        name: str,
        spec: EksSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        region: str,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("ai-platform:index:EksCluster", name, {}, opts)
        self._name, self._region, self._tags = name, region, dict(tags)
        self._spec = parsed("EksCluster", name, EksSpec, spec)
        if problems := network_problems(self._spec.network, self._spec.zones):
            under = [problem.under("network") for problem in problems]
            raise InvalidArgs(f"EksCluster {name!r}", under)
        self._own = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, protect=True)

        network = AwsNetwork(
            f"{name}-network", self._spec.network, self._own, zones=self._spec.zones, region=region, tags=tags
        )
        subnets = list(network.subnet_ids.values())
        cluster_role = self._role("cluster", "eks.amazonaws.com", iam.CLUSTER_POLICIES)
        node_role = self._role("node", "ec2.amazonaws.com", iam.NODE_POLICIES)
        key_arn = self._key(output(cluster_role[0], "arn"))
        control_plane = cloud_object(
            f"{name}-cluster",
            "aws:eks/cluster:Cluster",
            properties.cluster(self._spec, output(cluster_role[0], "arn"), key_arn, subnets, tags),
            # A role without its policies can make no cluster, and could not tear it down.
            pulumi.ResourceOptions.merge(self._kept, pulumi.ResourceOptions(depends_on=cluster_role[1:])),
            outputs=("name", "endpoint", "certificateAuthority"),
        )
        cluster_name = output(control_plane, "name")
        self._administrators(cluster_name)
        before = [network, *node_role[1:], *self._addons(cluster_name, before_nodes=True, after=())]
        nodes = self._system_nodes(cluster_name, output(node_role[0], "arn"), subnets, key_arn, before)
        self._addons(cluster_name, before_nodes=False, after=(nodes,))

        found = pulumi.Output.all(
            name=cluster_name,
            endpoint=output(control_plane, "endpoint"),
            authority=output(control_plane, "certificateAuthority"),
        )
        self.cluster = Cluster(
            provider=ClusterProvider.EKS,
            cluster_identifier=eks_identifier(region, name),
            kubeconfig=found.apply(partial(properties.kubeconfig, region)),
            aws=AwsCluster(
                region=region,
                cluster_name=cluster_name,
                kubernetes_version=self._spec.kubernetes_version,
                vpc_id=network.vpc_id,
                subnet_ids=dict(network.subnet_ids),
                security_group_id=output(control_plane, "vpcConfig").apply(_cluster_security_group),
                node_role_arn=output(node_role[0], "arn"),
                tags=self._tags,
                kms_key_arn=key_arn,
            ),
        )
        self.register_outputs({"clusterName": cluster_name, "kubeconfig": self.cluster.kubeconfig})

    def _role(self, role: str, service: str, policies: Iterable[str]) -> list[pulumi.CustomResource]:
        """A role, followed by the attachments of its policies."""
        made = cloud_object(
            shortened(f"{self._name}-{role}-role", iam.ROLE_NAME_LIMIT),
            "aws:iam/role:Role",
            {"assumeRolePolicy": iam.trust(service), "tags": self._tags},
            self._own,
            outputs=("arn", "name"),
        )
        attached = [
            cloud_object(
                f"{self._name}-{role}-{policy.rpartition('/')[2]}",
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                {"role": output(made, "name"), "policyArn": iam.managed_policy_arn(self._region, policy)},
                self._own,
            )
            for policy in policies
        ]
        return [made, *attached]

    def _key(self, role_arn: pulumi.Output[str]) -> pulumi.Input[str]:
        if self._spec.kms_key_arn:
            return self._spec.kms_key_arn
        policy = role_arn.apply(partial(iam.key_policy, self._region))
        made = cloud_object(
            f"{self._name}-key",
            "aws:kms/key:Key",
            properties.key(policy, self._tags),
            self._kept,
            outputs=("arn",),
        )
        return output(made, "arn")

    def _administrators(self, cluster_name: pulumi.Output[str]) -> None:
        for arn in self._spec.admin_role_arns:
            account, _, role = arn.partition(":role/")
            # Two accounts may have roles of one name.
            suffix = f"admin-{account.rpartition(':')[2]}-{role.replace('/', '-')}"
            entry = cloud_object(
                f"{self._name}-{suffix}",
                "aws:eks/accessEntry:AccessEntry",
                {"clusterName": cluster_name, "principalArn": arn, "type": "STANDARD", "tags": self._tags},
                self._own,
            )
            cloud_object(
                f"{self._name}-{suffix}-policy",
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
                {
                    "clusterName": cluster_name,
                    "principalArn": output(entry, "principalArn"),
                    "policyArn": iam.access_policy_arn(self._region, iam.ADMIN_ACCESS_POLICY),
                    "accessScope": {"type": "cluster"},
                },
                pulumi.ResourceOptions.merge(self._own, pulumi.ResourceOptions(depends_on=[entry])),
            )

    def _addons(
        self, cluster_name: pulumi.Output[str], *, before_nodes: bool, after: Iterable[pulumi.Resource]
    ) -> list[pulumi.CustomResource]:
        made = []
        for row in ADDONS:
            if row.before_nodes is not before_nodes:
                continue
            role = self._role(row.name, iam.POD_IDENTITY, [row.policy]) if row.policy else []
            waits = pulumi.ResourceOptions(depends_on=[*after, *role[1:]])
            found = addon(row, cluster_name, output(role[0], "arn") if role else None, self._tags)
            made.append(
                cloud_object(
                    f"{self._name}-{row.name}",
                    "aws:eks/addon:Addon",
                    found,
                    pulumi.ResourceOptions.merge(self._own, waits),
                )
            )
        return made

    def _system_nodes(
        self,
        cluster_name: pulumi.Output[str],
        role_arn: pulumi.Output[str],
        subnets: list[pulumi.Output[str]],
        key_arn: pulumi.Input[str],
        before: list[pulumi.Resource],
    ) -> pulumi.CustomResource:
        disk = encrypted_disk(ROOT_DISK, properties.SYSTEM_DISK_GIB, key_arn)
        template = cloud_object(
            f"{self._name}-system-template",
            "aws:ec2/launchTemplate:LaunchTemplate",
            node_launch_template(self._spec.system_nodes.machine, [disk], self._tags),
            self._own,
            outputs=("latestVersion",),
        )
        reference = template_reference(template, output(template, "latestVersion"))
        group = properties.system_node_group(
            self._spec, cluster_name, role_arn, subnets, reference, self._tags
        )
        # The autoscaler owns the number of nodes once they run.
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=before,
            ignore_changes=["scalingConfig.desiredSize"],
            custom_timeouts=NODE_GROUP_TIMEOUTS,
        )
        return cloud_object(f"{self._name}-system-nodes", "aws:eks/nodeGroup:NodeGroup", group, options)


def _cluster_security_group(vpc_config: Mapping[str, Any]) -> Any:
    return vpc_config.get("clusterSecurityGroupId")
