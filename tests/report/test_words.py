"""What all forms of the report say of amounts."""

from __future__ import annotations

from decimal import Decimal

from ai_platform.cli.table import text_of
from ai_platform.report.html import html
from ai_platform.report.make import make_report
from ai_platform.report.markdown import markdown
from ai_platform.report.model import PolicyLine, Report
from ai_platform.report.model_changes import Counts, StackPart
from ai_platform.report.model_money import Money, MoneyLine, MoneyReport
from ai_platform.report.read_preview import read_preview
from ai_platform.report.terminal import terminal
from ai_platform.report.words import budget, cost_text, difference, error_lines
from tests.report.recordings import recorded


def money(expected: int, maximum: int, *unknown: str) -> Money:
    return Money(minimum=Decimal(0), expected=Decimal(expected), maximum=Decimal(maximum), unknown=unknown)


def line(before: Money | None, after: Money | None, limit: int | None = None) -> MoneyLine:
    return MoneyLine(
        name="dev", before=before, after=after, budget_usd=None if limit is None else Decimal(limit)
    )


def said(before: Money, after: Money) -> str | None:
    return cost_text(Report(title="dev", money=MoneyReport(total=line(before, after))))


def test_a_bill_that_may_rise_though_it_is_not_expected_to_says_how_far() -> None:
    assert said(money(5, 7), money(5, 9)) == (
        "USD 5.00 a month expected, unchanged; at most 7.00 → 9.00 (+2.00)"
    )
    assert said(money(5, 7), money(4, 9)) == (
        "USD 5.00 → 4.00 a month expected (-1.00, -20.0 %); at most 7.00 → 9.00 (+2.00)"
    )
    assert said(money(5, 7), money(5, 7)) == "USD 5.00 a month expected, unchanged"
    assert said(money(5, 7), money(6, 9)) == "USD 5.00 → 6.00 a month expected (+1.00, +20.0 %)"


def test_a_price_that_is_known_on_one_side_alone_makes_the_difference_unknown() -> None:
    assert said(money(5, 7), money(0, 0, "h100")) == (
        "USD 5.00 → at least 0.00 a month expected (difference not known: h100 without a price on one side)"
    )
    assert difference(line(money(5, 7), money(0, 0, "h100")), True) == "not known"
    assert difference(line(None, money(0, 0, "h100")), True) == "not known"
    assert difference(line(money(1, 1, "h100"), money(2, 2, "h100")), True) == "+1.00"


def test_a_budget_says_by_how_much_it_is_exceeded() -> None:
    assert budget(line(None, money(5, 7), 4)) == "4.00, over by 1.00 expected"
    assert budget(line(None, money(5, 7), 6)) == "6.00, over by 1.00 at most"
    assert budget(line(None, money(5, 7), 7)) == "7.00"
    assert budget(line(money(5, 7), None, 4)) == "4.00"
    pools = MoneyReport(pools=(line(None, money(5, 7), 4),))
    assert "| **4.00, over by 1.00 expected** |" in markdown(Report(title="dev", money=pools))


def test_what_only_gets_another_name_is_renamed() -> None:
    report = make_report([read_preview(recorded("small.json"))])
    said = markdown(report)
    assert "- **rename** ConfigMap new-name in `test`\n  - **rename** `new-name`" in said
    assert ", was `old-name`" in said
    assert "may be meant as a new name of `kubernetes:core/v1:ConfigMap::moved`" in said
    assert "1 rename" in text_of(terminal(report), 200)


def test_what_is_protected_is_told_by_its_name() -> None:
    urn = "urn:pulumi:dev::p::ai-platform:index:NodePool$aws:eks/nodeGroup:NodeGroup::dev-h100-nodes"
    error = f"""unable to replace resource "{urn}"
as it is currently marked for protection. To unprotect the resource, remove the `protect` flag
resource "{urn}" cannot be deleted
because it is protected. To unprotect the resource, either remove the `protect` flag"""
    part = StackPart(stack="dev", counts=Counts(), complete=False, errors=(error,))
    assert error_lines(part) == [
        "dev-h100-nodes is protected and would be replaced: the apply refuses until that is taken away",
        "dev-h100-nodes is protected and would be deleted: the apply refuses until that is taken away",
    ]


def test_stacks_that_failed_alike_are_told_together() -> None:
    parts = tuple(
        StackPart(stack=name, counts=Counts(), complete=False, errors=(why,))
        for name, why in (("a", "no pack"), ("b", "other"), ("c", "no pack"))
    )
    report = Report(title="prod", stacks=parts)
    assert "- `a`, `c`: no pack\n- `b`: other\n" in markdown(report)
    assert "<code>a</code>, <code>c</code>: no pack" in html(report)
    assert "the preview of a, c is incomplete: no pack" in text_of(terminal(report), 200)


def test_what_a_policy_found_comes_before_what_it_is_for_and_once_for_all_stacks() -> None:
    rule = "Costs are within the budget. Who merges, buys. Remedy: Take less."
    lines = tuple(
        PolicyLine(rule="budget", level="mandatory", message=f"{rule}\nteam a: 3 above 2", stack=stack)
        for stack in ("prod.cluster", "prod.teams")
    )
    parts = tuple(StackPart(stack=line.stack, counts=Counts(), complete=True, gated=True) for line in lines)
    report = Report(title="prod", stacks=parts, gates=lines)
    said = markdown(report)
    assert (
        "- **mandatory** `budget`: team a: 3 above 2 (`prod.cluster`, `prod.teams`)\n  - Remedy: Take less.\n"
    ) in said
    assert "**gates: 1 mandatory**" in said
    assert said.count("team a: 3 above 2") == 1
    assert html(report).count("team a: 3 above 2") == 1


def test_what_a_policy_only_advises_is_folded() -> None:
    line = PolicyLine(rule="tags", level="advisory", message="no owner", stack="dev")
    said = markdown(Report(title="dev", gates=(line,)))
    assert "### Gates" not in said
    assert "<summary><b>Gates that stop nothing</b>: 1</summary>\n\n- **advisory** `tags`: no owner" in said
