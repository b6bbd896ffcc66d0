"""A Pulumi project of its own on the real engine, with clouds that are this machine's.

The providers are the stand-ins of this folder. Where PATH has the official ``pulumi-resource-aws``, the
engine takes that one, and it works against moto's endpoint: nothing else changes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ai_platform.cli.workplace import Workplace, settings
from ai_platform.layers import environment_of
from ai_platform.local.toolchain import Tool
from ai_platform.local.tools import ensure

from . import store
from .gcp import CLUSTER
from .moto_server import Moto
from .plugin import VERSIONS
from .sign_in import install, place_of

ROOT = Path(__file__).resolve().parents[2]
GUARD = Path(__file__).with_name("guard")
CLOSED = "http://127.0.0.1:9"
"""A proxy that nobody serves: programs that aren't Python find no way out either."""
LIMIT_S = 1200.0


def official(cloud: str) -> bool:
    """Whether the engine takes the official provider of a cloud: the one switch, set by what PATH has.

    AWS alone: on this machine nobody answers for Google Cloud, so its stand-in goes before what PATH has.
    """
    return cloud == "aws" and shutil.which(f"pulumi-resource-{cloud}") is not None


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    output: str

    @property
    def deprecated(self) -> list[str]:
        """What the providers called deprecated."""
        return [line.strip() for line in self.output.splitlines() if "deprecated property" in line]


@dataclass
class CloudProject:
    """One stack of one program."""

    root: Path
    moto: Moto | None = None
    name: str = "test"
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, program: str) -> None:
        """Sets the program."""
        (self.root / "program").mkdir(exist_ok=True)
        (self.root / "program" / "__main__.py").write_text(program)

    def preview(self) -> Done:
        """``pulumi preview --diff``."""
        return self.run("preview", "--diff")

    def previewed(self) -> dict[str, Any]:
        """``pulumi preview --json``, which must succeed."""
        done = self.run("preview", "--json", "--show-sames", errors=False)
        document = json.loads(done.output)
        assert done.code == 0, document.get("diagnostics")
        return dict(document)

    def steps(self) -> dict[str, dict[str, Any]]:
        """What a preview would do: the step of each resource by its logical name, without the stack's."""
        steps = self.previewed()["steps"]
        return {
            step["urn"].rpartition("::")[2]: step
            for step in steps
            if "pulumi:pulumi:Stack" not in step["urn"]
        }

    def up(self) -> Done:
        """``pulumi up`` without a preview."""
        return self.run("up", "--yes", "--skip-preview")

    def destroy(self) -> Done:
        """``pulumi destroy`` without a preview."""
        return self.run("destroy", "--yes", "--skip-preview")

    def export(self) -> dict[str, dict[str, Any]]:
        """Every resource of the state by its logical name, without the stack and its providers."""
        done = self.run("stack", "export", errors=False)
        assert done.code == 0, done.output
        resources = json.loads(done.output)["deployment"].get("resources", [])
        kept = [r for r in resources if not r["type"].startswith("pulumi:") or "providers:" in r["type"]]
        return {resource["urn"].rpartition("::")[2]: resource for resource in kept}

    def cloud(self) -> list[dict[str, Any]]:
        """What the stand-ins keep themselves: all of Google Cloud, and what moto has no call for."""
        return store.kept(self._folder("cloud"))

    def attempts(self) -> list[str]:
        """Connections that left this machine, or would have."""
        path = self._folder("guard") / "attempts"
        return path.read_text().splitlines() if path.is_file() else []

    def modules(self) -> set[str]:
        """Modules of the ``pulumi_*`` SDKs that the program has loaded, since the last ``forget``."""
        return {name for listed in self._listed() for name in listed["modules"]}

    def programs(self) -> int:
        """How many runs of the program ``modules`` knows of."""
        return len(list(self._listed()))

    def forget(self) -> None:
        """Forgets what the guard has seen."""
        for path in self._folder("guard").iterdir():
            path.unlink()

    def runs_clusters_on(self, kubeconfig: Path) -> None:
        """EKS and GKE clusters are this one from now on: what is put into them reaches its API server."""
        place = place_of(kubeconfig)
        install(self._folder("bin"), place)
        self.environment[CLUSTER] = json.dumps(
            {"endpoint": place.endpoint, "certificateAuthority": place.certificate_authority}
        )
        if self.moto:
            self.moto.runs_clusters_at(place.endpoint, place.certificate_authority)

    def run(self, *command: str, errors: bool = True) -> Done:
        """Runs a command of ``pulumi`` to its end. ``errors`` also gives what it writes there."""
        pulumi = shutil.which("pulumi", path=self._variables()["PATH"])
        done = subprocess.run(
            [str(pulumi), *command, "--stack", self.name, "--non-interactive", "--color", "never"],
            cwd=self.root,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors else subprocess.PIPE,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return Done(
            done.returncode, done.stdout if done.returncode == 0 or errors else done.stdout + done.stderr
        )

    def _variables(self) -> dict[str, str]:
        return os.environ | self.environment

    def _folder(self, name: str) -> Path:
        return self.root / name

    def _listed(self) -> Iterator[Mapping[str, Any]]:
        for path in self._folder("guard").glob("modules-*.json"):
            listed = json.loads(path.read_text())
            if any("pulumi-language-python-exec" in part for part in listed["command"]):
                yield listed


def make_cloud_project(
    root: Path, program: str = "", moto: Moto | None = None, name: str = "test"
) -> CloudProject:
    """A project with its stack, its backend in a folder, the providers and the guard."""
    return _ready(CloudProject(root, moto, name), "program", program)


def make_described_project(root: Path, description: str, name: str, moto: Moto | None = None) -> CloudProject:
    """A project with the checkout's program and a description, for its stack or that of a layer."""
    project = CloudProject(root, moto, name)
    shutil.copytree(ROOT / "stacks" / "prompts", root / "stacks" / "prompts")
    shutil.copy(ROOT / "stacks" / "__main__.py", root / "stacks")
    (root / "stacks" / f"{environment_of(name)}.yaml").write_text(description)
    return _ready(project, "stacks", "")


def _ready(project: CloudProject, main: str, program: str) -> CloudProject:
    root = project.root
    (root / "Pulumi.yaml").write_text(
        f"name: ai-platform\nmain: {main}\nstackConfigDir: .ai-platform/config\n"
        f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n    toolchain: pip\n"
    )
    if program:
        project.write(program)
    for folder in ("cloud", "guard", "bin"):
        (root / folder).mkdir()
    tools = ensure([Tool.PULUMI, Tool.PULUMI_PYTHON, Tool.PULUMI_KUBERNETES])
    project.environment |= settings(Workplace(root), {tool.value: path for tool, path in tools.items()})
    project.environment["PATH"] = os.pathsep.join([str(root / "bin"), project.environment["PATH"]])
    project.environment |= {
        "PYTHONPATH": str(GUARD),
        "AI_PLATFORM_TEST_GUARD": str(root / "guard"),
        store.FOLDER: str(root / "cloud"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": project.moto.url if project.moto else CLOSED,
        "GOOGLE_PROJECT": "a-project",
        "GOOGLE_REGION": "europe-west4",
        "HTTP_PROXY": CLOSED,
        "HTTPS_PROXY": CLOSED,
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "PULUMI_CONFIG_PASSPHRASE": "test",
    }
    project.environment |= {
        name.lower(): project.environment[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    }
    for cloud, version in VERSIONS.items():
        if not official(cloud):
            before = shutil.which(f"pulumi-resource-{cloud}") is not None
            plugins = root / ".ai-platform" / "pulumi-home" / "plugins"
            _install(root / "bin" if before else plugins / f"resource-{cloud}-v{version}", cloud)
    done = project.run("stack", "select", "--create")
    assert done.code == 0, done.output
    return project


def _install(folder: Path, cloud: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"pulumi-resource-{cloud}"
    paths = os.pathsep.join([str(GUARD), str(ROOT)])
    run = f'exec "{sys.executable}" -m tests.clouds.plugin {cloud} "$1"'
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{paths}" {run}\n')
    program.chmod(0o755)
