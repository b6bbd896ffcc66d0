"""What two descriptions show of an environment as a whole: its stacks, its state, where its cluster is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..components.cluster_spec import ClusterProvider
from ..environment import Environment
from ..layers import stacks_of
from . import blast_radius
from .danger_finding import Finding, finding, place
from .danger_scene import Scene
from .side import Side

_CLOUDS = (ClusterProvider.EKS, ClusterProvider.GKE)


def moved(pairs: Iterable[tuple[Side, Side]], scenes: Sequence[Scene]) -> Iterator[Finding]:
    """Environments of which the stacks are others from now on, and hold nothing yet as far as is known."""
    for before, after in pairs:
        old, new = before.environment, after.environment
        causes = {
            key: f"{key}: {was} → {now}"
            for key, was, now in (
                ("stacks", old.stacks, new.stacks),
                ("state", _backend(old), _backend(new)),
            )
            if was != now
        }
        looked_at = [scene for scene in scenes if scene.environment == new.name and scene.preview.resources]
        if not causes or not all(scene.fresh for scene in looked_at):
            continue
        left = ", ".join(stacks_of(old.name, old.stacks))
        yield finding(
            "stacks-left-behind",
            f"stacks {new.name}",
            f"what runs of {new.name} stays in the state as {left}, which nothing looks after any more; all "
            f"of it is made a second time, and both cost",
            "; ".join(causes.values()),
            place=place(after, next(iter(causes))),
            blast_radius=blast_radius.on_cluster(before.plan),
        )


def forgotten(gone: Iterable[Side]) -> Iterator[Finding]:
    """Environments that nothing describes any more."""
    for side in gone:
        environment = side.environment
        yield finding(
            "stacks-left-behind",
            f"stacks {environment.name}",
            f"the description of {environment.name} goes and nothing else: what its stacks hold runs on and "
            f"costs as before",
            "there is no description of it any more, or it has another name",
            place=place(side),
            blast_radius=blast_radius.on_cluster(side.plan),
            safer=f"ai-platform destroy {environment.name} first, then remove its description",
        )


def clusters(before: Side, after: Side) -> Iterator[Finding]:
    """Clusters of a cloud that can't move to where the description puts them."""
    old, new = before.environment, after.environment
    if old.cluster.provider not in _CLOUDS:
        return
    name = new.name
    if old.cluster.provider != new.cluster.provider:
        rule, verb = "cluster-removed", "is deleted"
        key: tuple[str, ...] = ("cluster", "provider")
        why = f"cluster.provider: {old.cluster.provider} → {new.cluster.provider}"
    elif (was := _project(old)) != (now := _project(new)):
        rule, key, verb = "cluster-replaced", ("cluster", "project"), "is deleted and made anew"
        why = f"cluster.project: {was} → {now}"
    elif old.region != new.region:
        rule, key, verb = "cluster-replaced", ("region",), "is deleted and made anew"
        why = f"region: {old.region} → {new.region}"
    else:
        return
    yield finding(
        rule,
        f"cluster {name}",
        f"the cluster of {name} can't move: it {verb} with everything that runs on it",
        why,
        place=place(after, *key),
        blast_radius=blast_radius.on_cluster(before.plan),
    )


def _backend(environment: Environment) -> str:
    return environment.state.backend if environment.state else "local files"


def _project(environment: Environment) -> str:
    return str(getattr(environment.cluster, "project", ""))
