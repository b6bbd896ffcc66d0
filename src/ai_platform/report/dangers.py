"""What could go wrong with a change, gravest first, each cause told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain

from .danger_cause import NOT_MADE
from .danger_exposure import exposures
from .danger_finding import Finding, gravity
from .danger_guards import exposed_secrets, runtimes, unguarded
from .danger_lost import lost
from .danger_pools import pools, spot_only
from .danger_prompts import prompts
from .danger_quotas import Usage, quotas
from .danger_resources import emptied, providers, runs
from .danger_rights import network_policies, pod_security, rights
from .danger_rolled import rolled
from .danger_rollouts import rollout_gaps
from .danger_scene import Scene, scenes
from .danger_stacks import clusters, forgotten, moved
from .danger_storage import storage
from .danger_teams import endpoints, teams
from .danger_versions import charts, definitions, kubernetes_by_plan, kubernetes_by_preview
from .model import Danger
from .preview import Preview
from .side import Side
from .stateful_types import Kind

OF_PREVIEWS: tuple[Callable[[Scene], Iterable[Finding]], ...] = (
    providers,
    emptied,
    lost,
    rolled,
    runs,
    rollout_gaps,
    unguarded,
    exposed_secrets,
    runtimes,
    exposures,
    rights,
    network_policies,
    pod_security,
    kubernetes_by_preview,
    charts,
    definitions,
)
"""What a preview shows."""

OF_PLANS: tuple[Callable[[Side, Side], Iterable[Finding]], ...] = (
    clusters,
    teams,
    pools,
    spot_only,
    endpoints,
    prompts,
    storage,
)
"""What two descriptions of one environment show."""

_ENDS = {
    "team-removed",
    "provider-replaced",
    *(f"{kind}-{what}" for kind in Kind for what in ("removed", "replaced")),
}
"""Rules after which nothing of a part is left to speak of."""

_COVERS: Mapping[str, frozenset[str]] = {
    "mig-reset": frozenset({"endpoint-restarted", "quota-cut"}),
    "pool-rolled": frozenset({"endpoint-restarted"}),
    "reservation-dropped": frozenset({"pool-replaced", "pool-rolled"}),
    "pool-replaced": frozenset({"pool-rolled"}),
    "kubernetes-upgrade": frozenset({"pool-rolled"}),
    "kubernetes-version-jump": frozenset({"pool-rolled", "kubernetes-upgrade"}),
    "pool-shrunk": frozenset({"quota-cut"}),
    "capacity-below-guarantees": frozenset({"pool-shrunk", "quota-cut"}),
    "endpoint-without-canary": frozenset({"endpoint-restarted"}),
    "endpoint-rollout-gap": frozenset({"endpoint-restarted"}),
    "endpoint-removed": frozenset({"prompt-removed"}),
}
"""Rule to rules about the same thing or a part of it that only repeat it."""

_STAYS = {
    "protection-removed",
    "secret-exposed",
    "anonymous-access",
    "rights-widened",
    "endpoint-without-canary",
}
"""Rules whose danger is another one than that of losing what it is about."""


def dangers(
    previews: Sequence[Preview],
    before: Sequence[Side],
    after: Sequence[Side],
    *,
    usage: Mapping[str, Usage] | None = None,
    gone: Set[str] = frozenset(),
) -> tuple[Danger, ...]:
    """Dangers of a change, gravest first. Either the previews or the sides may be missing.

    ``gone``: environments that are known to have no description after the change.
    ``usage``: environment to the devices that its teams use now, where somebody knows.
    """
    all_scenes = scenes(previews, before, after)
    found = chain(
        forgotten([side for side in before if side.environment.name in gone]),
        chain.from_iterable(_of_sides(before, after, usage or {}, all_scenes)),
        chain.from_iterable(rule(scene) for scene in all_scenes for rule in OF_PREVIEWS),
    )
    kept = _told_once(_joined(found))
    return tuple(
        item.danger
        for item in sorted(kept, key=lambda item: (gravity(item.danger.grade), item.danger.rule, item.root))
    )


def _of_sides(
    before: Sequence[Side], after: Sequence[Side], usage: Mapping[str, Usage], all_scenes: Sequence[Scene]
) -> Iterator[Iterable[Finding]]:
    news = {side.environment.name: side for side in after}
    pairs = [(side, news[side.environment.name]) for side in before if side.environment.name in news]
    yield kubernetes_by_plan(pairs)
    yield moved(pairs, all_scenes)
    for old, new in pairs:
        for rule in OF_PLANS:
            yield rule(old, new)
        yield quotas(old, new, usage.get(new.environment.name))


def _joined(found: Iterable[Finding]) -> list[Finding]:
    """One finding for each rule and root: the plan says it to people, the preview knows the resource."""
    joined: dict[tuple[str, str], Finding] = {}
    for item in found:
        key = item.danger.rule, item.root
        joined[key] = _both(joined[key], item) if key in joined else item
    return list(joined.values())


def _both(first: Finding, second: Finding) -> Finding:
    """The same danger as a plan and as a preview tell it. What the cloud does is the preview's to say."""
    plan, preview = (first, second) if first.danger.urn is None else (second, first)
    if preview.danger.urn is None or plan.danger.urn is not None:
        return first if gravity(first.danger.grade) <= gravity(second.danger.grade) else second
    told = preview.danger
    why = plan.danger.why if told.why == NOT_MADE else f"{plan.danger.why}; {told.why}"
    update = {
        "why": why,
        "file": plan.danger.file or told.file,
        "line": plan.danger.line if plan.danger.file else told.line,
        "blast_radius": plan.danger.blast_radius or told.blast_radius,
    }
    return replace(preview, danger=told.model_copy(update=update), within=(*preview.within, *plan.within))


def _told_once(found: Sequence[Finding]) -> list[Finding]:
    by_root: dict[str, list[Finding]] = {}
    for item in found:
        by_root.setdefault(item.root, []).append(item)
    return [item for item in found if not _covered(item, by_root)]


def _covered(item: Finding, by_root: Mapping[str, Sequence[Finding]]) -> bool:
    """Whether another finding says it already, about the same thing or one that it is a part of."""
    rule = item.danger.rule
    around = [(other, True) for root in item.within for other in by_root.get(root, ())]
    beside = [(other, False) for other in by_root[item.root] if other is not item]
    for other, is_part in (*around, *beside):
        cause = other.danger.rule
        if rule in _COVERS.get(cause, ()):
            return True
        if cause in _ENDS and rule not in _STAYS and (is_part or rule not in _ENDS):
            return True
        if cause == "team-removed" and rule in _ENDS and not is_part and rule != cause:
            return True
    return False
