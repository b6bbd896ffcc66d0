"""A proof after a deploy: each node shows its GPUs, and the fabric carries an all-reduce."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pulumi

from ...components.args import parsed
from ...components.objects import kubernetes_object
from ..fabric_pods import PodFabric
from .proof_jobs import SCRIPT, all_reduce_manifest, namespaced, service_manifest, visible_manifest
from .proof_spec import FabricProofArgs


class FabricProof(pulumi.ComponentResource):
    """Two Jobs: a GPU computes on each node; an all-reduce over whole nodes reaches its threshold.

    ``up`` doesn't wait for them: they start when GPUs are free. Their logs hold a line of JSON with the
    result, and a Job that failed is one that did not prove it.
    """

    namespace: pulumi.Output[str]
    """Where the Jobs are."""

    def __init__(
        self,
        name: str,
        args: FabricProofArgs | Mapping[str, Any],
        fabric: PodFabric | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ai-platform:index:FabricProof", name, {}, opts)
        spec, fabric = parsed("FabricProof", name, FabricProofArgs, args), fabric or PodFabric()
        own = pulumi.ResourceOptions(parent=self)
        namespace = kubernetes_object(f"{name}-namespace", namespace_manifest(spec, fabric), own)
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        for role, manifest in namespaced_manifests(spec, fabric).items():
            # The fields of a Job can't change: another run takes the place of the one before.
            replaced = pulumi.ResourceOptions(delete_before_replace=manifest["kind"] == "Job")
            kubernetes_object(f"{name}-{role}", manifest, pulumi.ResourceOptions.merge(inside, replaced))
        self.namespace = pulumi.Output.from_input(spec.namespace)
        self.register_outputs({"namespace": self.namespace})


def namespace_manifest(spec: FabricProofArgs, fabric: PodFabric) -> dict[str, Any]:
    """Pod Security restricted, unless the fabric brings capabilities, host folders or helpers."""
    needs_more = fabric.capabilities or fabric.containers or any("hostPath" in v for v in fabric.volumes)
    level = "privileged" if needs_more else "restricted"
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": spec.namespace, "labels": spec.labels | labels},
    }


def namespaced_manifests(spec: FabricProofArgs, fabric: PodFabric) -> dict[str, dict[str, Any]]:
    """What lies in the namespace, by role."""
    manifests = {
        "script": {
            **namespaced(spec, "v1", "ConfigMap", f"{spec.pool}-script"),
            "data": {SCRIPT: files(__package__).joinpath(SCRIPT).read_text()},
        },
        "network": {
            **namespaced(spec, "networking.k8s.io/v1", "NetworkPolicy", "proof-only"),
            "spec": {
                "podSelector": {},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {}}]}],
                "egress": [{"to": [{"podSelector": {}}]}, _DNS],
            },
        },
        "visible": visible_manifest(spec),
    }
    if spec.fabric_nodes:
        manifests["service"] = service_manifest(spec)
        manifests["all-reduce"] = all_reduce_manifest(spec, fabric)
    return manifests


_DNS = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")],
}
