"""What a Pulumi program of many resources calls last."""

from __future__ import annotations

import pulumi
import pytest

from ai_platform.program import settle
from ai_platform.testing import record


def chain(length: int) -> None:
    """Resources of which each needs an output of the one before."""
    before: pulumi.Input[str] = "start"
    for at in range(length):
        made = pulumi.CustomResource("test:index:Thing", f"thing-{at}", {"before": before})
        before = made.id.apply(lambda identifier: f"after {identifier}")


def test_a_program_that_settles_registers_what_it_would_register_anyway() -> None:
    def program() -> None:
        chain(5)
        settle()

    assert record(program) == record(lambda: chain(5))


def test_everything_is_registered_when_it_returns_and_debug_lines_are_back() -> None:
    debug = pulumi.log.debug
    seen: list[str] = []

    def program() -> None:
        made = pulumi.CustomResource("test:index:Thing", "thing", {"size": 1})
        made.urn.apply(seen.append)
        assert not seen
        settle()
        assert seen

    record(program)
    assert pulumi.log.debug is debug


def test_a_failing_registration_is_told_as_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def program() -> None:
        made = pulumi.CustomResource("test:index:Thing", "thing", {"size": 1})
        pulumi.CustomResource("test:index:Thing", "next", {"size": made.id.apply(lambda _: 1 // 0)})
        settle()

    with pytest.raises(ZeroDivisionError):
        record(program)
