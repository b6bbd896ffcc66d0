"""vLLM as a serving runtime of KServe."""

from typing import Any

import pulumi

from ..components.objects import kubernetes_object
from .vllm_arguments import FOLDERS

RUNTIME = "ai-platform-vllm"
IMAGE = "vllm/vllm-openai:v0.33.0"
"""Pinned by version; its digest is not known here."""


class VllmRuntime(pulumi.ComponentResource):
    """The cluster-wide runtime that endpoints name. KServe is in the cluster already."""

    runtime: pulumi.Output[str]
    """Name of the runtime."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-platform:index:VllmRuntime", name, {}, opts)
        kubernetes_object(f"{name}-runtime", runtime_manifest(), pulumi.ResourceOptions(parent=self))
        self.runtime = pulumi.Output.from_input(RUNTIME)
        self.register_outputs({"runtime": self.runtime})


def runtime_manifest() -> dict[str, Any]:
    """vLLM's OpenAI server, able to run where Pod Security is ``restricted``."""
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": RUNTIME},
        "spec": {
            "supportedModelFormats": [{"name": "vLLM", "version": "1", "autoSelect": False}],
            "protocolVersions": ["v2", "openai"],
            "volumes": [
                {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}},
                {"name": "cache", "emptyDir": {}},
            ],
            "containers": [
                {
                    "name": "kserve-container",
                    "image": IMAGE,
                    "env": [{"name": "HOME", "value": "/cache"}, {"name": "HF_HOME", "value": "/cache/hub"}],
                    "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                    "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 10},
                    "volumeMounts": [
                        {"name": "shared-memory", "mountPath": FOLDERS[0]},
                        {"name": "cache", "mountPath": FOLDERS[1]},
                    ],
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                }
            ],
        },
    }
