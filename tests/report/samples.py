"""Reports to show: one with everything in it, a large one, and one whose every text is somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from itertools import cycle
from typing import Any

from pydantic import BaseModel

from ai_platform.report.model import Danger, Grade, PolicyLine, PromptText, Report, VersionChange
from ai_platform.report.model_capacity import Amount, Capacity, PoolCapacity, TeamCapacity
from ai_platform.report.model_changes import ComponentChange, Counts, Difference, ResourceLine, StackPart
from ai_platform.report.model_money import Money, MoneyLine, MoneyReport, Saving
from ai_platform.report.preview import Op

H100 = "nvidia.com/gpu"
SLICE = "nvidia.com/mig-1g.10gb"
URN = "urn:pulumi:prod::ai-platform::{}::{}"


def money(minimum: str, maximum: str, expected: str | None = None, *unknown: str) -> Money:
    """US dollars a month."""
    return Money(
        minimum=Decimal(minimum),
        expected=None if expected is None else Decimal(expected),
        maximum=Decimal(maximum),
        unknown=unknown,
    )


def flat(usd: str) -> Money:
    """The same at every size."""
    return money(usd, usd, usd)


def line(name: str, before: Money | None, after: Money | None, budget: str | None = None) -> MoneyLine:
    """A line of a money table."""
    return MoneyLine(
        name=name, before=before, after=after, budget_usd=None if budget is None else Decimal(budget)
    )


def amount(before: int | None, after: int | None) -> Amount:
    """Before and after."""
    return Amount(before=before, after=after)


def resource(
    name: str, op: Op = Op.UPDATE, kind: str = "aws:eks/nodeGroup:NodeGroup", **more: Any
) -> ResourceLine:
    """A resource of the stack prod."""
    return ResourceLine(stack="prod", urn=URN.format(kind, name), type=kind, name=name, op=op, **more)


def sample() -> Report:
    """A change of prod that replaces a pool of H100s: dangerous, dearer, with a team that loses."""
    pool = resource(
        "h100-nodes",
        Op.REPLACE,
        differences=(
            Difference(path="instanceTypes[0]", before="p5.48xlarge", after="p5en.48xlarge", replaces=True),
            Difference(path="scalingConfig.maxSize", before="4", after="6"),
        ),
        noise=3,
        file="stacks/__main__.py",
        line=12,
    )
    queue = resource(
        "research",
        kind="kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue",
        differences=(
            Difference(
                path="spec.resourceGroups[0].flavors[0].resources[0].nominalQuota", before="16", after="8"
            ),
        ),
    )
    nobody = line(
        "nobody", money("10000.40", "159000.80", "70000.60"), money("19100.00", "214200.10", "105900.35")
    )
    return Report(
        title="prod",
        digests=("sha256:0f3a", "sha256:91bc"),
        stacks=(
            StackPart(
                stack="prod", counts=Counts(create=4, update=2, replace=1, delete=1, same=212), complete=True
            ),
        ),
        changes=(
            ComponentChange(
                stack="prod",
                component="NodePool h100",
                op=Op.REPLACE,
                resources=(pool,),
                description_line="stacks/prod.yaml:23",
            ),
            ComponentChange(
                stack="prod",
                component="Team research",
                op=Op.UPDATE,
                resources=(queue,),
                description_line="stacks/prod.yaml:61",
            ),
            ComponentChange(
                stack="prod",
                component="Endpoint chat-large",
                op=Op.CREATE,
                resources=(
                    resource(
                        "chat-large", Op.CREATE, "kubernetes:serving.kserve.io/v1beta1:InferenceService"
                    ),
                ),
            ),
        ),
        capacity=Capacity(
            pools=(
                PoolCapacity(
                    pool="h100",
                    accelerator="h100-80gb",
                    min_nodes=amount(2, 2),
                    max_nodes=amount(4, 6),
                    gpus=amount(32, 48),
                    devices={H100: amount(24, 40), SLICE: amount(56, 56)},
                    layout=("7 whole, 1 × 7x1g.10gb", "6 whole, 2 × 7x1g.10gb"),
                ),
                PoolCapacity(
                    pool="l40s",
                    accelerator="l40s",
                    min_nodes=amount(1, None),
                    max_nodes=amount(2, None),
                    gpus=amount(16, None),
                    devices={H100: amount(16, None)},
                ),
            ),
            teams=(
                TeamCapacity(
                    team="research",
                    pool="h100",
                    resource=H100,
                    guaranteed=amount(16, 8),
                    borrowable=amount(8, 16),
                    loses=True,
                ),
                TeamCapacity(
                    team="assistants",
                    pool="h100",
                    resource=H100,
                    guaranteed=amount(8, 24),
                    borrowable=amount(16, 16),
                    loses=False,
                ),
            ),
            gpus=amount(48, 48),
            losers=("research",),
        ),
        money=MoneyReport(
            total=line(
                "all",
                money("152000.40", "301000.80", "212000.60"),
                money("160100.00", "355200.10", "246900.35"),
            ),
            environments=(
                line(
                    "prod",
                    money("152000.40", "301000.80", "212000.60"),
                    money("160100.00", "355200.10", "246900.35"),
                    "250000",
                ),
            ),
            pools=(
                line(
                    "h100",
                    money("143000.40", "286000.80", "200000.60"),
                    money("157640.00", "352740.10", "244440.35"),
                ),
                line("l40s", money("6540.00", "12540.00", "9540.00"), None),
                line(
                    "cluster", money("2460.00", "2460.00", "2460.00"), money("2460.00", "2460.00", "2460.00")
                ),
            ),
            teams=(
                line("research", flat("95000.00"), flat("51000.00"), "100000"),
                line("assistants", flat("47000.00"), flat("90000.00")),
                nobody,
            ),
            cost_centers=(
                line("4711", flat("142000.00"), flat("141000.00")),
                nobody,
            ),
            savings=(
                Saving(
                    what="Reserve the two nodes of h100 that always run for a year.",
                    monthly_usd=Decimal("31200.00"),
                    why="on demand against a one-year plan of 2026-05-04; breaks even after 7.1 months",
                ),
            ),
        ),
        dangers=(
            Danger(
                grade=Grade.CRITICAL,
                rule="pool-replaced",
                what="The node pool h100 is deleted and made anew, with everything that runs on it.",
                why="instanceTypes[0] changes from p5.48xlarge to p5en.48xlarge",
                stack="prod",
                urn=URN.format("aws:eks/nodeGroup:NodeGroup", "h100-nodes"),
                file="stacks/prod.yaml",
                line=23,
                blast_radius=(
                    "endpoint assistants/chat-large",
                    "endpoint search/embed",
                    "12 other resources",
                ),
                safer="Add a second pool with the new machine, move the quotas, then remove the old one.",
            ),
            Danger(
                grade=Grade.HIGH,
                rule="quota-below-use",
                what="The team research is left with 8 GPUs of h100 and uses 12.",
                why="the nominal quota falls from 16 to 8",
                safer="Lower the quota to 12 first, and again when runs have ended.",
            ),
            Danger(
                grade=Grade.LOW,
                rule="no-canary",
                what="The endpoint chat-large starts without a canary.",
                why="rollout is not set",
                safer="Set rollout.canary_percent.",
            ),
        ),
        versions=(
            VersionChange(
                kind="chart", name="kueue", before="0.18.3", after="0.19.0", known_good="0.19.0 with 1.33"
            ),
            VersionChange(kind="model", name="chat-large", before=None, after="llama-3.3-70b@6f6073b"),
        ),
        prompts=(
            PromptText(
                name="assistants/support",
                before="1.1.0",
                after="1.2.0",
                lines=(
                    "@@ -1,2 +1,2 @@",
                    " You answer for the help desk.",
                    "-Be brief.",
                    "+Be brief and kind.",
                ),
                left_out=3,
            ),
        ),
        gates=(
            PolicyLine(
                rule="budget",
                level="mandatory",
                message="prod may cost 250,000.00 a month and is at most 355,200.10. Lower max_nodes.",
                stack="prod",
            ),
        ),
        notes=("What runs was not looked at: quota-below-use rests on the file of last night.",),
    )


def large(components: int, resources: int = 10, differences: int = 3) -> Report:
    """The sample with so many components that they do not fit into a comment."""
    entries = tuple(
        Difference(path=f"spec.template.values[{n}]", before=f"old-{n}", after=f"new-{n}")
        for n in range(differences)
    )
    changes = tuple(
        ComponentChange(
            stack="prod",
            component=f"Team team-{number}",
            op=Op.UPDATE,
            resources=tuple(resource(f"team-{number}-{n}", differences=entries) for n in range(resources)),
        )
        for number in range(components)
    )
    return sample().model_copy(update={"changes": changes})


def rewritten(part: Any, change: Callable[[str], str]) -> Any:
    """The part of a report with every text, but the words of closed sets, put through ``change``."""
    if isinstance(part, BaseModel):
        names = type(part).model_fields
        return part.model_copy(update={name: rewritten(getattr(part, name), change) for name in names})
    if isinstance(part, tuple):
        return tuple(rewritten(item, change) for item in part)
    if isinstance(part, dict):
        return {rewritten(key, change): rewritten(value, change) for key, value in part.items()}
    return change(part) if isinstance(part, str) and not isinstance(part, Enum) else part


def hostile(texts: Iterable[str]) -> Report:
    """The sample with these texts, one after the other and over again, in place of all of its own."""
    source = cycle(texts)
    failed = StackPart(stack="prod.teams", counts=Counts(), complete=False, errors=("one\n  two", "three"))
    whole = sample()
    worse = whole.model_copy(update={"wrong": ("one", "two"), "stacks": (*whole.stacks, failed)})
    report: Report = rewritten(worse, lambda _: next(source))
    return report
