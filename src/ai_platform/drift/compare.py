"""Two sides of the same objects, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from .model import Aspect, DriftLine, Severity, Sources
from .things import Thing

_ASPECT = {
    "ClusterQueue": Aspect.QUOTA,
    "Cohort": Aspect.QUOTA,
    "LocalQueue": Aspect.QUOTA,
    "ConfigMap": Aspect.MIG_LAYOUT,
}
"""What is missing with an object of a kind; of all others the object."""
_ABSENT = "not there"
_LONGEST = 160
_SEVERE = (Aspect.MIG_LAYOUT, Aspect.QUOTA)


def compared(
    described: Mapping[str, Thing],
    found: Mapping[str, Thing],
    sources: Sources,
    fix: str,
    extra: Iterable[str] = (),
    unread: Iterable[str] = (),
) -> Iterator[DriftLine]:
    """What differs between what was described and what was found in the state or the cluster.

    ``extra`` are the keys of found things that are drift when nobody described them; of kinds in ``unread``
    nothing is told to be missing.
    """
    hidden = set(unread)
    for key, thing in described.items():
        other = found.get(key)
        if other is not None:
            yield from differences(thing, other, sources, fix)
        elif key.partition(" ")[0] not in hidden:
            yield _line(thing, _aspect(thing), thing.name, sources, "there", _ABSENT, fix)
    for key in extra:
        if key not in described:
            thing = found[key]
            yield _line(thing, _aspect(thing), thing.name, sources, _ABSENT, "there", _undescribed(sources))


def differences(thing: Thing, other: Thing, sources: Sources, fix: str) -> Iterator[DriftLine]:
    """What two of the same thing say differently."""
    for aspect, what in dict.fromkeys(chain(thing.says, other.says)):
        mine, theirs = thing.says.get((aspect, what)), other.says.get((aspect, what))
        if mine != theirs:
            undo = _by_hand(thing) if (aspect, what) in thing.unset else fix
            yield _line(thing, aspect, what, sources, mine or "not said", theirs or "not said", undo)


def put_back(environment: str, stacks: Iterable[str]) -> str:
    """What undoes a change that was made by hand.

    Without a refresh `up` sees nothing to do; without force the API server leaves a field to who set it last.
    """
    named = list(stacks)
    command = f"pulumi up --refresh --stack {named[0] if len(named) == 1 else '|'.join(named)}"
    shell = f"in a shell of `ai-platform env {environment}`"
    return f"find out who changed it; to undo it, {shell}: PULUMI_K8S_ENABLE_PATCH_FORCE=true {command}"


def _by_hand(thing: Thing) -> str:
    return f"find out who changed it; no `up` undoes it, but: kubectl edit {thing.at}"


def line(
    subject: str,
    aspect: Aspect,
    what: str,
    sources: Sources,
    sides: tuple[str, str],
    fix: str,
    *,
    severity: Severity | None = None,
    note: str = "",
) -> DriftLine:
    """A line whose two sides stand where they belong. Long texts are cut."""
    first, second = map(_short, sides)
    chosen = severity or (Severity.ERROR if aspect in _SEVERE else Severity.WARNING)
    described = None if sources is Sources.STATE_LIVE else first
    state = {Sources.STATE_LIVE: first, Sources.DESCRIBED_STATE: second}.get(sources)
    live = None if sources is Sources.DESCRIBED_STATE else second
    return DriftLine(
        subject=subject,
        aspect=aspect,
        what=what,
        sources=sources,
        described=described,
        state=state,
        live=live,
        severity=chosen,
        note=note,
        fix=fix,
    )


def _line(
    thing: Thing, aspect: Aspect, what: str, sources: Sources, mine: str, theirs: str, fix: str
) -> DriftLine:
    # Who weakens what keeps teams apart has the worst reason to do so by hand.
    guards = ("NetworkPolicy", "Pod Security")
    # A prompt that nobody has reviewed speaks to everybody who uses the application.
    grave = what.startswith(guards) or thing.name.startswith("Prompt ")
    severity = Severity.ERROR if grave else None
    if len(mine) > _LONGEST and len(theirs) > _LONGEST:
        mine, theirs = _unlike(mine, theirs)
    return line(thing.subject, aspect, what, sources, (mine, theirs), fix, severity=severity)


def _unlike(mine: str, theirs: str) -> tuple[str, str]:
    """Two long texts from shortly before they part."""
    at = next((i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), 0)
    start = max(0, at - 40)
    head = "…" if start else ""
    return head + mine[start:], head + theirs[start:]


def _aspect(thing: Thing) -> Aspect:
    return _ASPECT.get(thing.name.partition(" ")[0], Aspect.OBJECT)


def _undescribed(sources: Sources) -> str:
    if sources is Sources.DESCRIBED_STATE:
        return "describe it, or take it away with: ai-platform up"
    return "describe it, or delete it from the cluster"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
