"""``dev``, ``staging`` and ``prod`` previewed on the real engine, before anything of them is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clouds.environments import described, ops
from tests.clouds.sdk_types import resource_type
from tests.clouds.tags import google_labels

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("stack", ["dev", "staging", "prod.cluster"])
def test_a_preview_fits_the_sdk_and_reaches_no_cloud(tmp_path: Path, stack: str) -> None:
    project = described(tmp_path, stack)
    done = project.preview()
    assert done.code == 0, done.output
    assert done.deprecated == []
    assert project.attempts() == []
    assert project.programs() == 1
    assert not {name for name in project.modules() if name.startswith(("pulumi_aws", "pulumi_gcp"))}


def test_every_google_resource_that_takes_labels_says_which_environment_pays_for_it(tmp_path: Path) -> None:
    steps = described(tmp_path, "staging").steps()
    assert ops(steps) == {"create"}
    states = [step["newState"] for step in steps.values() if step["newState"].get("inputs")]
    said = next(state["inputs"] for state in states if state["type"] == "pulumi:providers:gcp")
    defaults = said.get("defaultLabels", "{}")
    config = {"defaultLabels": json.loads(defaults) if isinstance(defaults, str) else defaults}
    labelled = 0
    for state in states:
        if state["type"].startswith("gcp:"):
            labels = google_labels(state["inputs"], config, resource_type(state["type"]).outputs)
            assert not labels or "staging" in labels["effectiveLabels"].values(), state["urn"]
            labelled += bool(labels)
        if state["type"] == "gcp:container/nodePool:NodePool":
            assert "staging" in state["inputs"]["nodeConfig"]["resourceLabels"].values(), state["urn"]
    assert labelled
