"""One team's queue on a cluster that has Kueue, a namespace ``research`` and a flavor ``l40s`` already."""

import pulumi
import pulumi_kubernetes

from ai_platform.components.team_queue import TeamQueue

cluster = pulumi_kubernetes.Provider("cluster", kubeconfig=pulumi.Config().require("kubeconfig"))

research = TeamQueue(
    "research",
    {
        "team": "research",
        "namespace": "research",
        "cohort": "teams",
        "flavors": [
            {
                "name": "l40s",
                "resources": [{"name": "nvidia.com/gpu", "nominal_quota": 8, "borrowing_limit": 4}],
            }
        ],
    },
    pulumi.ResourceOptions(provider=cluster),
)

pulumi.export("queue", research.queue)
