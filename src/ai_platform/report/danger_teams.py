"""What two plans show of teams and their endpoints: gone, changed without a canary, with fewer replicas."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan import EndpointPlan
from ..serving.rollout import Spare
from ..serving.spec import EndpointSpec
from . import blast_radius
from .danger_finding import Finding, finding, place
from .model import Grade
from .resource_names import roots
from .side import Side

_BESIDE = ("cpu", "memory_gib", "fall_back_to", "priority")
"""What of a plan its pods show beside device and arguments."""


def teams(before: Side, after: Side) -> Iterator[Finding]:
    """Teams that the description no longer has."""
    kept = {team.name for team in after.plan.teams}
    known = {team.name for team in before.plan.teams}
    new = [team for team in after.plan.teams if team.name not in known]
    for index, team in enumerate(before.plan.teams):
        if team.name in kept:
            continue
        # One that comes with the same group or cost centre is most likely the same people under a new name.
        same = next(
            (other.name for other in new if other.cost_center and other.cost_center == team.cost_center), None
        )
        renamed = f"; {same} looks like its new name, but nothing moves there by itself" if same else ""
        root, *within = roots(before.environment.name, "team", team.name)
        yield finding(
            "team-removed",
            root,
            f"team {team.name} goes, with its namespace and every volume, endpoint and run in it{renamed}",
            "the description no longer has it",
            within=within,
            place=place(before, "teams", index),
            blast_radius=blast_radius.of_team(before.plan, team.name),
        )


def endpoints(before: Side, after: Side) -> Iterator[Finding]:
    """Endpoints of teams that stay."""
    news = {(endpoint.team, endpoint.name): endpoint for endpoint in after.plan.endpoints}
    olds = {(spec.team, spec.name): spec for spec in before.environment.endpoints}
    at = {(spec.team, spec.name): index for index, spec in enumerate(after.environment.endpoints)}
    come = [endpoint for key, endpoint in news.items() if key not in olds]
    for index, old in enumerate(before.plan.endpoints):
        key = old.team, old.name
        root, *within = roots(before.environment.name, "endpoint", f"{old.team}/{old.name}")
        within += [roots(before.environment.name, "pool", old.pool)[0]]
        new = news.get(key)
        if new is None:
            like = next((other for other in come if _is_like(old, other)), None)
            renamed = f"; {like.team}/{like.name} looks like its new name, at another address" if like else ""
            yield finding(
                "endpoint-removed",
                root,
                f"endpoint {old.team}/{old.name} goes: whoever calls {old.model} there gets no answer "
                f"any more{renamed}",
                "the description no longer has it",
                within=within,
                place=place(before, "endpoints", index),
                blast_radius=(f"team {old.team}",),
            )
            continue
        yield from _changed(after, old, new, at[key], olds[key], root, within)


def _is_like(old: EndpointPlan, other: EndpointPlan) -> bool:
    return other.model == old.model and (other.team == old.team or other.name == old.name)


def _changed(
    after: Side,
    old: EndpointPlan,
    new: EndpointPlan,
    index: int,
    spec: EndpointSpec,
    root: str,
    within: list[str],
) -> Iterator[Finding]:
    said = dict(after.environment.endpoints[index])
    key = [name for name in said if said[name] != getattr(spec, name) and not name.endswith("_replicas")][:1]
    name = f"endpoint {old.team}/{old.name}"
    # What a canary tried is no surprise. Whether nobody answers meanwhile is the preview's to say.
    tried = promoted(old, new)
    if new.model != old.model and not tried:
        yield finding(
            "endpoint-without-canary",
            root,
            f"{name} answers with another model: {_traffic(old, new)}",
            f"model: {old.model} → {new.model}",
            within=within,
            place=place(after, "endpoints", index, "model"),
            blast_radius=(f"everybody who calls {old.team}/{old.name}",),
        )
    elif not tried and (differs := _differences(old, new)):
        yield finding(
            "endpoint-restarted",
            root,
            f"every replica of {name} starts anew: {_traffic(old, new)}",
            "; ".join(differs[:3]) + (f"; and {len(differs) - 3} more" if len(differs) > 3 else ""),
            within=within,
            place=place(after, "endpoints", index, *key),
            blast_radius=(f"everybody who calls {old.team}/{old.name}",),
        )
    if new.min_replicas < old.min_replicas:
        alone = new.min_replicas <= 1
        yield finding(
            "endpoint-replicas-cut",
            f"{root} replicas",
            f"{name} keeps {new.min_replicas} of {old.min_replicas} replicas that always run"
            + ("; when its node goes, nobody answers until another one is Ready" if alone else ""),
            f"min_replicas: {old.min_replicas} → {new.min_replicas}",
            grade=None if alone else Grade.LOW,
            within=(root, *within),
            place=place(after, "endpoints", index, "min_replicas"),
            blast_radius=(f"everybody who calls {old.team}/{old.name}",),
        )


def promoted(old: EndpointPlan, new: EndpointPlan) -> bool:
    """Whether the endpoint becomes what its canary was, on the same device, and nothing else."""
    if old.canary is None or new.canary is not None:
        return False
    was, now = _arguments(old.canary.arguments), _arguments(new.arguments)
    # A canary answers to the name of the endpoint's model.
    now["served-model-name"] = was["served-model-name"]
    return was == now and _pods(old) == _pods(new)


def _pods(plan: EndpointPlan) -> tuple[object, ...]:
    """What its pods are beside vLLM's arguments."""
    device = (plan.pool, plan.resource, plan.devices)
    return (*device, *(getattr(plan, key) for key in _BESIDE))


def _differences(old: EndpointPlan, new: EndpointPlan) -> list[str]:
    """What makes new pods, each as a reader sees it."""
    found = []
    if new.pool != old.pool:
        found.append(f"pool: {old.pool} → {new.pool}")
    if (new.resource, new.devices) != (old.resource, old.devices):
        found.append(f"device: {old.devices} × {old.resource} → {new.devices} × {new.resource}")
    was, now = (_arguments(plan.arguments) for plan in (old, new))
    pairs = [(key, was.get(key), now.get(key)) for key in dict.fromkeys([*was, *now])]
    pairs += [(key, getattr(old, key), getattr(new, key)) for key in _BESIDE]
    found += [f"{key}: {past or 'none'} → {then or 'none'}" for key, past, then in pairs if past != then]
    return found


def _arguments(arguments: tuple[str, ...]) -> dict[str, str]:
    pairs = (argument.lstrip("-").partition("=") for argument in arguments)
    return {key: value or "set" for key, _, value in pairs}


def _traffic(old: EndpointPlan, new: EndpointPlan) -> str:
    """What becomes of requests while its pods are changed for others."""
    jump = "all requests go to the new one as soon as it is Ready, and none tries it first"
    rollout = new.rollout
    if rollout is None:
        return jump
    if rollout.gap:
        return f"no device is spare for it beside the old one, so nobody answers until it has loaded; {jump}"
    if rollout.max_surge == 0:
        return f"no device is spare, so replicas go one at a time; {jump}"
    if rollout.spare is Spare.LENT:
        return f"it needs a device that others lend, and waits for one while the old one answers; {jump}"
    return f"{jump}; until then the one old replica answers" if old.min_replicas == 1 else jump
