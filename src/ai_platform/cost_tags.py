"""Who pays for what of an environment."""

from __future__ import annotations

from .components.cluster_spec import ClusterProvider
from .components.storage_spec import StorageSpec
from .environment import Environment
from .finops.cost_tags import CostTags


def environment_tags(environment: Environment) -> CostTags:
    """Tags of what all teams share: the cluster, its network, its system nodes."""
    return CostTags(environment=environment.name)


def team_tags(environment: Environment, team: str) -> CostTags:
    """Tags of what is one team's own. Its group is whom to ask."""
    spec = next(item for item in environment.teams if item.name == team)
    return CostTags(
        environment=environment.name,
        team=team,
        cost_center=spec.cost_center,
        owner=spec.group or spec.name,
    )


def storage_tags(environment: Environment, spec: StorageSpec) -> CostTags:
    """Tags of a storage: of the one team that writes it, or reads it alone; else of the environment."""
    payers = spec.writers or spec.readers
    if len(payers) == 1:
        return team_tags(environment, payers[0])
    return environment_tags(environment)


def rendered(tags: CostTags, provider: ClusterProvider) -> dict[str, str]:
    """The tags in the alphabet of a cluster's cloud; none where there is no cloud."""
    renderers = {ClusterProvider.EKS: tags.aws, ClusterProvider.GKE: tags.gcp}
    return renderers[provider]() if provider in renderers else {}
