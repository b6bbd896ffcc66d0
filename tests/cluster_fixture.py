"""The simulated cluster for tests: one for the whole session, gone with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ai_platform.local import cluster
from ai_platform.local.cluster import Cluster
from ai_platform.local.guard import down_afterwards
from ai_platform.local.toolchain import Tool
from ai_platform.local.tools import ensure, manifests


def tools_and_manifests() -> tuple[Mapping[str, Path], Mapping[str, Path]]:
    """What `cluster.up` needs: from the folder in AI_PLATFORM_TOOLS_DIR, else found or built."""
    if folder := os.environ.get("AI_PLATFORM_TOOLS_DIR"):
        tools = {tool: Path(folder) / tool for tool in cluster.TOOLS}
        return tools, {tool: Path(folder) / "manifests" / tool for tool in cluster.MANIFESTS}
    found = ensure([Tool(tool) for tool in cluster.TOOLS])
    return (
        {tool.value: path for tool, path in found.items()},
        {tool: manifests(Tool(tool)) for tool in cluster.MANIFESTS},
    )


@pytest.fixture(scope="session")
def built_tools() -> None:
    """Every tool, built before the first test that needs one: what tests start has limits of time."""
    if not os.environ.get("AI_PLATFORM_TOOLS_DIR"):
        ensure(Tool)


def start(name: str, root: Path) -> Cluster:
    """Starts a cluster, or heals it."""
    tools, sources = tools_and_manifests()
    return cluster.up(name, root=root, tools=tools, manifests=sources, report=lambda _: None)


@pytest.fixture(scope="session")
def simulated_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running simulated cluster that all tests share: use a namespace and nodes of your own."""
    root = tmp_path_factory.mktemp("clusters")
    with down_afterwards("shared", root):
        yield start("shared", root)
