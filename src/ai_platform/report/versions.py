"""What gets another version: what descriptions say, and charts and images that only a preview shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ..catalogs import machines_of
from ..components.charts import CHARTS, ChartName
from ..components.cluster_spec import EksSpec, GkeSpec
from ..environment import Environment
from ..gpu.operator.known_good import DEFAULT_IMAGE, KnownGood, known_good
from ..layers import environment_of
from ..serving.canary import as_endpoint
from ..serving.models import model as known_model
from ..serving.own_models import own_models
from .model import VersionChange
from .pairs import Pair, pairs
from .preview import Preview
from .prompts import evidence_note, prompts_of, shown_version
from .side import Side
from .versions_in_objects import Seen, image_parts, seen_in

_KINDS = ("kubernetes", "node image", "driver", "chart", "model", "canary", "prompt", "image")
_NO_ROW = "no row of the known-good table speaks of this combination"


def versions(
    previews: Iterable[Preview], before: Sequence[Side], after: Sequence[Side]
) -> tuple[VersionChange, ...]:
    """Versions that differ, by kind. With several environments, names begin with that of theirs and a slash.

    Charts and images are known by their names, so one that many objects share is one line.
    """
    both = pairs(before, after)
    described = [pair.latest.environment.name for pair in both]
    # A document that does not name its stack is of the only environment there is.
    only = described[0] if len(described) == 1 else ""
    stacks = [(environment_of(preview.stack) or only, preview) for preview in previews]
    names = dict.fromkeys([*described, *(name for name, _ in stacks)])
    prefixes = {name: f"{name}/" if len(names) > 1 else "" for name in names}
    rows = [row for pair in both for row in _described(pair, prefixes[pair.latest.environment.name])]
    for name in names:
        seen = seen_in([preview for of, preview in stacks if of == name])
        _add_images(seen, [pair for pair in both if pair.latest.environment.name == name])
        rows += _objects(seen, prefixes[name])
    return tuple(sorted(rows, key=lambda row: (_KINDS.index(row.kind), row.name)))


def _described(pair: Pair, prefix: str) -> Iterator[VersionChange]:
    old, new = (dict(_facts(side.environment)) if side else {} for side in pair.sides)
    notes = dict(_notes(pair.after.environment)) if pair.after else {}
    for kind, name in dict.fromkeys([*new, *old]):
        was, will = old.get((kind, name)), new.get((kind, name))
        if was != will:
            yield VersionChange(
                kind=kind,
                name=prefix + name,
                before=was,
                after=will,
                known_good=notes.get((kind, name)) if will else None,
            )
    yield from _prompts(pair, prefix)


def _prompts(pair: Pair, prefix: str) -> Iterator[VersionChange]:
    old, new = (prompts_of(side) for side in pair.sides)
    for key in dict.fromkeys([*new, *old]):
        was, will = old.get(key), new.get(key)
        sides = [shown_version(prompt) if prompt else None for prompt in (was, will)]
        if sides[0] != sides[1]:
            yield VersionChange(
                kind="prompt",
                name=f"{prefix}{'/'.join(key)}",
                before=sides[0],
                after=sides[1],
                known_good=evidence_note(was, will) if will else None,
            )


def _facts(environment: Environment) -> Iterator[tuple[tuple[str, str], str]]:
    """(Kind, name) and the version that the description says."""
    cluster = environment.cluster
    if isinstance(cluster, EksSpec | GkeSpec):
        yield ("kubernetes", "cluster"), cluster.kubernetes_version
    rows = _rows(environment)
    for pool in environment.node_pools:
        image, row = pool.image or DEFAULT_IMAGE.get(cluster.provider), rows.get(pool.name)
        if image:
            yield ("node image", pool.name), image.value
        if row and row.driver_branch:
            yield ("driver", pool.name), f"branch {row.driver_branch}"
    own, _ = own_models(environment.models)
    for endpoint in environment.endpoints:
        served = [("model", endpoint)] + ([("canary", as_endpoint(endpoint))] if endpoint.canary else [])
        for kind, spec in served:
            model = known_model(spec.model, own)
            if model:
                precision = spec.precision or model.native_precision
                yield (
                    (kind, f"{spec.team}/{spec.name}"),
                    f"{spec.model} in {precision}, from {model.hugging_face_id}",
                )


def _notes(environment: Environment) -> Iterator[tuple[tuple[str, str], str]]:
    """What the known-good table says of each pool, and of all of them for the cluster's own version."""
    machines, rows = machines_of(environment), _rows(environment)
    said: dict[str, list[str]] = {}
    for pool in environment.node_pools:
        if pool.machine in machines:
            note = _said(rows[pool.name]) if pool.name in rows else _NO_ROW
            said.setdefault(note, []).append(pool.name)
            yield ("node image", pool.name), note
            yield ("driver", pool.name), note
    if said:
        yield (
            ("kubernetes", "cluster"),
            "; ".join(f"{', '.join(names)}: {note}" for note, names in said.items()),
        )


def _rows(environment: Environment) -> dict[str, KnownGood]:
    machines = machines_of(environment)
    found = {
        pool.name: known_good(pool, machines[pool.machine], environment.cluster)
        for pool in environment.node_pools
        if pool.machine in machines
    }
    return {name: row for name, row in found.items() if row}


def _said(row: KnownGood) -> str:
    first, last = row.kubernetes
    on = f" on {row.image}" if row.image else ""
    return f"gpu_stack {row.stack}{on}, Kubernetes 1.{first} to 1.{last}: {row.evidence} ({row.source})"


def _add_images(seen: Seen, both: Iterable[Pair]) -> None:
    """Images that descriptions name, so that they are told without a preview too, and once with one."""
    for pair in both:
        for at, side in enumerate(pair.sides):
            for image in _images(side.environment) if side else ():
                repository, version = image_parts(image)
                seen.setdefault(("image", repository), (set(), set()))[at].add(version)


def _images(environment: Environment) -> Iterable[str]:
    check = environment.drift_check.image if environment.drift_check else None
    ours = [environment.node_doctor_image, check]
    return chain((spec.image for spec in environment.training_jobs), filter(None, ours))


def _objects(seen: Seen, prefix: str) -> Iterator[VersionChange]:
    for (kind, name), (old, new) in seen.items():
        if old != new:
            yield VersionChange(
                kind=kind,
                name=prefix + name,
                before=", ".join(sorted(old)) or None,
                after=", ".join(sorted(new)) or None,
                known_good=_chart_note(name, new) if kind == "chart" and new else None,
            )


def _chart_note(name: str, new: set[str]) -> str | None:
    if name not in set(ChartName):
        return None
    row = CHARTS[ChartName(name)]
    if new == {row.version}:
        return f"the version that the platform is built with: {row.source}"
    return f"not {row.version}, the version that the platform is built with"
