"""The program of every stack: reads the description of the stack's name and builds the platform from it."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_kubernetes

from ai_platform.components.errors import InvalidInput
from ai_platform.description import read
from ai_platform.platform import Platform
from ai_platform.program import settle

HERE = Path(__file__).resolve().parent
STACK = pulumi.get_stack()
KUBECONFIG = str(HERE.parent / ".ai-platform" / "clusters" / STACK / "kubeconfig")

try:
    environment, _ = read(HERE / f"{STACK}.yaml")
    provider = pulumi_kubernetes.Provider(
        "kubernetes",
        kubeconfig=KUBECONFIG,  # the path: what the file holds must not get into the state
        cluster_identifier=f"ai-platform-{environment.name}",
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        # The provider's own limit is 50 requests a second: a large `up` does little but wait for it.
        kube_client_settings={"qps": 500, "burst": 1000},
    )
    platform = Platform(environment.name, environment, opts=pulumi.ResourceOptions(provider=provider))
except InvalidInput as error:
    raise pulumi.RunError(str(error)) from None

pulumi.export("endpoints", platform.endpoints)
pulumi.export("queues", platform.queues)
pulumi.export("namespaces", platform.namespaces)
pulumi.export("plan_digest", platform.plan_digest)
pulumi.export("kubeconfig", KUBECONFIG)
settle()
