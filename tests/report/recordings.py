"""Previews that the real engine wrote, cut to a few resources and without paths of the machine."""

from __future__ import annotations

from pathlib import Path

from ai_platform.report.preview import Preview, ResourceChange

FOLDER = Path(__file__).with_name("recordings")
DOCUMENTS = ("small.json", "policy.json", "max_nodes.json", "swap.json", "bad.json")
EVENTS = ("small.events", "policy.events")


def recorded(name: str) -> str:
    """The text of a recording."""
    return (FOLDER / name).read_text()


def change(preview: Preview, name: str) -> ResourceChange:
    """The one resource with that logical name."""
    (found,) = [change for change in preview.resources if change.name == name]
    return found
