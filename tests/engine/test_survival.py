"""Runs that are repeated, killed or cut off from the cluster end where an undisturbed run ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until
from tests.engine.project import Key, Project, make_project

pytestmark = pytest.mark.engine

KILLED_AT = (1, 20, 40)
SETTLED_LIMIT_S = 240.0
OUTAGE_S = 20.0
GHOST = """\
teams:
  - name: ghost
    cost_center: "4400"
    quota:
      l40s:
        gpus: {nominal: 0, borrowing_limit: 1}
"""

Objects = Mapping[Key, Mapping[str, Any]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with a cluster, on which the platform may be or not."""
    made = make_project(tmp_path_factory.mktemp("survival"), "kill")
    with down_afterwards(made.name, made.place.clusters):
        yield made


@pytest.fixture(scope="module")
def undisturbed(project: Project) -> Objects:
    """What a run leaves that nobody disturbed."""
    done = project.run("up")
    assert done.code == 0, done.output
    again = project.run("up")
    assert again.code == 0, again.output
    assert "nothing changed" in again.output
    return project.objects(owned=False)


def destroy(project: Project) -> None:
    done = project.run("destroy")
    assert done.code == 0, done.output
    left = project.objects()
    assert not left, f"{sorted(left)}\n{done.output}"


def is_as_undisturbed(project: Project, undisturbed: Objects) -> None:
    done = project.run("up")
    assert done.code == 0, done.output
    # A killed process is there for a moment yet where the machine is busy.
    assert wait_until(lambda: not project.engine_processes(), limit_s=SETTLED_LIMIT_S)
    # What a controller adds to an object, such as labels of a node, comes after the run has ended.
    wait_until(lambda: project.objects(owned=False) == undisturbed, limit_s=SETTLED_LIMIT_S, interval_s=0.5)
    assert project.objects(owned=False) == undisturbed
    resources = project.resources()
    assert len(set(resources)) == len(resources) == len(undisturbed), sorted(undisturbed)
    again = project.run("up")
    assert again.code == 0, again.output
    assert "nothing changed" in again.output


def test_a_second_run_changes_nothing_and_destroy_leaves_nothing(
    project: Project, undisturbed: Objects
) -> None:
    is_as_undisturbed(project, undisturbed)
    destroy(project)


@pytest.mark.parametrize("count", KILLED_AT)
def test_a_killed_run_is_finished_by_the_next(project: Project, undisturbed: Objects, count: int) -> None:
    assert count < len(undisturbed)
    destroy(project)
    with project.started("up") as up:
        up.at(lambda: len(up.made) >= count)
        up.kill()
    is_as_undisturbed(project, undisturbed)


def test_what_only_the_killed_description_had_is_removed(project: Project, undisturbed: Objects) -> None:
    destroy(project)
    described = project.description.read_text()
    project.description.write_text(described.replace("teams:\n", GHOST))

    def haunted() -> bool:
        return any("ghost" in part for key in project.objects() for part in key)

    try:
        with project.started("up") as up:
            up.at(lambda: any("ghost" in line for line in up.made))
            up.kill()
    finally:
        project.description.write_text(described)
    assert haunted()
    is_as_undisturbed(project, undisturbed)


@pytest.mark.parametrize("healed", [False, True], ids=["comes-back", "is-restarted"])
def test_an_outage_of_the_api_server_is_survived(
    project: Project, undisturbed: Objects, healed: bool
) -> None:
    destroy(project)
    with project.started("up") as up:
        # Not before: Pulumi waits ten minutes for a node to be laid out, also where no API server answers.
        up.at(lambda: any("Node kill-h100" in line for line in up.made))
        project.signal("kube-apiserver", signal.SIGKILL if healed else signal.SIGSTOP)
        wait_until(lambda: up.ended, limit_s=OUTAGE_S)
        if not healed:
            project.signal("kube-apiserver", signal.SIGCONT)
        done = up.end()
    assert done.code in {0, 1}, done.output
    assert done.output.count("\nerror: ") == done.code, done.output
    assert "Traceback" not in done.output
    is_as_undisturbed(project, undisturbed)
