"""The command that makes a backend, and what a description that names one makes of Pulumi's settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli.state import state_of
from ai_platform.cli.workplace import Workplace, settings
from ai_platform.components.aws import state as aws
from ai_platform.components.aws.state_names import AwsState
from ai_platform.components.bootstrap import BootstrapError, Outcome, Step
from ai_platform.components.errors import InvalidInput
from ai_platform.components.gcp import state as gcp
from ai_platform.description import read

STATE = AwsState("ai-platform", "eu-central-1", "123456789012")
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"


@pytest.fixture
def on_aws(monkeypatch):
    """AWS answers that these steps were taken."""
    steps = [Step("bucket b", Outcome.MADE), Step("versions of objects", Outcome.KEPT)]

    def bootstrap(_session, state, report, *, dry_run):
        for step in steps:
            report(step)
        return state.backend(KEY)

    monkeypatch.setattr(aws, "session_for", lambda region: region)
    monkeypatch.setattr(aws, "state_of", lambda region, name: STATE)
    monkeypatch.setattr(aws, "bootstrap", bootstrap)
    return steps


def test_init_tells_what_it_did_and_what_comes_next(on_aws, capsys):
    assert cli.main(["init", "aws"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == ["bucket b: made", "versions of objects: as it should be"]
    assert "pulumi login 's3://ai-platform-state-123456789012-eu-central-1?region=eu-central-1'" in said.out
    assert (
        "pulumi stack init ENV --secrets-provider='awskms://alias/ai-platform-state?region=eu-central-1'"
        in said.out
    )


def test_what_init_prints_for_the_description_is_what_a_description_takes(on_aws, capsys, tmp_path):
    cli.main(["init", "aws"])
    out = capsys.readouterr().out
    block = out[out.index("state:") : out.index("\n\n", out.index("state:"))]
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "prod.yaml").write_text(f"name: prod\n{block}\n")
    state = state_of(tmp_path, "prod")
    assert state.backend == STATE.backend(KEY).backend
    assert state.secrets_provider == STATE.backend(KEY).secrets_provider


def test_a_dry_run_says_would_and_shows_the_rights(on_aws, capsys):
    assert cli.main(["init", "aws", "--dry-run"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[0] == "bucket b: would be made"
    rights = json.JSONDecoder().raw_decode(said.out)[0]
    assert list(rights) == ["ai-platform-preview", "ai-platform-apply"]


def test_a_second_run_says_that_nothing_changed(on_aws, capsys):
    on_aws[:] = [Step("bucket b", Outcome.KEPT)]
    cli.main(["init", "aws"])
    assert "nothing changed: all of it is there" in capsys.readouterr().err


def test_what_the_cloud_refuses_is_one_line(monkeypatch, capsys):
    def refuse(_):
        raise BootstrapError("no region is set; name one with --region, or set AWS_REGION")

    monkeypatch.setattr(aws, "session_for", refuse)
    assert cli.main(["init", "aws"]) == 1
    assert capsys.readouterr().err == ("error: no region is set; name one with --region, or set AWS_REGION\n")


def test_members_are_handed_on_to_google(monkeypatch, capsys):
    seen = []

    def bootstrap(_session, state, _report, *, dry_run):
        seen.append(state)
        return state.backend()

    monkeypatch.setattr(gcp, "session_for", lambda project: (None, project))
    monkeypatch.setattr(gcp, "bootstrap", bootstrap)
    command = "init gcp --project example-ml --region europe-west4 --preview-member group:dev@example.com"
    assert cli.main(command.split()) == 0
    [state] = seen
    assert (state.location, state.preview_members) == ("europe-west4", ("group:dev@example.com",))
    assert "pulumi login 'gs://ai-platform-state-example-ml'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["aws", "--name", "My_Name"], "--name"),
        (["aws", "--name", "n" * 25], "--name"),
        (["aws", "--project", "example-ml"], "--project"),
        (["aws", "--apply-member", "group:ops@example.com"], "--apply-member"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments, path, capsys):
    assert cli.main(["init", *arguments]) == 2
    assert path in capsys.readouterr().err


def test_without_a_word_the_state_is_files_with_a_passphrase(tmp_path):
    place = Workplace(tmp_path)
    assert state_of(tmp_path, "local") is None
    found = settings(place, {})
    assert found["PULUMI_BACKEND_URL"] == place.state.as_uri()
    assert place.passphrase.is_file()


def test_a_bucket_of_the_description_takes_their_place(tmp_path):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "prod.yaml").write_text(
        "name: prod\nstate: {backend: 'gs://b-state', secrets_provider: 'gcpkms://projects/p/k'}\n"
    )
    place = Workplace(tmp_path)
    found = settings(place, {}, state_of(tmp_path, "prod"))
    assert found["PULUMI_BACKEND_URL"] == "gs://b-state"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in found
    assert not place.passphrase.exists()


def test_a_state_that_is_no_bucket_is_refused_with_its_path(tmp_path):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "prod.yaml").write_text("state: {backend: 'https://app.example.com'}\n")
    with pytest.raises(
        InvalidInput, match=r"state\.backend: got .*\n.*state\.secrets_provider: got a missing"
    ):
        state_of(tmp_path, "prod")


def test_a_simulated_cluster_keeps_its_state_beside_it(tmp_path):
    text = (Path(__file__).parents[2] / "stacks" / "local.yaml").read_text()
    state = "state: {backend: 's3://example-state', secrets_provider: 'awskms://alias/example'}\n"
    path = tmp_path / "local.yaml"
    path.write_text(text + state)
    with pytest.raises(InvalidInput, match=r"state \(line \d+\): got a bucket for a simulated cluster"):
        read(path)
