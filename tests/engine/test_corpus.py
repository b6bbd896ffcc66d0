"""Every change of the corpus on the real engine: what the report calls dangerous, and what it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from ai_platform.local.cluster import Cluster
from ai_platform.report.dangers import dangers
from ai_platform.report.preview import Preview
from ai_platform.report.side import Side
from tests.clouds.corpus import STACKS, Case, cases, losers, tried, with_own_resources
from tests.clouds.environments import applied
from tests.clouds.moto_server import running_moto

pytestmark = pytest.mark.engine
AT_ONCE = 2
Tried = tuple[Preview, Side, Side]
Previews = Mapping[str, Future[Tried]]


@pytest.fixture(scope="module")
def previews(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, simulated_cluster: Cluster
) -> Iterator[Previews]:
    """The preview of each chosen case of one environment, which is applied once."""
    base: str = request.param
    chosen: dict[str, Case] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            case = item.callspec.params.get("case")
            if isinstance(case, Case):
                chosen[str(case)] = case
    prepare: Callable[[Any], None] | None = with_own_resources if base == "dev" else None
    with (
        running_moto() as moto,
        applied(tmp_path_factory.mktemp(base), STACKS[base], moto, simulated_cluster, prepare) as made,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        yield {
            name: pool.submit(tried, case, made.stacks[case.stack], tmp_path_factory.mktemp("case"))
            for name, case in chosen.items()
            if case.base == base
        }


def cases_of(base: str) -> list[Any]:
    """The cases of an environment, each under its name."""
    return [pytest.param(case, id=str(case)) for case in cases() if case.base == base]


@pytest.mark.parametrize("case", cases_of("dev"))
@pytest.mark.parametrize("previews", ["dev"], indirect=True)
def test_a_change_of_dev_is_judged_as_expected(previews: Previews, case: Case) -> None:
    check(case, *previews[str(case)].result())


@pytest.mark.parametrize("case", cases_of("staging"))
@pytest.mark.parametrize("previews", ["staging"], indirect=True)
def test_a_change_of_staging_is_judged_as_expected(previews: Previews, case: Case) -> None:
    check(case, *previews[str(case)].result())


@pytest.mark.parametrize("case", cases_of("prod"))
@pytest.mark.parametrize("previews", ["prod"], indirect=True)
def test_a_change_of_prod_is_judged_as_expected(previews: Previews, case: Case) -> None:
    check(case, *previews[str(case)].result())


def check(case: Case, preview: Preview, before: Side, after: Side) -> None:
    """The judgement is the expected one: no danger is missing, and none is there beside."""
    found = list(dangers([preview], [before], [after]))
    said = [f"{danger.grade.value} {danger.rule}: {danger.what} [{danger.why}]" for danger in found]
    for expected in case.dangers:
        fits = [
            danger
            for danger in found
            if (danger.rule, danger.grade.value) == (expected.rule, expected.grade)
            and expected.subject in danger.what
        ]
        assert fits, f"{expected} is not among {said}; the preview says {preview.errors}"
        found.remove(fits[0])
    assert not found, f"beside what is expected: {said}"
    if not case.dangers:
        assert preview.complete, preview.errors
    if case.losers is not None:
        assert losers(before, after) == case.losers
    if case.cost is not None:
        old, new = before.plan.cost.maximum, after.plan.cost.maximum
        assert {1: "up", 0: "same", -1: "down"}[(new > old) - (new < old)] == case.cost
