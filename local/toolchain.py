"""What the simulated cluster and the real engine need to run: one row per program, pinned."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

Version = tuple[int, int, int]
"""Major, minor, patch."""


class Tool(StrEnum):
    """A program we can find or build, in the order of building: what shares packages stands together."""

    PULUMI = "pulumi"
    PULUMI_PYTHON = "pulumi-language-python"
    PULUMI_KUBERNETES = "pulumi-resource-kubernetes"
    KUBE_APISERVER = "kube-apiserver"
    KUBE_CONTROLLER_MANAGER = "kube-controller-manager"
    KUBE_SCHEDULER = "kube-scheduler"
    KUBECTL = "kubectl"
    ETCD = "etcd"
    KUEUE = "kueue"
    KWOK = "kwok"
    KSERVE = "kserve-manager"
    KUBE_SCORE = "kube-score"
    """Linter of manifests: for the tests alone."""
    PROMQL = "promql"
    """Evaluates rules of Prometheus: for the tests alone."""


@dataclass(frozen=True, slots=True)
class Question:
    """How to learn whether a program on PATH will do."""

    arguments: tuple[str, ...]
    """What makes it print its version."""
    at_least: Version
    below: Version

    def accepts(self, version: Version) -> bool:
        """Whether that version may stand in for the pinned one."""
        return self.at_least <= version < self.below


@dataclass(frozen=True, slots=True)
class Copy:
    """A file or folder of a Go module that is needed outside the binary."""

    module: str
    source: str
    """Path inside the module."""
    target: str
    """Path inside the folder it is copied to."""
    executable: bool = False
    stamp: str | None = None
    """A JSON file's top-level ``version`` is set to this."""
    change: tuple[str, str] | None = field(default=None, repr=False)
    """A text that stands in the file once, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one tool is found, and built where it isn't."""

    version: str
    folder: str
    """The Go module of ours that pins it, below ``tools/``."""
    package: str
    minutes: float
    """A cold build on 2 cores, alone."""
    minutes_after: float
    """The same after another tool of the same folder: they share packages."""
    stamps: tuple[str, ...] = ()
    """``-X`` linker settings: ``package.variable=value``."""
    within: Tool | None = None
    """Built with that tool, into its folder, because that is where that tool looks for it."""
    question: Question | None = None
    """``None``: a program on PATH is never used, because it can't be asked or needs what lies beside ours."""
    inputs: tuple[Copy, ...] = ()
    """Copied into the module's folder before the build."""
    beside: tuple[Copy, ...] = ()
    """Copied beside the binary after it."""

    def flags(self) -> tuple[str, ...]:
        """Everything on the ``go build`` line that shapes the binary. Paths and VCS state must not."""
        linker = " ".join(["-s -w", *(f"-X {stamp}" for stamp in self.stamps)])
        return ("-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", linker)


_SDK = "github.com/pulumi/pulumi/sdk/v3"
_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_KUEUE = "sigs.k8s.io/kueue"
_KWOK = "sigs.k8s.io/kwok"
_KSERVE = "github.com/kserve/kserve"
_PULUMI_STAMP = (f"{_SDK}/go/common/version.Version=v3.246.0",)
_KUBERNETES_STAMP = tuple(
    f"k8s.io/component-base/version.{name}"
    for name in ("gitVersion=v1.36.3", "gitMajor=1", "gitMinor=36", "gitTreeState=clean")
)


def _kubernetes(name: str, minutes: float, minutes_after: float) -> Recipe:
    return Recipe(
        "1.36.3",
        "cluster",
        f"k8s.io/kubernetes/cmd/{name}",
        minutes,
        minutes_after,
        stamps=_KUBERNETES_STAMP,
        question=Question(("--version",), (1, 36, 0), (1, 37, 0)),
    )


def _manifests(module: str, *folders: str) -> tuple[Copy, ...]:
    return tuple(Copy(module, folder, f"manifests/{folder}") for folder in folders)


RECIPES: Mapping[Tool, Recipe] = MappingProxyType(
    {
        Tool.PULUMI: Recipe(
            "3.246.0",
            "pulumi",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            minutes=5,
            minutes_after=4,
            stamps=_PULUMI_STAMP,
            question=Question(("version",), (3, 246, 0), (4, 0, 0)),
        ),
        Tool.PULUMI_PYTHON: Recipe(
            "3.246.0",
            "pulumi",
            "./languagehost",
            minutes=1,
            minutes_after=0.2,
            stamps=_PULUMI_STAMP,
            within=Tool.PULUMI,
            beside=(
                Copy(
                    _SDK,
                    "python/cmd/pulumi-language-python-exec",
                    "pulumi-language-python-exec",
                    executable=True,
                ),
            ),
        ),
        Tool.PULUMI_KUBERNETES: Recipe(
            "4.25.0",
            "provider",
            ".",
            minutes=8,
            minutes_after=8,
            inputs=(
                Copy(_PROVIDER, "cmd/pulumi-resource-kubernetes/schema.json", "schema.json", stamp="4.25.0"),
                Copy(
                    _PROVIDER,
                    "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
                    "terraform-mapping.json",
                ),
            ),
        ),
        Tool.KUBE_APISERVER: _kubernetes("kube-apiserver", 5, 4),
        Tool.KUBE_CONTROLLER_MANAGER: _kubernetes("kube-controller-manager", 5, 1.5),
        Tool.KUBE_SCHEDULER: _kubernetes("kube-scheduler", 4, 0.5),
        Tool.KUBECTL: Recipe(
            "1.36.3",
            "cluster",
            "k8s.io/kubernetes/cmd/kubectl",
            minutes=3,
            minutes_after=0.5,
            stamps=_KUBERNETES_STAMP,
            question=Question(("version", "--client"), (1, 30, 0), (1, 40, 0)),
        ),
        Tool.ETCD: Recipe(
            "3.6.8",  # Kubernetes 1.36.3 asks for no less
            "cluster",
            "go.etcd.io/etcd/server/v3",
            minutes=1,
            minutes_after=0.2,
            question=Question(("--version",), (3, 6, 0), (3, 7, 0)),
        ),
        Tool.KUEUE: Recipe(
            "0.19.2",
            "cluster",
            f"{_KUEUE}/cmd/kueue",
            minutes=4,
            minutes_after=1,
            beside=_manifests(
                _KUEUE,
                "config/components/crd",
                "config/components/webhook",
                "config/components/manager",
                "charts/kueue",
            ),
        ),
        Tool.KWOK: Recipe(
            "0.8.0",
            "kwok",
            f"{_KWOK}/cmd/kwok",
            minutes=2,
            minutes_after=2,
            stamps=(f"{_KWOK}/pkg/consts.Version=v0.8.0",),
            question=Question(("--version",), (0, 8, 0), (0, 9, 0)),
            beside=_manifests(_KWOK, "kustomize"),
        ),
        Tool.KSERVE: Recipe(
            "0.20.0",
            "kserve",
            "./manager",
            minutes=4,
            minutes_after=4,
            # It has no flag for the address of its webhooks, and would listen on all interfaces.
            inputs=(
                Copy(
                    _KSERVE,
                    "cmd/manager/main.go",
                    "manager/main.go",
                    change=("webhook.Options{", 'webhook.Options{Host: "127.0.0.1",'),
                ),
            ),
            beside=_manifests(
                _KSERVE, "config/crd", "config/webhook", "config/configmap", "config/rbac", "config/default"
            ),
        ),
        Tool.KUBE_SCORE: Recipe(
            "1.20.0",
            "kube-score",
            "github.com/zegl/kube-score/cmd/kube-score",
            minutes=1,
            minutes_after=1,
            stamps=("main.version=v1.20.0",),
            question=Question(("version",), (1, 20, 0), (2, 0, 0)),
        ),
        # promtool would do, but imports the SDK of every cloud and takes ten times as long.
        Tool.PROMQL: Recipe("0.313.5", "promql", ".", minutes=1, minutes_after=1),
    }
)


def owner(tool: Tool) -> Tool:
    """The tool in whose folder that tool lies: itself, mostly."""
    return RECIPES[tool].within or tool


def family(tool: Tool) -> list[Tool]:
    """Every tool that is built into the folder of that owner, the owner first."""
    return [tool, *(other for other in Tool if RECIPES[other].within is tool)]


@dataclass(frozen=True, slots=True)
class Modules:
    """Where our Go modules lie: one folder per group of tools with a ``go.mod`` and a ``go.sum``."""

    root: Path = field(default_factory=lambda: Path(__file__).parent / "tools")

    def sources(self, folder: str) -> dict[Path, bytes]:
        """Our own files of a module by path inside it: what pins a build, not what a build left there."""
        base = self.root / folder
        files = [base / "go.mod", base / "go.sum", *base.rglob("*.go")]
        return {file.relative_to(base): file.read_bytes() for file in sorted(files)}

    def key(self, tool: Tool) -> str:
        """``<name>-<version>-<hash>`` of a tool's owner.

        Changes with a pin, a source of ours, a flag or a copied file.
        """
        tool = owner(tool)
        recipe = RECIPES[tool]
        digest = hashlib.sha256()
        for row in (RECIPES[member] for member in family(tool)):
            digest.update(repr((row.package, row.flags(), row.inputs, row.beside)).encode())
            digest.update("".join(repr(copy.change) for copy in row.inputs if copy.change).encode())
        for path, content in self.sources(recipe.folder).items():
            digest.update(f"{path.as_posix()} {len(content)} ".encode() + content)
        return f"{tool}-{recipe.version}-{digest.hexdigest()[:10]}"
