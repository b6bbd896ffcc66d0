"""What `ai-platform plan` says of endpoints that change and of canaries."""

from pathlib import Path

import pytest

from ai_platform.cli.report import plan_table
from ai_platform.cli.table import text_of
from ai_platform.description import read
from tests.planning.test_rollouts import endpoint, planned, team

ROOT = Path(__file__).parents[2]


def shown(*endpoints, **keys):
    return text_of(plan_table(planned(*endpoints, **keys)), 160)


def test_an_endpoint_without_a_spare_device_is_named_with_what_helps():
    text = shown(endpoint(), teams=[team(nominal=1)])
    assert "│ stops " in text
    assert (
        "one/chat: no spare device, so a change stops it for as long as the model takes to load; what helps: "
        "1 more gpu of l40s in the quota of one, or one more node where the pool is full"
    ) in text


def test_the_others_are_told_in_a_word():
    two = endpoint(min_replicas=2, max_replicas=2)
    assert "│ answers on " in shown(endpoint(), teams=[team(nominal=2)])
    assert "│ one at a time " in shown(two, teams=[team(nominal=2)])
    lends = team("two", nominal=1)
    assert "│ borrows " in shown(endpoint(), teams=[team(nominal=1, limit=1), lends])


def test_a_canary_is_told_with_the_share_that_it_really_gets():
    canary = {"model": "qwen3-1.7b", "percent": 10}
    text = shown(endpoint(canary=canary, max_replicas=2), teams=[team(nominal=4)])
    assert "│ 1-2 + 1 " in text
    assert (
        "one/chat: canary qwen3-1.7b gets 33 to 50 % of new connections, 10 % asked for: 1 of its replicas "
        "beside 1 to 2 of qwen3-4b"
    ) in text


@pytest.mark.parametrize(("name", "says"), [("dev", "no spare device"), ("staging", "canary qwen3-1.7b")])
def test_the_lines_in_the_docs_are_those_of_the_environments(name, says):
    _, plan = read(ROOT / "stacks" / f"{name}.yaml")
    (line,) = [part for part in plan_table(plan) if isinstance(part, str) and says in part]
    assert line in (ROOT / "docs" / "endpoints.md").read_text().splitlines()
