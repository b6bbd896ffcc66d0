"""Whether Kueue chooses the nodes of pods itself: topology-aware scheduling.

Kueue then counts the free room of nodes that are Ready, beside the quota, and admits nothing that does not
fit there; in a queue all of whose flavors have a topology that holds for every pod, asked for or not (Kueue
v0.19.2, pkg/scheduler/flavorassigner/tas_flavorassigner.go and pkg/cache/scheduler/tas_nodes_cache.go, read
2026-11). A pod that is not admitted is not Pending, and an autoscaler looks at Pending pods alone: a pool at
zero nodes would stay there for ever, and a pool at two would never grow to hold a gang of four.
"""

from __future__ import annotations

from .cluster_spec import ClusterProvider

TOPOLOGY_LEVELS = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
"""Zone above host: what GPU nodes of every provider carry as labels."""

PREFERRED_ZONE = {"kueue.x-k8s.io/podset-preferred-topology": TOPOLOGY_LEVELS[0]}
"""Annotation of pods that are to share a zone if they can. Flavors without a topology refuse it."""


def kueue_sees_all_nodes(provider: ClusterProvider) -> bool:
    """Whether all nodes of every pool run from the start, so that Kueue may choose among them.

    Nothing that changes later is asked, such as the sizes of pools: Kueue refuses to take a topology off a
    flavor. Giving one to a flavor without is allowed.
    """
    return provider is ClusterProvider.SIMULATED
