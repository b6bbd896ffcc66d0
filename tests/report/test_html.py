"""What the page says, without a browser."""

from __future__ import annotations

from decimal import Decimal

from ai_platform.report.html import html
from ai_platform.report.model import PolicyLine, Report
from ai_platform.report.model_changes import Counts, StackPart
from ai_platform.report.model_money import Money, MoneyLine, MoneyReport


def test_a_bar_of_what_has_no_price_says_that_it_is_a_floor():
    nothing, some = Decimal(0), Decimal(5)
    unknown = Money(minimum=nothing, expected=nothing, maximum=nothing, unknown=("h100",))
    priced = Money(minimum=some, expected=some, maximum=some)
    pools = (
        MoneyLine(name="h100", before=unknown, after=unknown),
        MoneyLine(name="l40s", before=priced, after=priced),
    )
    page = html(Report(title="prod", money=MoneyReport(pools=pools, unknown=("h100",))))
    assert "h100, at least, before: " in page
    assert "l40s, before: " in page


def test_problems_of_a_description_and_errors_of_a_preview_have_lines_of_their_own():
    part = StackPart(stack="dev", counts=Counts(), complete=False, errors=("2 problems\n  one\n  two",))
    page = html(Report(title="dev", stacks=(part,), wrong=("stacks/dev.yaml: region: got 1",)))
    assert "<li>one</li><li>two</li>" in page
    assert "<li>stacks/dev.yaml: region: got 1</li>" in page


def test_only_what_was_looked_at_is_called_safe_and_a_gate_that_stops_is_red():
    part = StackPart(stack="dev", counts=Counts(), complete=True)
    assert '<span class="grade good"><span class="kept">none</span>' in html(
        Report(title="a", stacks=(part,))
    )
    assert "grade good" not in html(Report(title="a", wrong=("one",)))
    gate = PolicyLine(rule="r", level="mandatory", message="m", stack="dev")
    assert '<span class="grade critical"><span class="kept">1 mandatory' in html(
        Report(title="a", gates=(gate,))
    )
