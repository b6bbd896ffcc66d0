"""The rooms of the design keep to themselves: who imports whom, and what no file may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
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
    "danger_parts.py",
    "drift_parts.py",
    "drift_programs.py",
    "examples.py",
    "foreign_kinds.py",
    "gates.py",
    "gke_pools.py",
    "iam_policies.py",
    "linter_exceptions.py",
    "manifest_rules.py",
    "model_configs.py",
    "preflight_pools.py",
    "programs.py",
    "recordings.py",
    "project.py",
    "promql.py",
    "random_environments.py",
    "two_sides.py",
    "usage.py",
    "samples.py",
    "texts.py",
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

IMPORT = re.compile(r"^[ \t]*((?:from[ \t]+[.\w]+[ \t]+)?import[ \t](?:\([^)]*\)|[^\n(]*))", re.MULTILINE)

# In two halves, so that this file does not hold what it looks for.
FORBIDDEN = {
    "unfinished work": re.compile(r"(?:TO" + "DO|FIX" + r"ME)\b"),
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


@cache
def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@cache
def text_of(file: Path) -> str:
    return file.read_text()


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


def imports(file: Path, room: str, is_wrong: Callable[[str, bool], object]) -> list[str]:
    """Modules that a file imports, wherever in it, and should not: by name and whether it is relative."""
    if not any(is_wrong(*found) for found in looks_imported(file, room)):
        return []
    return [module for module, relative in modules(file, room, text_of(file)) if is_wrong(module, relative)]


@cache
def looks_imported(file: Path, room: str) -> tuple[tuple[str, bool], ...]:
    """What lines of a file import that look as if they did: maybe text, so more than what it does import."""
    text = text_of(file)
    try:
        return tuple(modules(file, room, "\n".join(IMPORT.findall(text))))
    except SyntaxError:
        return tuple(modules(file, room, text))


def modules(file: Path, room: str, text: str) -> Iterator[tuple[str, bool]]:
    package = [*name_of(room).split("."), *file.relative_to(ROOT / room).parent.parts]
    for node in statements(ast.parse(text)):
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


def outside(rooms: set[str]) -> Callable[[str, bool], bool]:
    return lambda module, _: room_of(module) not in {None, *rooms}


@pytest.mark.parametrize("room", [*ORDER, "local"])
def test_a_room_imports_only_those_below_it(room: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(room)
        for module in imports(file, room, outside(may_import(room, file)))
    ]
    assert not wrong


@pytest.mark.parametrize("room", LIBRARY)
def test_rooms_of_the_library_import_each_other_relatively(room: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(room)
        # What is run as a program knows no package that it belongs to.
        if file.name != "__main__.py"
        for module in imports(file, room, lambda name, relative: room_of(name) and not relative)
    ]
    assert not wrong


@pytest.mark.parametrize("folder", [*ORDER, "local", "tests", "benchmarks", "docs"])
def test_nothing_imports_a_room_under_its_bare_name(folder: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(folder)
        for module in imports(
            file, folder, lambda name, relative: not relative and name.split(".")[0] in PACKAGES
        )
    ]
    assert not wrong


def test_every_test_file_is_collected() -> None:
    files = [file for file in sources("tests") if file.name not in TEST_HELPERS]
    files = [file for file in files if file.name.startswith("test_") or not HELPER_ROOMS & set(file.parts)]
    assert not [str(file.relative_to(ROOT)) for file in files if not file.name.startswith("test_")]
    assert not [str(file.relative_to(ROOT)) for file in files if "def test_" not in text_of(file)]


@pytest.mark.parametrize("room", [*ORDER, "local"])
def test_no_file_of_a_room_is_too_long(room: str) -> None:
    lengths = {str(file.relative_to(ROOT)): len(text_of(file).splitlines()) for file in sources(room)}
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_LINES}


@cache
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
        if FORBIDDEN[what].search(text := text_of(file))
        for number, line in enumerate(text.splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert not found


def test_the_lock_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not FORBIDDEN["a registry's host"].search(lock)
    assert "://" not in lock
