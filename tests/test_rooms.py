"""The rooms of the design keep to themselves: who imports whom, and what no file may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ORDER = ["stacks", "policy", "src/ai_platform", "serving", "gpu", "finops", "components"]
"""From the top down: a room imports those to its right."""
LIBRARY = ["policy", "src/ai_platform", "serving", "gpu", "finops", "components", "local"]
PACKAGES = {"policy", "serving", "gpu", "finops", "components", "local"}
"""Rooms that are sub-packages of `ai_platform`, though they live at the root."""
TEST_HELPERS = {
    "browser.py",
    "cluster_fixture.py",
    "clusters.py",
    "conftest.py",
    "cost_programs.py",
    "drift_parts.py",
    "drift_programs.py",
    "examples.py",
    "foreign_kinds.py",
    "gates.py",
    "gke_pools.py",
    "iam_policies.py",
    "linter_exceptions.py",
    "manifest_rules.py",
    "preflight_pools.py",
    "programs.py",
    "recordings.py",
    "project.py",
    "promql.py",
    "random_environments.py",
    "two_sides.py",
    "usage.py",
    "samples.py",
}
HELPER_ROOMS = {"charts", "clouds"}
"""Folders of tests/ that hold helpers only."""
MAX_LINES = 400
GENERATED = {
    "go.sum",
    "requirements.lock",
    "schema.json",
    "environment.schema.json",
    "report.schema.json",
    "drift.schema.json",
    "terraform-mapping.json",
}
TEXT = {"", ".py", ".md", ".toml", ".yaml", ".yml", ".json", ".go", ".mod", ".sh", ".txt", ".cfg", ".lock"}

# In two halves, so that this file does not hold what it looks for.
FORBIDDEN = {
    "unfinished work": re.compile(r"\b" + "TO" + r"DO\b|\b" + "FIX" + r"ME\b"),
    "a registry's host": re.compile(
        "|".join(
            re.escape(host + end)
            for host, end in [
                ("pypi", ".org"),
                ("files.python", "hosted.org"),
                ("proxy.gol", "ang.org"),
                ("sum.gol", "ang.org"),
                ("registry.npm", "js.org"),
            ]
        )
    ),
    "a path of one machine": re.compile(
        r"/(?:wor" + r"k/(?:main|shared)|roo" + r"t/(?:go|\.pyenv)|Use" + r"rs/\w)"
    ),
}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def name_of(room: str) -> str:
    return f"ai_platform.{room}" if room in PACKAGES else room.removeprefix("src/")


def room_of(module: str) -> str | None:
    """The room that a module lives in; None for what is not ours."""
    head, _, rest = module.partition(".")
    if head != "ai_platform":
        return head if head in {"stacks", "policy"} else None
    second = rest.split(".")[0]
    return second if second in PACKAGES else "src/ai_platform"


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement below ``node``, without the expressions, which hold no imports."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, field, ()):
            yield child
            yield from statements(child)


@cache
def imports(file: Path, room: str) -> tuple[tuple[str, bool], ...]:
    """Every module that a file imports, wherever in it, and whether the import is relative."""
    return tuple(_imports(file, room))


def _imports(file: Path, room: str) -> Iterator[tuple[str, bool]]:
    package = [*name_of(room).split("."), *file.relative_to(ROOT / room).parent.parts]
    for node in statements(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}", bool(node.level)) for alias in node.names)


def may_import(room: str, file: Path) -> set[str]:
    if room == "local":
        return {"local", "components"}
    below = set(ORDER[ORDER.index(room) :])
    command_line = room == "src/ai_platform" and file.relative_to(ROOT / room).parts[0] == "cli"
    return below | {"local"} if command_line else below


@pytest.mark.parametrize("room", [*ORDER, "local"])
def test_a_room_imports_only_those_below_it(room: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(room)
        for module, _ in imports(file, room)
        if (other := room_of(module)) and other not in may_import(room, file)
    ]
    assert not wrong


@pytest.mark.parametrize("room", LIBRARY)
def test_rooms_of_the_library_import_each_other_relatively(room: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(room)
        for module, relative in imports(file, room)
        # What is run as a program knows no package that it belongs to.
        if room_of(module) and not relative and file.name != "__main__.py"
    ]
    assert not wrong


@pytest.mark.parametrize("folder", [*ORDER, "local", "tests", "benchmarks", "docs"])
def test_nothing_imports_a_room_under_its_bare_name(folder: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(folder)
        for module, relative in imports(file, folder)
        if not relative and module.split(".")[0] in PACKAGES
    ]
    assert not wrong


def test_every_test_file_is_collected() -> None:
    files = [file for file in sources("tests") if file.name not in TEST_HELPERS]
    files = [file for file in files if file.name.startswith("test_") or not HELPER_ROOMS & set(file.parts)]
    assert not [str(file.relative_to(ROOT)) for file in files if not file.name.startswith("test_")]
    assert not [str(file.relative_to(ROOT)) for file in files if "def test_" not in file.read_text()]


@pytest.mark.parametrize("room", [*ORDER, "local"])
def test_no_file_of_a_room_is_too_long(room: str) -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in sources(room)}
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_LINES}


def written_files() -> list[Path]:
    folders = {*ORDER, *LIBRARY, "tests", "docs", "benchmarks", "scripts", ".ci", ".github"}
    nested = [file for folder in sorted(folders) for file in (ROOT / folder).rglob("*")]
    candidates = [*nested, *ROOT.iterdir()]
    return [
        file
        for file in candidates
        if file.is_file()
        and file.suffix in TEXT
        and file.name not in GENERATED
        and not file.name.startswith(".git")
        and "__pycache__" not in file.parts
    ]


@pytest.mark.parametrize("what", list(FORBIDDEN))
def test_no_file_holds(what: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in written_files()
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert not found


def test_the_lock_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not FORBIDDEN["a registry's host"].search(lock)
    assert "://" not in lock
