"""Who pays for a pod: every namespace and every pod of the library says it in labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.manifest_rules import manifests, named
from tests.programs import PROGRAMS, recorded

ENVIRONMENTS = ("local", "dev", "staging", "prod")
PREFIX = "ai-platform/"
PAYERS = {"environment", "team", "pool"}
FREE = {"Job/open-files", "Job/open-home"}
"""They run for a second, once in the life of a file system."""


def labels_of(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Labels by which a bill is split: of a namespace, and of the pods of a workload."""
    if manifest["kind"] in {"Namespace", "InferenceService"}:
        # KServe hands the labels of an endpoint on to its pods.
        yield manifest["metadata"]["labels"]
    else:
        spec = manifest.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template is not None:
            yield template.get("metadata", {}).get("labels", {})


def keys_of(labels: Mapping[str, str]) -> set[str]:
    return {label.removeprefix(PREFIX) for label in labels if label.startswith(PREFIX)}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_namespace_and_pod_says_who_pays(program):
    unpaid = {
        named(item)
        for item in manifests(recorded(program))
        for labels in labels_of(item)
        if not PAYERS & keys_of(labels)
    }
    assert unpaid <= FREE


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_a_team_runs_names_environment_and_team(environment):
    for item in manifests(recorded(environment)):
        for labels in labels_of(item):
            if keys_of(labels) & {"team"}:
                assert labels["ai-platform/environment"] == environment
                assert item["kind"] != "Namespace" or item["metadata"]["name"] == labels["ai-platform/team"]


def test_endpoints_and_namespaces_also_name_the_cost_center_and_endpoints_the_model():
    found = {named(item): item["metadata"]["labels"] for item in manifests(recorded("dev"))}
    assert found["Namespace/assistants"]["ai-platform/cost-center"] == "4100"
    endpoint = found["InferenceService/chat-small"]
    assert (endpoint["ai-platform/cost-center"], endpoint["ai-platform/model"]) == ("4100", "qwen3-4b")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_namespaces_and_endpoints_of_teams_name_whom_to_ask(environment):
    kinds = {"Namespace", "InferenceService"}
    found = [item for item in manifests(recorded(environment)) if item["kind"] in kinds]
    of_teams = [labels for item in found for labels in labels_of(item) if "team" in keys_of(labels)]
    assert of_teams
    assert all("owner" in keys_of(labels) for labels in of_teams)


def test_a_new_cost_center_or_owner_does_not_start_a_run_again():
    [run] = [item for item in manifests(recorded("prod")) if item["kind"] == "Job"]
    labels = keys_of(run["spec"]["template"]["metadata"]["labels"])
    assert not labels & {"cost-center", "owner"}
