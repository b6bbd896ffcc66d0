"""The files of a new project: right descriptions that pass the gates, and pipelines of the right form."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pulumi
import pytest
import yaml

from ai_platform.components.clusters import ClusterPlace, cloud_providers, make_cluster
from ai_platform.cost_tags import environment_tags, rendered
from ai_platform.description import read
from ai_platform.environment import Environment
from ai_platform.gates_config import gates_config
from ai_platform.platform import Platform
from ai_platform.policy.catalog import RULES
from ai_platform.starter.files import SIZES, Choice, Forge, Place, lines_to_fill, project_files
from ai_platform.testing import record
from tests.policy.gates import TODAY, judged, resources_of
from tests.programs import outputs
from tests.test_packaging import PROJECT

ROOT = Path(__file__).resolve().parents[2]
REAL = [place for place in Place if place is not Place.SIMULATED]
DESCRIBED = [(Place.SIMULATED, "local"), *((place, name) for place in REAL for name in SIZES)]


def files_of(place: Place = Place.AWS, forge: Forge = Forge.GITHUB) -> dict[str, str]:
    return project_files(Choice("ours", place, forge, "1.2.3", TODAY))


def made(folder: Path, place: Place, name: str) -> Path:
    """The description of a new project, as a file."""
    path = folder / "stacks" / f"{name}.yaml"
    path.parent.mkdir()
    path.write_text(files_of(place)[f"stacks/{name}.yaml"])
    return path


def program(environment: Environment, folder: Path) -> None:
    spec, name = environment.cluster, environment.name
    tags = rendered(environment_tags(environment), spec.provider)
    opts = pulumi.ResourceOptions(providers=cloud_providers(spec, environment.region, tags))
    cluster = make_cluster(spec, ClusterPlace(name, environment.region, tags, folder), opts)
    Platform(name, environment, opts, cluster=cluster)


@pytest.mark.parametrize(("place", "name"), DESCRIBED)
def test_every_description_has_a_plan_with_room_in_it(tmp_path, place, name):
    environment, plan = read(made(tmp_path, place, name))
    assert environment.name == name
    assert environment.cluster.provider == {"aws": "eks", "gcp": "gke"}.get(place, place.value)
    assert plan.endpoints
    if environment.budget:
        assert plan.cost.maximum < environment.budget.monthly_usd


@pytest.mark.parametrize(
    ("place", "name"), [(Place.SIMULATED, "local"), *((place, "prod") for place in REAL)]
)
def test_what_a_description_makes_passes_the_gates_with_its_exceptions_alone(tmp_path, place, name):
    path = made(tmp_path, place, name)
    environment, _ = read(path)
    config = gates_config(environment, path, TODAY)
    resources = resources_of(record(lambda: program(environment, path.parent), outputs=outputs))
    found = {rule.name: judged(rule, resources, config.get(rule.name, {})) for rule in RULES}
    assert {rule: lines for rule, lines in found.items() if lines} == {}
    bare = {
        rule.name: judged(rule, resources, {**config.get(rule.name, {}), "exceptions": []}) for rule in RULES
    }
    excused = {rule for rule, lines in bare.items() if lines}
    assert excused == {entry.rule for entry in environment.gates.exceptions}


@pytest.mark.parametrize(("place", "name"), DESCRIBED)
def test_exceptions_end_half_a_year_after_the_project_is_made(tmp_path, place, name):
    environment, _ = read(made(tmp_path, place, name))
    ends = [entry.until - TODAY for entry in environment.gates.exceptions]
    assert ends
    assert all(datetime.timedelta(30) < left <= datetime.timedelta(180) for left in ends)


@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("forge", Forge)
def test_no_file_holds_a_place_that_nobody_filled(place, forge):
    files = files_of(place, forge)
    assert [path for path, text in files.items() if re.search(r"@[A-Z_]+@", text)] == []
    assert all(text.endswith("\n") for text in files.values())
    for path, text in files.items():
        if path.endswith((".yaml", ".yml")):
            assert list(yaml.safe_load_all(text))


def test_the_program_and_the_settings_are_those_of_the_checkout():
    files = files_of()
    assert files["stacks/__main__.py"] == (ROOT / "stacks" / "__main__.py").read_text()
    ours = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert yaml.safe_load(files["Pulumi.yaml"]) == {**ours, "name": "ours"}


@pytest.mark.parametrize("place", Place)
def test_requirements_pin_the_library_with_what_its_cloud_and_the_gates_need(place):
    wanted = [line for line in files_of(place)["requirements.txt"].splitlines() if not line.startswith("#")]
    (found,) = [re.fullmatch(r"ai-platform\[(.+)\]==1\.2\.3", line) for line in wanted]
    extras = set(found[1].split(","))
    assert extras <= set(PROJECT["project"]["optional-dependencies"])
    assert extras == {"policy"} | ({str(place)} & {"aws", "gcp"})


@pytest.mark.parametrize("place", Place)
def test_the_workflow_has_the_form_that_github_asks_for(place):
    """Workflow syntax for GitHub Actions. YAML 1.1 reads the key ``on`` as true."""
    text = files_of(place)[".github/workflows/ai-platform.yml"]
    document = yaml.safe_load(text)
    assert document.keys() == {"name", True, "permissions", "concurrency", "jobs"}
    assert document[True] == "pull_request"
    signs_in = place in (Place.AWS, Place.GCP)
    rights = {"contents": "read", "pull-requests": "write"} | ({"id-token": "write"} if signs_in else {})
    assert document["permissions"] == rights
    (job,) = document["jobs"].values()
    assert job.keys() == {"runs-on", "steps"}
    checkout, *sign_in, report = job["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    assert report == {"uses": "./.github/actions/ai-platform"}
    # Nobody signs in for a fork.
    assert ["head.repo.full_name == github.repository" in step["if"] for step in sign_in] == [True] * signs_in
    for step in (checkout, *sign_in):
        assert re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}", step["uses"])
        assert step["uses"] + " # v" in text


def test_pipelines_call_the_templates_of_the_checkout():
    action = files_of()[".github/actions/ai-platform/action.yml"]
    assert action == (ROOT / "pipelines" / "github" / "action.yml").read_text()
    files = files_of(forge=Forge.GITLAB)
    template = (ROOT / "pipelines" / "gitlab" / "ai-platform.gitlab-ci.yml").read_text()
    (include,) = yaml.safe_load(files[".gitlab-ci.yml"])["include"]
    assert files[include["local"]] == template
    head = next(yaml.safe_load_all(template))
    needed = {name for name, entry in head["spec"]["inputs"].items() if "default" not in entry}
    assert needed <= include["inputs"].keys() <= head["spec"]["inputs"].keys()


def test_what_only_the_user_knows_is_listed_by_line():
    files = files_of(Place.GCP)
    listed = dict(lines_to_fill(files))
    assert listed.keys() == {".github/workflows/ai-platform.yml", *(f"stacks/{name}.yaml" for name in SIZES)}
    lines = files["stacks/dev.yaml"].splitlines()
    assert any("project:" in lines[number - 1] for number in listed["stacks/dev.yaml"])
    assert dict(lines_to_fill(files_of(Place.SIMULATED))) == {}
