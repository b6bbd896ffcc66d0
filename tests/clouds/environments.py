"""The checkout's own environments on the real engine: clouds, nodes and third-party charts are stand-ins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import boto3
import yaml

from ai_platform.components.charts import ChartName
from ai_platform.description import read
from ai_platform.gpu.simulated_nodes import node_manifest
from ai_platform.layers import environment_of
from ai_platform.local.api import Api, connect
from ai_platform.local.cluster import Cluster
from tests.charts.stand_in import make_chart
from tests.clouds.moto_server import Moto
from tests.clouds.project import ROOT, CloudProject, Done, make_described_project
from tests.foreign_kinds import foreign_kinds

Description = dict[str, Any]
THERE = (ChartName.CERT_MANAGER, ChartName.KUEUE, ChartName.KSERVE_CRDS, ChartName.KSERVE)
"""What the simulated cluster brings itself, or does without."""


def stand_in_charts(stacks: Path) -> dict[str, Any]:
    """``charts`` of a description in that folder: what the cluster has is left alone, the rest stands in."""
    for chart in ChartName:
        if chart not in THERE:
            make_chart(stacks / "charts", chart)
    return {"directory": "charts", "existing": {str(chart): "skip" for chart in THERE}}


def described(root: Path, stack: str, moto: Moto | None = None) -> CloudProject:
    """A project with the description of the stack's environment."""
    description = yaml.load((ROOT / "stacks" / f"{environment_of(stack)}.yaml").read_text(), yaml.CSafeLoader)
    project = make_described_project(root, "", stack, moto)
    description["charts"] = stand_in_charts(root / "stacks")
    write(project, description)
    return project


def upgrade(project: CloudProject, chart: ChartName, version: str) -> None:
    """Puts another version of a chart beside the description."""
    folder = path(project).parent / "charts"
    rmtree(folder / chart)
    make_chart(folder, chart, version)


def write(project: CloudProject, description: Description) -> None:
    """Sets the description."""
    path(project).write_text(yaml.safe_dump(description, sort_keys=False))


def path(project: CloudProject) -> Path:
    """The description's file."""
    return project.root / "stacks" / f"{environment_of(project.name)}.yaml"


def change(project: CloudProject, *changes: Callable[[Description], Any]) -> None:
    """Changes the description."""
    description = yaml.load(path(project).read_text(), yaml.CSafeLoader)
    for make in changes:
        make(description)
    write(project, description)


def changed(project: CloudProject, *changes: Callable[[Description], Any]) -> dict[str, dict[str, Any]]:
    """The steps of a preview with these changes to the description, which are taken back."""
    before = path(project).read_text()
    try:
        change(project, *changes)
        return project.steps()
    finally:
        path(project).write_text(before)


@dataclass(frozen=True)
class Change:
    """A change to a description that needs no new pool."""

    said: str
    make: Callable[[Description], Any]
    updates: str
    """Logical name of a resource that it updates."""

    def __str__(self) -> str:
        return self.said.replace(" ", "_")


def pool(description: Description, name: str) -> dict[str, Any]:
    """A node pool of a description."""
    return dict_of(description["node_pools"], name)


def team(description: Description, name: str) -> dict[str, Any]:
    """A team of a description."""
    return dict_of(description["teams"], name)


def dict_of(entries: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """The entry with that name, which is there."""
    return next(entry for entry in entries if entry["name"] == name)


def start_nodes(api: Api, project: CloudProject) -> list[str]:
    """The nodes that the cloud would start for the description, at ``max_nodes``; their names."""
    _, plan = read(path(project))
    manifests = [node_manifest(pool, node) for pool in plan.pools for node in pool.nodes]
    api.apply_all(manifests)
    return [manifest["metadata"]["name"] for manifest in manifests]


def beside(project: CloudProject, stack: str) -> CloudProject:
    """Another stack of the same project."""
    other = replace(project, name=stack)
    done = other.run("stack", "select", "--create")
    assert done.code == 0, done.output
    return other


def client(moto: Moto, service: str) -> Any:
    """A client of moto's, in the region of the environments on AWS."""
    return boto3.client(
        service,
        endpoint_url=moto.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def ops(steps: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What a preview would do, of any resource."""
    return {step["op"] for step in steps.values()}


def encrypted(project: CloudProject) -> set[str]:
    """Types of the resources of which the state holds something as a secret."""
    made = project.export().values()
    return {resource["type"] for resource in made if "ciphertext" in json.dumps(resource)}


@dataclass(frozen=True)
class Applied:
    """The stacks of an environment, applied one after the other."""

    stacks: dict[str, CloudProject]
    previews: dict[str, Done]
    """The first preview of each stack, which came right before it was applied."""
    calls: list[str]
    """What the previews asked of the cloud."""
    api: Api
    moto: Moto

    @property
    def first(self) -> CloudProject:
        """The stack that holds the cluster."""
        return next(iter(self.stacks.values()))

    def destroyed(self) -> dict[str, Done]:
        """Destroys each stack, the last one first; stops at none that refuses."""
        return {name: self.stacks[name].destroy() for name in reversed(self.stacks)}

    def unprotected(self) -> None:
        """Lets everything be destroyed."""
        for project in self.stacks.values():
            done = project.run("state", "unprotect", "--all", "--yes")
            assert done.code == 0, done.output


@contextmanager
def applied(
    root: Path,
    stacks: Sequence[str],
    moto: Moto,
    cluster: Cluster,
    prepare: Callable[[CloudProject], None] | None = None,
) -> Iterator[Applied]:
    """Previews and applies the stacks on that cluster, whose nodes are those of the description.

    ``prepare`` changes the project before anything is applied.
    """
    project = described(root, stacks[0], moto)
    if prepare:
        prepare(project)
    project.runs_clusters_on(cluster.kubeconfig)
    api = connect(cluster.kubeconfig)
    with foreign_kinds(api):
        made = Applied({}, {}, [], api, moto)
        nodes = start_nodes(api, project)
        try:
            for stack in stacks:
                made.stacks[stack] = project if stack == project.name else beside(project, stack)
                before = len(moto.calls())
                made.previews[stack] = made.stacks[stack].preview()
                made.calls.extend(moto.calls()[before:])
                done = made.stacks[stack].up()
                assert done.code == 0, done.output
            yield made
        finally:
            made.unprotected()
            left = made.destroyed()
            for node in nodes:
                api.delete("v1", "Node", node)
            moto.reset()
        assert not [done.output for done in left.values() if done.code]
