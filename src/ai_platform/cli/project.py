"""What the commands work on: the project's folder, its descriptions, the tools and the simulated cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.errors import InvalidInput, Problem
from ..local.errors import ClusterError
from ..local.tools import Tool, ensure, find, manifests, say
from .state import is_simulated, state_of
from .workplace import Workplace, settings

# The cluster and the engine need clients that take longer to load than a plan takes to make.
if TYPE_CHECKING:
    from ..environment import Environment
    from ..local.cluster import Cluster
    from ..plan import Plan
    from .engine import Engine

_ENGINE = (Tool.PULUMI, Tool.PULUMI_PYTHON, Tool.PULUMI_KUBERNETES)


def project_root(start: Path) -> Path:
    """The nearest folder from here upwards that has Pulumi.yaml. Raises InvalidInput where none has."""
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    got = "a folder without Pulumi.yaml, here and above"
    fix = "change into your project, or make one: ai-platform new DIR"
    raise InvalidInput(str(start), [Problem("", got, "a project", fix)])


def workplace() -> Workplace:
    """The project that the current folder belongs to."""
    return Workplace(project_root(Path.cwd()))


def described(place: Workplace, name: str) -> tuple[Environment, Plan]:
    """The environment of that name and its plan. Raises InvalidInput with every problem."""
    path = require_description(place, name)
    environment, plan = planned(path)
    if environment.name != name:
        fix = "let the file, the environment and its stack have one name"
        raise InvalidInput(short(path), [Problem("name", environment.name, name, fix)])
    return environment, plan


def require_description(place: Workplace, name: str) -> Path:
    """The file that describes the environment. Raises InvalidInput where there is none."""
    path = place.root / "stacks" / f"{name}.yaml"
    if not path.is_file():
        there = ", ".join(sorted(found.stem for found in path.parent.glob("*.yaml"))) or "none"
        raise InvalidInput(
            short(path),
            [
                Problem(
                    "",
                    "a file that does not exist",
                    f"one of: {there}",
                    "name one of them, or write this file",
                )
            ],
        )
    return path


def described_by(target: str) -> tuple[Environment, Plan]:
    """The environment and plan of a description file, or of an environment's name."""
    if Path(target).suffix in {".yaml", ".yml"}:
        return planned(Path(target).absolute())
    return described(workplace(), target)


def planned(path: Path) -> tuple[Environment, Plan]:
    """What a file describes and its plan. Raises InvalidInput with every problem."""
    from ..description import read

    return read(Path(short(path)))


def short(path: Path) -> str:
    """The path as seen from here, where it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def engine(place: Workplace, stack: str) -> Engine:
    """Pulumi for that stack, built first if need be."""
    from .engine import Engine

    tools = {tool.value: path for tool, path in ensure(_ENGINE).items()}
    return Engine(stack, place, tools, say, state_of(place.root, stack), is_simulated(place.root, stack))


def variables(place: Workplace, name: str) -> dict[str, str]:
    """The environment variables for a shell in which ``pulumi`` and ``kubectl`` are those of the project."""
    tools: dict[Tool, Path] = ensure(_ENGINE)
    if kubectl := find(Tool.KUBECTL):
        tools[Tool.KUBECTL] = kubectl
    paths = {tool.value: path for tool, path in tools.items()}
    state, simulated = state_of(place.root, name), is_simulated(place.root, name)
    chosen = settings(place, paths, state, simulated=simulated)
    kubeconfig = place.kubeconfig(name)
    return chosen | ({"KUBECONFIG": str(kubeconfig)} if kubeconfig.is_file() else {})


def start_cluster(place: Workplace, name: str, *, fair_sharing: bool | None = None) -> Cluster:
    """The simulated cluster, started or healed. Without a word on ``fair_sharing`` it stays as it is."""
    from ..local import cluster

    found = ensure([*_ENGINE, *(Tool(tool) for tool in cluster.TOOLS)])
    tools: Mapping[str, Path] = {tool.value: path for tool, path in found.items()}
    sources = {tool: manifests(Tool(tool)) for tool in cluster.MANIFESTS}
    return cluster.up(
        name,
        root=place.clusters,
        tools=tools,
        manifests=sources,
        fair_sharing=fair_sharing,
        report=say,
    )


def require_cluster(place: Workplace, name: str) -> None:
    """Raises ClusterError unless every program of the simulated cluster runs."""
    from ..local import cluster

    programs = cluster.status(name, root=place.clusters)
    down = [program.name for program in programs if not program.healthy]
    if not programs or down:
        why = f"{', '.join(down)} of it do not answer" if down else "there is none"
        raise ClusterError(f"the simulated cluster {name} is not running: {why}; run: ai-platform up {name}")


def quoted(value: str) -> str:
    """A value as a POSIX shell reads it back."""
    return "'" + value.replace("'", "'\\''") + "'"
