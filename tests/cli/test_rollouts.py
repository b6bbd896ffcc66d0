"""What `ai-platform plan` says of endpoints that change and of canaries."""

from ai_platform.cli.report import plan_table
from ai_platform.cli.table import text_of
from tests.planning.test_rollouts import endpoint, planned, team


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
