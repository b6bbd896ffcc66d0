"""What a preview shows of guards that go: protection against deletion, secrecy, and the images that run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..components.counted import counted
from .danger_finding import Finding, said
from .danger_scene import Scene, at, described_at, entries, finding_on
from .model import Grade
from .preview import SECRET, UNKNOWN, Op, ResourceChange
from .stateful_types import kind_of, without_version

_GUARDS: tuple[tuple[str, object], ...] = (
    ("deletionProtection", True),
    ("deletionProtectionEnabled", True),
    ("enableDeletionProtection", True),
    ("disableApiTermination", True),
    ("terminationProtection", True),
    ("preventDestroy", True),
    ("versioning.enabled", True),
    ("versioningConfiguration.status", "Enabled"),
    ("forceDestroy", False),
    ("forceDelete", False),
    ("skipFinalSnapshot", False),
    ("persistentVolumeReclaimPolicy", "Retain"),
    ("spec.persistentVolumeReclaimPolicy", "Retain"),
    ("reclaimPolicy", "Retain"),
    ("pointInTimeRecovery.enabled", True),
)
"""Property, and the value that guards."""


def unguarded(scene: Scene) -> Iterator[Finding]:
    """Things that stay, and that nothing keeps from being deleted any more."""
    for change in scene.preview.resources:
        if change.op not in {Op.UPDATE, Op.SAME, Op.REPLACE} or not change.custom:
            continue
        gone = [
            f"{path}: {said(at(change.before, path))} → {said(at(change.after, path))}"
            for path in _gone(change)
        ]
        if change.protected and not change.will_be_protected and change.op is not Op.REPLACE:
            gone.insert(0, "protect: true → false")
        if gone:
            whose = scene.owner(change)
            yield finding_on(
                scene,
                change,
                "protection-removed",
                f"nothing keeps {whose.name} from being deleted any more"
                if kind_of(change.type)
                else f"a guard of {whose.name} goes",
                "; ".join(gone),
                place=described_at(scene, whose),
            )


def exposed_secrets(scene: Scene) -> Iterator[Finding]:
    """Values that were secret and are plain from now on. The values themselves are never told."""
    for change in scene.preview.resources:
        plain = [
            item.path
            for item in change.changes
            if item.before == SECRET and item.after is not None and SECRET not in str(item.after)
            if item.after != UNKNOWN
        ]
        if plain:
            whose = scene.owner(change)
            yield finding_on(
                scene,
                change,
                "secret-exposed",
                f"what was a secret of {whose.name} is plain text from now on, in the state and in every "
                f"preview",
                ", ".join(plain[:3]) + (f", and {len(plain) - 3} more" if len(plain) > 3 else ""),
            )


def runtimes(scene: Scene) -> Iterator[Finding]:
    """Serving runtimes whose containers get another image."""
    kinds = {
        "kubernetes:serving.kserve.io:ClusterServingRuntime",
        "kubernetes:serving.kserve.io:ServingRuntime",
    }
    for change in scene.preview.resources:
        if change.op not in {Op.UPDATE, Op.REPLACE} or without_version(change.type) not in kinds:
            continue
        old, new = (_images(inputs) for inputs in (change.before, change.after))
        moved = [(name, old[name], new[name]) for name in old if name in new and old[name] != new[name]]
        if not moved:
            continue
        churn = all(_tag(before) == _tag(after) for _, before, after in moved)
        _, before, after = moved[0]
        served = [f"endpoint {e.team}/{e.name}" for e in scene.plan.endpoints] if scene.plan else []
        stopped = (
            [e for e in scene.after.plan.endpoints if e.rollout and e.rollout.gap] if scene.after else []
        )
        yield finding_on(
            scene,
            change,
            "runtime-changed",
            (
                "every replica of every endpoint starts anew with another image"
                if not churn
                else "every replica of every endpoint starts anew with another build of the same version"
            )
            + (
                f"; {counted(len(stopped), 'endpoint')} without a spare device answer nobody meanwhile"
                if stopped
                else ""
            ),
            f"{said(before)} → {said(after)}",
            grade=Grade.LOW if churn else None,
            blast_radius=served[:3] + ([f"and {len(served) - 3} more"] if len(served) > 3 else []),
        )


def _gone(change: ResourceChange) -> list[str]:
    """Guards that were there and are not any more. One never said is none, but where false guards."""
    return [
        path
        for path, guards in _GUARDS
        if (at(change.before, path) == guards or _by_default(change, path, guards))
        and at(change.after, path) != guards
        and _known(change, path, guards)
    ]


def _by_default(change: ResourceChange, path: str, guards: object) -> bool:
    return guards is False and at(change.before, path) is None and at(change.after, path) is True


def _known(change: ResourceChange, path: str, guards: object) -> bool:
    """Whether the new value is known to guard nothing: false is the default of what forces a deletion."""
    after = at(change.after, path)
    return after != UNKNOWN and not (guards is False and after is None)


def _images(inputs: Mapping[str, object]) -> dict[str, str]:
    return {
        str(container.get("name")): str(container["image"])
        for container in entries(at(inputs, "spec.containers"))
        if isinstance(container.get("image"), str)
    }


def _tag(image: str) -> str:
    return image.partition("@")[0]
