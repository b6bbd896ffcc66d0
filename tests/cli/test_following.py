"""How long endpoints are waited for, by a clock that stands still between looks."""

from __future__ import annotations

from ai_platform.cli.following import State, TransientError, follow
from ai_platform.serving.arrival import Arrival

THERE = State(Arrival((), 9))


def late(progress, text="1 old left"):
    return State(Arrival((text,), progress))


def followed(looks, **limits):
    """What is late, what was said, and how many looks it took; one look a second."""
    said: list[str] = []
    taken: list[list[str]] = []

    def look(names):
        taken.append(sorted(names))
        seen = looks[min(len(taken), len(looks)) - 1]
        if isinstance(seen, Exception):
            raise seen
        return {name: seen[name] for name in names}

    found = follow(look, limits, now=lambda: float(len(taken)), rest=lambda: None, report=said.append)
    return found, said, taken


def test_it_ends_with_the_last_one_to_arrive_and_asks_for_no_other():
    found, said, taken = followed([{"a": THERE, "b": late(0)}, {"b": THERE}], a=9, b=9)
    assert found == {}
    assert said == ["waiting for b: 1 old left"]
    assert taken == [["a", "b"], ["b"]]


def test_each_step_further_gives_it_its_time_anew_and_one_back_does_not():
    found, _, taken = followed([{"a": late(progress)} for progress in (0, 1, 2, 1, 2)], a=3)
    assert found == {"a": late(2)}
    assert len(taken) == 3 + 3


def test_one_that_is_late_may_still_come_while_others_have_time():
    looks = [{"a": late(0), "b": late(0)}] * 4 + [{"a": THERE, "b": late(0)}]
    found, _, _ = followed(looks, a=2, b=6)
    assert set(found) == {"b"}


def test_a_cluster_that_does_not_answer_for_a_moment_is_asked_again():
    away = [TransientError("503"), TransientError("503 again")]
    found, said, _ = followed([*away, {"a": THERE}], a=5)
    assert (found, said) == ({}, ["the cluster does not answer: 503"])
    found, _, _ = followed([TransientError("503")], a=5)
    assert found["a"].text == "the cluster does not answer"
