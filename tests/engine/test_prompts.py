"""A prompt on the real engine and API server: what applications read, and what a new version does to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ai_platform.components.config_maps import CONFIG_MAP_BYTES
from ai_platform.local.api import Api, connect
from ai_platform.local.cluster import Cluster
from tests.clouds.project import CloudProject, make_cloud_project

pytestmark = pytest.mark.engine
SPACE = "prompts-of-a-test"
PROGRAM = """
from pathlib import Path

import pulumi

from ai_platform.components.objects import kubernetes_object
from ai_platform.serving.prompt import Prompt

HERE = Path(__file__).parent
settings = {{"kubeconfig": {kubeconfig!r}, "enableServerSideApply": True, "enableConfigMapMutable": True}}
place = pulumi.ProviderResource(
    "kubernetes", "kubernetes", settings, pulumi.ResourceOptions(version="4.25.0")
)
space = {{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{space}"}}}}
made = kubernetes_object("space", space, pulumi.ResourceOptions(provider=place))
said = {{"name": "help-desk", "team": "{space}", "namespace": "{space}", "version": "{version}"}}
text = (HERE / "prompt.md").read_bytes().decode()
opts = pulumi.ResourceOptions(providers=[place], depends_on=[made])
Prompt("help-desk", {{**said, "text": text}}, opts)
"""
FIRST = "You are {role}.\r\n\tBe brief: „kurz“ 日本語 ${{ x }} %s \\n\n\n  no line feed at the end"


@dataclass(frozen=True)
class Made:
    """A project with one prompt, and the cluster that has it."""

    project: CloudProject
    api: Api
    kubeconfig: Path

    def up(self, text: str, version: str) -> dict[str, Any]:
        """Applies a text and gives the ConfigMap."""
        self.write(text, version)
        done = self.project.up()
        assert done.code == 0, done.output
        found = self.api.get("v1", "ConfigMap", "prompt-help-desk", SPACE)
        assert found
        return dict(found)

    def write(self, text: str, version: str) -> None:
        """Sets program and text."""
        self.project.write(PROGRAM.format(kubeconfig=str(self.kubeconfig), space=SPACE, version=version))
        (self.project.root / "program" / "prompt.md").write_bytes(text.encode())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, simulated_cluster: Cluster) -> Iterator[Made]:
    root = tmp_path_factory.mktemp("prompts")
    project = make_cloud_project(root, "import pulumi\n")
    found = Made(project, connect(simulated_cluster.kubeconfig), simulated_cluster.kubeconfig)
    yield found
    assert project.destroy().code == 0


def test_a_new_version_changes_the_same_config_map_byte_for_byte(made: Made) -> None:
    first = made.up(FIRST, "1.0.0")
    assert first["data"] == {"prompt.txt": FIRST, "version": "1.0.0"}
    assert {step["op"] for step in made.project.steps().values()} == {"same"}

    made.write("Be kind.\n", "1.1.0")
    assert made.project.steps()["help-desk-text"]["op"] == "update"
    second = made.up("Be kind.\n", "1.1.0")
    assert second["data"] == {"prompt.txt": "Be kind.\n", "version": "1.1.0"}
    assert second["metadata"]["uid"] == first["metadata"]["uid"]


def test_the_largest_text_that_a_description_may_have_fits(made: Made) -> None:
    largest = "x" * CONFIG_MAP_BYTES
    assert made.up(largest, "2.0.0")["data"]["prompt.txt"] == largest
