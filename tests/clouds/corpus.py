"""The corpus: small changes of environments that run, each with the judgement that a report must give."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ai_platform.components.charts import ChartName
from ai_platform.description import read
from ai_platform.marks import read_yaml
from ai_platform.report.preview import Preview
from ai_platform.report.read_preview import read_preview
from ai_platform.report.side import Side
from tests.clouds.environments import path, upgrade
from tests.clouds.project import ROOT, CloudProject

CASES = ROOT / "tests" / "corpus"
STACKS = {
    "dev": ["dev"],
    "staging": ["staging"],
    "prod": ["prod.cluster", "prod.platform", "prod.teams"],
}
"""Stacks of each environment, in the order in which they are applied."""
OWN = "own_resources.yaml"
_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]+)\]")


@dataclass(frozen=True)
class Expected:
    """A danger that the report must tell."""

    rule: str
    grade: str
    subject: str
    """What its sentence names."""


@dataclass(frozen=True)
class Case:
    """A change and its judgement."""

    name: str
    base: str
    """Environment that runs."""
    stack: str
    """Stack that is previewed."""
    why: str
    edits: tuple[dict[str, Any], ...]
    dangers: tuple[Expected, ...]
    losers: tuple[str, ...] | None
    """Teams that lose quota, in order; ``None`` where the case is not about quota."""
    cost: str | None
    """Whether the cost at the largest size goes ``up`` or ``down`` or stays the ``same``."""
    source: str | None
    """Thread in which users of other tools report it."""

    @property
    def harmless(self) -> bool:
        """Whether nobody has to do anything about it."""
        return all(danger.grade == "low" for danger in self.dangers)

    def __str__(self) -> str:
        return self.name.replace(" ", "_")


@cache
def cases() -> tuple[Case, ...]:
    """All of them, environment by environment."""
    found = []
    for base, stacks in STACKS.items():
        for item in yaml.load((CASES / f"{base}.yaml").read_text(), yaml.CSafeLoader):
            dangers = tuple(Expected(**danger) for danger in item.pop("dangers"))
            losers = item.pop("losers", None)
            found.append(
                Case(
                    name=item.pop("case"),
                    base=base,
                    stack=item.pop("stack", stacks[0]),
                    why=item.pop("why"),
                    edits=tuple(item.pop("edits")),
                    dangers=dangers,
                    losers=None if losers is None else tuple(losers),
                    cost=item.pop("cost", None),
                    source=item.pop("source", None),
                )
            )
            assert not item, f"{found[-1].name} says what nobody reads: {sorted(item)}"
    return tuple(found)


def with_own_resources(project: CloudProject) -> None:
    """Puts resources of users' own into the program of a project."""
    stacks = project.root / "stacks"
    shutil.copy(ROOT / "tests" / "clouds" / "programs" / "own_resources.py", stacks)
    shutil.copy(CASES / OWN, stacks)
    program = stacks / "__main__.py"
    text = program.read_text()
    assert text.endswith("settle()\n")
    more = (
        'from own_resources import make_own\n\nmake_own(HERE / "own_resources.yaml", outputs["kubeconfig"])\n'
    )
    program.write_text(text.removesuffix("settle()\n") + more + "settle()\n")


def tried(case: Case, project: CloudProject, folder: Path) -> tuple[Preview, Side, Side]:
    """The preview of a case in a checkout of its own, and both sides. The project itself stays as it is."""
    before = side(project)
    copy = replace(project, root=folder)
    for name in ("Pulumi.yaml", "stacks"):
        place = project.root / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, folder / name)
    shutil.copytree(project.root / ".ai-platform" / "config", folder / ".ai-platform" / "config")
    for edit in case.edits:
        _edit(copy, dict(edit))
    after = side(copy)
    done = copy.run("preview", "--json", "--show-sames", errors=False)
    return read_preview(done.output, stack=case.stack), before, after


def side(project: CloudProject) -> Side:
    """The description of a project as one side of a change."""
    file = path(project)
    environment, plan = read(file)
    return Side(environment, plan, f"stacks/{file.name}", read_yaml(file))


def losers(before: Side, after: Side) -> tuple[str, ...]:
    """Teams that own less of something, or can reach less in all, in the order of the description."""
    now = {
        (team.name, row.pool, row.resource): (row.guaranteed, row.guaranteed + row.borrowable)
        for team in after.plan.teams
        for row in team.quotas
    }
    return tuple(
        team.name
        for team in before.plan.teams
        if any(
            (row.guaranteed, row.guaranteed + row.borrowable)[part]
            > now.get((team.name, row.pool, row.resource), (0, 0))[part]
            for row in team.quotas
            if row.resource.startswith(("nvidia.com/", "google.com/"))
            for part in (0, 1)
        )
    )


def _edit(project: CloudProject, edit: dict[str, Any]) -> None:
    if "chart" in edit:
        upgrade(project, ChartName(edit["chart"]), edit["version"])
        return
    own = edit.pop("file", None) == "own"
    file = path(project).with_name(OWN) if own else path(project)
    if "comment" in edit:
        file.write_text(f"# {edit['comment']}\n{file.read_text()}")
        return
    document = yaml.load(file.read_text(), yaml.CSafeLoader)
    _apply(document, edit)
    file.write_text(yaml.safe_dump(document, sort_keys=False))


def _apply(document: Any, edit: dict[str, Any]) -> None:
    """One edit: ``path`` with one of ``value``, ``append``, ``remove``, ``reverse``, ``rename``."""
    steps = [key or name for key, name in _STEP.findall(edit.pop("path"))]
    ((kind, value),) = edit.items()
    *way, last = steps
    holder = document
    for step in way:
        holder = holder[_key(holder, step)] if isinstance(holder, list) else holder.setdefault(step, {})
    key = _key(holder, last)
    if kind == "value":
        holder[key] = value
    elif kind == "append":
        holder.setdefault(key, []).append(value)
    elif kind == "remove":
        del holder[key]
    elif kind == "reverse":
        holder[key].reverse()
    elif kind == "rename":
        holder[value] = holder.pop(key)
    else:
        raise ValueError(f"no edit: {kind}")


def _key(holder: Any, step: str) -> Any:
    """An index of a list by the name of the entry, or by its number."""
    if not isinstance(holder, list):
        return step
    names: Sequence[Any] = [item.get("name") if isinstance(item, dict) else None for item in holder]
    return names.index(step) if step in names else int(step)
