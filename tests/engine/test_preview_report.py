"""What the report says of previews that the real engine makes of ``dev``, with stand-ins for the cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_platform.cli.engine import Recorded
from ai_platform.cli.preview_run import preview_in
from ai_platform.cli.sides import side_of
from ai_platform.local.cluster import Cluster
from ai_platform.report.make import make_report
from ai_platform.report.markdown import markdown
from ai_platform.report.model import Report
from ai_platform.report.preview import Op, Preview
from ai_platform.report.read_preview import read_preview
from tests.clouds.environments import Applied, Description, applied, change, path, pool
from tests.clouds.moto_server import running_moto

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, simulated_cluster: Cluster) -> Iterator[Applied]:
    with (
        running_moto() as moto,
        applied(tmp_path_factory.mktemp("dev"), ["dev"], moto, simulated_cluster) as made,
    ):
        yield made


def previewed(dev: Applied) -> tuple[Recorded, Preview]:
    """A preview into files, as the command line makes it, and what is read of them."""
    project = dev.first
    document, events = (project.root / f"preview.{end}" for end in ("json", "events"))
    events.unlink(missing_ok=True)
    project.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    done = project.run("preview", "--json", "--show-sames", "--event-log", str(events), errors=False)
    document.write_text(done.output)
    recorded = Recorded("dev", done.code, document, events, "")
    return recorded, preview_in(recorded)


def reported(dev: Applied, *changes: Callable[[Description], Any]) -> tuple[Preview, Report]:
    """The preview and the report of these changes to the description, which are taken back."""
    description = path(dev.first)
    text, before = description.read_text(), side_of(description, "stacks/dev.yaml")
    try:
        change(dev.first, *changes)
        _, preview = previewed(dev)
        return preview, make_report([preview], [before], [side_of(description, "stacks/dev.yaml")])
    finally:
        description.write_text(text)


def line_of(dev: Applied, *changes: Callable[[Description], Any], text: str) -> str:
    """Where a text stands in the changed description."""
    description = path(dev.first)
    before = description.read_text()
    try:
        change(dev.first, *changes)
        lines = description.read_text().splitlines()
    finally:
        description.write_text(before)
    (found,) = [at for at, line in enumerate(lines, 1) if line.strip() == text]
    return f"stacks/dev.yaml:{found}"


def more_nodes(description: Description) -> None:
    pool(description, "l4")["max_nodes"] = 3


def another_pool(description: Description) -> None:
    pool(description, "l4")["name"] = "l40"


def test_nothing_changes(dev: Applied) -> None:
    recorded, preview = previewed(dev)
    report = make_report([preview])
    (stack,) = report.stacks
    assert stack.complete
    assert report.changes == ()
    assert stack.counts.same == len(preview.resources) > 100
    assert set(stack.counts.model_dump().values()) == {0, stack.counts.same}
    from_events = read_preview(recorded.events)
    assert {found.urn: found.op for found in from_events.resources} == {
        found.urn: found.op for found in preview.resources
    }


def test_no_path_of_this_machine_and_no_secret_is_in_what_was_read(dev: Applied) -> None:
    _, preview = previewed(dev)
    assert str(dev.first.root) not in repr(preview)
    assert {found.file for found in preview.resources} <= {"stacks/__main__.py", None}


def test_more_nodes_of_a_pool_are_one_change_of_it_with_its_line(dev: Applied) -> None:
    _, report = reported(dev, more_nodes)
    assert [(found.component, found.op) for found in report.changes] == [
        ("NodePool l4", Op.UPDATE),
        ("TeamQueue notebooks", Op.UPDATE),
    ]
    nodes = report.changes[0]
    assert nodes.description_line == line_of(dev, more_nodes, text="max_nodes: 3")
    (resource,) = nodes.resources
    (difference,) = resource.differences
    assert (difference.path, difference.before, difference.after) == ("scalingConfig.maxSize", "2", "3")
    assert (resource.file, report.stacks[0].counts.update) == ("stacks/__main__.py", 2)
    assert report.digests[0] != report.digests[1]


def test_a_pool_that_goes_while_another_comes_is_both(dev: Applied) -> None:
    for name in ("dev-l4-nodes",):
        assert dev.first.run("state", "unprotect", dev.first.export()[name]["urn"], "--yes").code == 0
    preview, report = reported(dev, another_pool)
    assert preview.complete, preview.errors
    counts = report.stacks[0].counts
    assert (counts.create, counts.delete, counts.replace) == (4, 4, 0)
    assert ("NodePool l4", Op.DELETE) in [(found.component, found.op) for found in report.changes]
    assert ("NodePool l40", Op.CREATE) in [(found.component, found.op) for found in report.changes]
    new = next(found for found in report.changes if found.component == "NodePool l40")
    assert new.description_line == line_of(dev, another_pool, text="- name: l40")


def test_a_preview_that_the_engine_refuses_still_says_what_it_would_do(dev: Applied) -> None:
    preview, report = reported(
        dev, lambda d: pool(d, "h100").update(name="h200"), lambda d: _forget(d, "h100")
    )
    assert not preview.complete
    assert "protected" in " ".join(report.stacks[0].errors)
    assert ("NodePool h100", Op.DELETE) in [(found.component, found.op) for found in report.changes]
    assert "What is missing here is not known." in markdown(report)


def test_a_program_that_fails_gives_the_error_of_the_description(dev: Applied, tmp_path: Path) -> None:
    description = path(dev.first)
    text = description.read_text()
    try:
        change(dev.first, lambda d: pool(d, "l4").update(machine="nope"))
        _, preview = previewed(dev)
    finally:
        description.write_text(text)
    assert not preview.complete
    assert "node_pools[1].machine" in preview.errors[0]
    assert str(tmp_path.parent) not in preview.errors[0]


def _forget(description: Description, name: str) -> None:
    """Takes a pool out of what teams, endpoints and prompts ask for."""
    description["endpoints"] = []
    description.pop("prompts", None)
    for team in description["teams"]:
        team["quota"] = {pool: quota for pool, quota in team["quota"].items() if pool != name}
