"""Why something is lost, and what depends on it, for a reader."""

from __future__ import annotations

from . import blast_radius
from .danger_finding import said
from .danger_scene import Scene
from .preview import Op, PropertyChange, ResourceChange
from .resource_names import Owner

NOT_MADE = "the program no longer makes it"
"""Why something is deleted, as far as a preview knows."""


def cause_of(change: ResourceChange) -> str:
    """The properties that replace it, or that the program makes it no longer."""
    if change.op is Op.DELETE:
        return NOT_MADE
    causes = [item for item in change.changes if item.replaces] or list(change.changes)
    return differences_text(causes) or "the preview names no property"


def differences_text(causes: list[PropertyChange]) -> str:
    """The first properties that differ, and how many more do."""
    shown = [f"{cause.path}: {said(cause.before)} → {said(cause.after)}" for cause in causes[:3]]
    more = len(causes) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def radius_of(scene: Scene, change: ResourceChange, whose: Owner) -> tuple[str, ...]:
    """What depends on a thing that goes, by what it is."""
    kind, _, name = whose.root.partition(" ")
    name = name.partition("/")[2]
    if kind == "pool" and scene.plan:
        return blast_radius.on_pool(scene.plan, name)
    if kind == "cluster" and scene.plan:
        return blast_radius.on_cluster(scene.plan)
    if kind == "team" and scene.plan:
        return blast_radius.of_team(scene.plan, name)
    if kind == "storage" and scene.before:
        teams = [
            team for item in scene.before.environment.storage if item.name == name for team in item.teams
        ]
        return blast_radius.of_storage(scene.plan, name, teams)
    return blast_radius.of_resource(change.urn, scene.needed_by)
