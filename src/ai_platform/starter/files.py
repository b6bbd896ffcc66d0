"""What a new project holds: each file with its text, worked out from a few choices."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent / "templates"
YOURS = "# yours"
"""Marks a line that only the user knows how to fill."""
_EXCEPTION_DAYS = 180
_EVIDENCE_DAYS = 90
_TOKEN = re.compile(r"@([A-Z_]+)@")


class Place(StrEnum):
    """Where the environments dev, staging and prod run."""

    SIMULATED = "simulated"
    """Nowhere: the project has the simulated environment ``local`` alone."""
    AWS = "aws"
    GCP = "gcp"
    EXISTING = "existing"
    """On clusters that somebody else made."""


class Forge(StrEnum):
    """Where changes are reviewed."""

    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True)
class Size:
    """How large an environment starts."""

    purpose: str
    min_nodes: int
    max_nodes: int
    """Of a GPU each."""
    serving_gpus: int
    research_gpus: int
    min_replicas: int
    max_replicas: int
    budget: int
    """US dollars a month."""


SIZES: Mapping[str, Size] = {
    "dev": Size("Where things are tried out.", 1, 3, 2, 1, 1, 1, 4000),
    "staging": Size("What goes to prod is tried here.", 1, 3, 2, 1, 1, 2, 4000),
    "prod": Size("What others rely on.", 2, 6, 4, 2, 2, 3, 7000),
}

_POOLS = {Place.AWS: "l4", Place.GCP: "l4", Place.EXISTING: "l40s"}
_EXTRAS = {Place.AWS: "aws,policy", Place.GCP: "gcp,policy"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user chose, and what is known beside it."""

    name: str
    """Of the Pulumi project."""
    place: Place
    forge: Forge
    version: str
    """Of ai-platform."""
    today: datetime.date
    """The exceptions from gates end some time after it."""


def project_files(choice: Choice) -> dict[str, str]:
    """Path in the project to text, in the order of the paths."""
    needed = {"EXTRAS": _EXTRAS.get(choice.place, "policy"), "VERSION": choice.version}
    files = {
        "Pulumi.yaml": _filled("Pulumi.yaml", PROJECT=choice.name),
        "requirements.txt": _filled("requirements.txt", **needed),
        ".gitignore": _filled("gitignore"),
        "stacks/__main__.py": _filled("stacks/__main__.py"),
        "stacks/local.yaml": _filled("stacks/local.yaml", **_ends(choice.today)),
    }
    if choice.place is not Place.SIMULATED:
        files |= {f"stacks/{name}.yaml": _description(choice, name) for name in SIZES}
    files |= _pipeline(choice)
    return dict(sorted(files.items()))


def lines_to_fill(files: Mapping[str, str]) -> Iterator[tuple[str, list[int]]]:
    """Path and line numbers of what only the user knows."""
    for path, text in files.items():
        if found := [number for number, line in enumerate(text.splitlines(), 1) if YOURS in line]:
            yield path, found


def _description(choice: Choice, name: str) -> str:
    size = SIZES[name]
    words = {
        "NAME": name,
        "POOL": _POOLS[choice.place],
        "PURPOSE": size.purpose,
        "MIN_NODES": str(size.min_nodes),
        "MAX_NODES": str(size.max_nodes),
        "SERVING_GPUS": str(size.serving_gpus),
        "RESEARCH_GPUS": str(size.research_gpus),
        "MIN_REPLICAS": str(size.min_replicas),
        "MAX_REPLICAS": str(size.max_replicas),
        "BUDGET": str(size.budget),
        **_ends(choice.today),
    }
    more = (f"exceptions/{of}.yaml" for of in (choice.place, name))
    parts = [f"clusters/{choice.place}.yaml", "environment.yaml", *more]
    return "".join(_filled(part, **words) for part in parts if (TEMPLATES / part).is_file())


def _ends(today: datetime.date) -> dict[str, str]:
    return {
        "UNTIL": (today + datetime.timedelta(days=_EXCEPTION_DAYS)).isoformat(),
        "UNTIL_EVIDENCE": (today + datetime.timedelta(days=_EVIDENCE_DAYS)).isoformat(),
    }


def _pipeline(choice: Choice) -> dict[str, str]:
    if choice.forge is Forge.GITLAB:
        template = "ai-platform.gitlab-ci.yml"
        return {
            ".gitlab-ci.yml": _filled("gitlab/gitlab-ci.yml"),
            f"ci/{template}": _filled(f"gitlab/{template}"),
        }
    signs_in = choice.place in _EXTRAS
    words = {
        "SIGN_IN": _filled(f"github/{choice.place}.yml") if signs_in else "",
        "PERMISSIONS": "  id-token: write\n" if signs_in else "",
    }
    return {
        ".github/actions/ai-platform/action.yml": _filled("github/action.yml"),
        ".github/workflows/ai-platform.yml": _filled("github/workflow.yml", **words),
    }


def _filled(template: str, **words: str) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return _TOKEN.sub(lambda token: words[token[1]], text)
