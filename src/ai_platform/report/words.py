"""What all forms of the report say in the same words: amounts, counts and the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from ..components.counted import counted
from .gate_words import said_once
from .model import Danger, Grade, PromptText, Report
from .model_capacity import Amount, PoolCapacity
from .model_changes import Counts, ResourceLine, StackPart
from .model_money import Money, MoneyLine, MoneyReport
from .plain import plain
from .preview import Op

NOTHING = "–"
WRONG = ("A description is not right", "It can't be applied, and what it changes is not known.")
"""Heading and first sentence where a description has no plan."""
INCOMPLETE = (
    "The preview is incomplete",
    "What follows is what could be read of it. What is missing here is not known.",
)
"""The same where a preview failed or ended early."""
FLOORS = "Without a price, so that the amounts are floors:"
SAFE = "none"
"""What is said of dangers where all was looked at and there are none."""
_MOST_LINES = 20
"""Lines of what went wrong with one preview."""
_PROTECTED = re.compile(
    r'(?:unable to (?P<verb>replace) )?resource "urn:pulumi:(?:[^"]*::)?(?P<name>[^":]+)"'
    r"(?: cannot be deleted)?\s+(?:as it is currently marked for protection|because it is protected)\.[^\n]*"
    r"(?:\n`pulumi state unprotect[^\n]*)?"
)
"""What the engine says of something protected, with its URN and a way to take the protection away."""
_DONE = {
    "delete": "deleted",
    "replace": "replaced",
    "create": "created",
    "update": "changed",
    "rename": "renamed",
}


def usd(amount: Decimal | None) -> str:
    """An amount to the cent: ``1,234.50``."""
    return NOTHING if amount is None else f"{amount:,.2f}"


def signed(amount: Decimal) -> str:
    """A difference with its sign: ``+1,234.50``, ``-3.00``, ``±0.00``."""
    return f"{amount:+,.2f}" if amount else "±0.00"


def share(before: Decimal, after: Decimal) -> str | None:
    """A difference in per cent; ``None`` where there was nothing, or nothing differs."""
    return f"{(after - before) / before * 100:+,.1f} %" if before and before != after else None


def amount(value: Amount) -> str:
    """``8 → 16``, ``8`` where nothing changes."""
    before, after = (NOTHING if side is None else f"{side:,}" for side in (value.before, value.after))
    return before if before == after else f"{before} → {after}"


def nodes(pool: PoolCapacity) -> str:
    """``2-4 → 2-6``, ``1-2 → –`` where the pool goes."""
    before, after = (
        NOTHING if low is None and high is None else f"{low or 0}-{high or 0}"
        for low, high in (
            (pool.min_nodes.before, pool.max_nodes.before),
            (pool.min_nodes.after, pool.max_nodes.after),
        )
    )
    return before if before == after else f"{before} → {after}"


def total_counts(report: Report) -> Counts:
    """Resources of all stacks by what happens to them."""
    names = Counts.model_fields
    return Counts(**{name: sum(getattr(part.counts, name) for part in report.stacks) for name in names})


def changes_text(report: Report) -> str:
    """``1 deleted, 2 created``; what changes nothing says so, and so does what nobody looked at."""
    if not report.stacks:
        return "resources not previewed"
    counts = total_counts(report)
    said = [f"{count:,} {done}" for name, done in _DONE.items() if (count := getattr(counts, name))]
    if not all(part.complete for part in report.stacks):
        said.append("a preview is incomplete")
    return ", ".join(said) or "no resource changes"


def money_text(money: Money | None) -> str:
    """``1,000.00``, or ``1,000.00 to 2,000.00, expected 1,500.00``; a floor where a price is unknown."""
    if money is None:
        return NOTHING
    text = usd(money.minimum)
    if money.minimum != money.maximum:
        text += f" to {usd(money.maximum)}"
        if money.expected is not None:
            text += f", expected {usd(money.expected)}"
    return f"at least {text}" if money.unknown else text


def rests_on_expected(money: MoneyReport) -> bool:
    """Whether to look at expected amounts: only where every line has one do they sum to the total."""
    lists = (money.environments, money.pools, money.teams, money.cost_centers, [money.total])
    sides = [side for lines in lists for line in lines if line for side in (line.before, line.after) if side]
    return bool(sides) and all(side.expected is not None for side in sides)


def decisive(line: MoneyLine, expected: bool) -> tuple[Decimal, Decimal]:
    """Before and after, expected or at most. A side that does not have the thing costs nothing of it."""
    zero = Decimal(0)
    before, after = (
        zero if side is None else side.expected if expected and side.expected is not None else side.maximum
        for side in (line.before, line.after)
    )
    return before, after


def unpriced(line: MoneyLine) -> tuple[str, ...]:
    """Parts that have no price on one side alone: what the line goes up or down by is then not known."""
    old, new = (side.unknown if side else () for side in (line.before, line.after))
    return tuple(name for name in (*new, *old) if (name in old) != (name in new))


def budget(line: MoneyLine) -> str:
    """The budget, and by how much it is exceeded."""
    if line.budget_usd is None or line.after is None:
        return usd(line.budget_usd)
    for amount_usd, said in ((line.after.expected, "expected"), (line.after.maximum, "at most")):
        if amount_usd is not None and amount_usd > line.budget_usd:
            return f"{usd(line.budget_usd)}, over by {usd(amount_usd - line.budget_usd)} {said}"
    return usd(line.budget_usd)


def difference(line: MoneyLine, expected: bool) -> str:
    """What the line goes up or down by."""
    if unpriced(line):
        return "not known"
    before, after = decisive(line, expected)
    return signed(after - before)


def sums(money: MoneyReport) -> list[MoneyLine]:
    """What ends a table of pools: the environments, and the total where that is not the only one of them."""
    total = [money.total] if money.total and len(money.environments) != 1 else []
    return [*money.environments, *total]


def which(expected: bool) -> str:
    """What the amounts to look at are."""
    return "expected" if expected else "at most"


def is_floor(line: MoneyLine) -> bool:
    """Whether some part has no price, so that its amounts are floors."""
    return any(side.unknown for side in (line.before, line.after) if side)


def cost_text(report: Report) -> str | None:
    """``USD 1,000.00 → 1,500.00 a month expected (+500.00, +50.0 %)``; ``None`` without a plan.

    What may be spent at most is said too where it goes another way than what is expected.
    """
    line = report.money.total
    if line is None or (line.before is None and line.after is None):
        return None
    expected = rests_on_expected(report.money)
    before, after = decisive(line, expected)
    limits = limits_text(line, expected)
    limit = f"; {limits}" if limits else ""
    old, new = ("at least " if side and side.unknown else "" for side in (line.before, line.after))
    if lacking := unpriced(line):
        more = f" and {len(lacking) - 3} more" if lacking[3:] else ""
        why = f"difference not known: {', '.join(map(plain, lacking[:3]))}{more} without a price on one side"
        return f"{old}USD {usd(before)} → {new}{usd(after)} a month {which(expected)} ({why})"
    if before == after:
        return f"{new}USD {usd(after)} a month {which(expected)}, unchanged{limit}"
    change = ", ".join(part for part in (signed(after - before), share(before, after)) if part)
    return f"{old}USD {usd(before)} → {new}{usd(after)} a month {which(expected)} ({change}){limit}"


def limits_text(line: MoneyLine, expected: bool) -> str | None:
    """What may be spent at most before and after, where it goes another way than what is expected."""
    if unpriced(line):
        return None
    (old, new), (least, most) = decisive(line, expected), decisive(line, expected=False)
    if _sign(most - least) == _sign(new - old):
        return None
    return f"at most {usd(least)} → {usd(most)} ({signed(most - least)})"


def _sign(number: Decimal) -> int:
    return (number > 0) - (number < 0)


def error_lines(part: StackPart) -> list[str]:
    """What went wrong with a preview, line by line: the errors of a description are one each."""
    told = (_PROTECTED.sub(_protected, error) for error in part.errors)
    lines = [line.strip() for error in told for line in error.splitlines()]
    said = [line for line in lines if line] or ["ends early"]
    more = len(said) - _MOST_LINES
    return [*said[:_MOST_LINES], f"and {counted(more, 'line')} more"] if more > 0 else said


def failures(report: Report) -> list[tuple[list[str], list[str]]]:
    """Stacks that could not be previewed whole, and why; stacks that failed alike together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for part in report.stacks:
        if not part.complete or part.errors:
            alike.setdefault(tuple(error_lines(part)), []).append(part.stack)
    return [(stacks, list(lines)) for lines, stacks in alike.items()]


def _protected(found: re.Match[str]) -> str:
    what = "replaced" if found["verb"] else "deleted"
    return f"{found['name']} is protected and would be {what}: the apply refuses until that is taken away"


def gates_text(report: Report) -> str:
    """``2 mandatory, 1 advisory``; where nobody looked, that says so."""
    if not report.gates and not (report.stacks and all(part.gated for part in report.stacks)):
        return "not asked"
    told = said_once(report)
    mandatory = sum(gate.level == "mandatory" for gate in told)
    advisory = len(told) - mandatory
    said = [
        f"{count} {level}" for count, level in ((mandatory, "mandatory"), (advisory, "advisory")) if count
    ]
    return ", ".join(said) or "none fails"


def worst(report: Report) -> Danger | None:
    """The gravest danger."""
    order = list(Grade)
    return min(report.dangers, key=lambda danger: order.index(danger.grade), default=None)


def dangers_text(report: Report) -> str:
    """``1 critical, 3 low``; ``none`` only where all was looked at."""
    counts = {grade: sum(danger.grade is grade for danger in report.dangers) for grade in Grade}
    said = ", ".join(f"{count} {grade}" for grade, count in counts.items() if count)
    whole = report.stacks and all(part.complete for part in report.stacks) and not report.wrong
    return said or (SAFE if whole else "none found in what is known")


def verdict(report: Report) -> list[tuple[str, str]]:
    """The whole change in one line, part by part: what it is about, and what it says."""
    gpus = report.capacity.gpus
    return [
        ("change", changes_text(report)),
        ("cost", cost_text(report) or "not known"),
        ("GPUs", "not known" if gpus.before is gpus.after is None else amount(gpus)),
        ("dangers", dangers_text(report)),
        ("gates", gates_text(report)),
    ]


def lines_left_out(prompt: PromptText, more: int = 0) -> str | None:
    """What is not shown of the difference of a prompt's text; ``None`` where all of it is."""
    if not prompt.compared:
        return "The texts are too long to be compared here."
    missing = prompt.left_out + more
    return f"{counted(missing, 'line')} of the difference left out." if missing else None


def renamed(line: ResourceLine) -> str:
    """What it has to do with the resource that it is or may be."""
    return "may be meant as a new name of" if line.op is Op.CREATE else "was"


def former(line: ResourceLine) -> str:
    """The resource that it is or may be: its name, or where it had the same name, its place."""
    tail = (line.renamed_from or "").split("::", 2)[-1]
    name = tail.rpartition("::")[2]
    return name if name != line.name else tail


def done(op: Op, lines: Iterable[ResourceLine]) -> str:
    """What happens, in a word; what is only known under another name is renamed."""
    only = op is Op.SAME and all(line.renamed_from and not line.differences for line in lines)
    return "rename" if only else op.value


def place(file: str | None, line: int | None) -> str | None:
    """``stacks/dev.yaml:23``."""
    return None if file is None else file if line is None else f"{file}:{line}"
