"""What a user installs is what the checkout holds, under one import name."""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLACES: dict[str, str] = PROJECT["tool"]["setuptools"]["package-dir"]
ROOMS = [name.removeprefix("ai_platform.") for name in PLACES if name != "ai_platform"]
SHOW_MODULES = "import json; print(json.dumps(sorted(sys.modules)))"

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, str(ROOT / "scripts/build_wheel.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    # Of a wheel for any Python and any machine, installing is unpacking.
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def modules_after(installed: Path, statements: str) -> set[str]:
    """What is loaded after ``statements``, where only the wheel and its dependencies can be found."""
    # -S leaves the .pth files of the editable install unread; without it the checkout would answer.
    paths = [str(installed), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    program = f"import sys; sys.path[:0] = {paths!r}\n{statements}\n{SHOW_MODULES}"
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def in_the_wheel(file: Path) -> str:
    """Name that a file of the checkout has in the wheel."""
    for package, place in PLACES.items():
        if file.is_relative_to(ROOT / place):
            return f"{package.replace('.', '/')}/{file.relative_to(ROOT / place).as_posix()}"
    raise AssertionError(f"{file} is in no room")


def test_the_wheel_has_one_import_name(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"ai_platform"}


def test_every_module_of_every_room_is_in_the_wheel(names: set[str]) -> None:
    modules = [file for place in PLACES.values() for file in (ROOT / place).rglob("*.py")]
    missing = sorted({in_the_wheel(module) for module in modules} - names)
    assert not missing, "a new sub-package needs a line in pyproject.toml, [tool.setuptools] packages"


def test_what_the_local_tools_are_built_from_is_in_the_wheel(names: set[str]) -> None:
    local = ROOT / "local"
    sources = [file for end in ("go.mod", "go.sum", "*.go") for file in (local / "tools").rglob(end)]
    manifests = list((local / "manifests").glob("*.yaml"))
    assert sources
    assert manifests
    assert {in_the_wheel(file) for file in [*sources, *manifests]} <= names


def test_what_a_new_project_is_made_of_is_in_the_wheel(names: set[str]) -> None:
    templates = [
        file for file in (ROOT / "src/ai_platform/starter/templates").rglob("*") if file.suffix != ".pyc"
    ]
    assert {in_the_wheel(file) for file in templates if file.is_file()} <= names


def test_the_wheel_says_that_it_is_typed(names: set[str]) -> None:
    assert "ai_platform/py.typed" in names


def test_the_licence_travels_with_the_wheel(names: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_rooms_are_imported_under_the_one_name(installed: Path) -> None:
    loaded = modules_after(installed, "\n".join(f"import ai_platform.{room}" for room in ROOMS))
    assert {f"ai_platform.{room}" for room in ROOMS} <= loaded
    assert not loaded & set(ROOMS)


def test_the_front_door_loads_no_provider(installed: Path) -> None:
    loaded = modules_after(installed, "import ai_platform")
    heavy = {"pulumi_aws", "pulumi_gcp", "pulumi_kubernetes", "kubernetes"}
    assert not {name for name in loaded if name.split(".")[0] in heavy}


def test_the_gates_come_with_the_wheel(installed: Path) -> None:
    program = """
import runpy
from pathlib import Path
import pulumi_policy
from ai_platform.gates_pack import pack_folder
served = []
pulumi_policy.PolicyPack = lambda name, policies: served.extend(policies)
folder = pack_folder(Path("project"), Path("project/.ai-platform"))
runpy.run_path(str(folder / "__main__.py"), run_name="__main__")
assert {"budget", "exceptions"} <= {policy.name for policy in served}
"""
    assert "ai_platform.policy.pack" in modules_after(installed, program)


def test_the_command_exists(wheel: Path, installed: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        points = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        written = configparser.ConfigParser()
        written.read_string(archive.read(points).decode())
    module, _, function = written["console_scripts"]["ai-platform"].partition(":")
    assert module in modules_after(installed, f"import {module}\nassert callable({module}.{function})")


def test_the_lock_pins_what_the_project_needs() -> None:
    needs = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = {line.split("==")[0].split("[")[0].lower() for line in lines}
    missing = [need for need in needs if bare(need) not in pinned]
    assert not missing, "run `make lock`"


def bare(requirement: str) -> str:
    """Name of a requirement without its versions."""
    return requirement.split(">")[0].split("=")[0].split("<")[0].strip().lower()
