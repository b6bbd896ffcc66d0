"""The report: what a reviewer learns of a change. Everything that it shows comes from here."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from .preview import Op


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Grade(StrEnum):
    """How bad it can get. The order is that of the members, the worst first."""

    CRITICAL = "critical"
    """Data, capacity or a running service is lost and does not come back by itself."""
    HIGH = "high"
    """A running service stops, or a guard against that goes."""
    MEDIUM = "medium"
    """Work is drained, restarted or waits; it comes back by itself."""
    LOW = "low"
    """To be known; nothing stops."""


class Difference(_Part):
    """One property that differs, fit to be shown: secrets are ``[secret]``, long values are cut."""

    path: str
    """As Pulumi writes it."""
    before: str | None
    """``None`` where it is new."""
    after: str | None
    """``None`` where it goes."""
    replaces: bool = False
    """Whether it is why the resource is replaced."""


class ResourceLine(_Part):
    """One resource that changes."""

    stack: str
    """Stack it belongs to."""
    urn: str
    """Its URN."""
    type: str
    """Type token."""
    name: str
    """Logical name."""
    op: Op
    """What happens to it."""
    differences: tuple[Difference, ...] = ()
    """What differs and matters."""
    noise: int = 0
    """How many differences were folded: order, digests alone, computed fields."""
    renamed_from: str | None = None
    """URN under which it was known."""
    file: str | None = None
    """File of the program that makes it."""
    line: int | None = None
    """Line in that file."""


class ComponentChange(_Part):
    """What a component, or a resource without one, goes through."""

    stack: str
    """Stack it belongs to."""
    component: str
    """Type and name for a reader: ``NodePool h100``; ``Platform`` for what belongs to no part of it."""
    op: Op
    """The gravest of its resources: replace, delete, create, update."""
    resources: tuple[ResourceLine, ...]
    """Its resources that change, gravest first."""
    description_line: str | None = None
    """Where the description says it, ``stacks/dev.yaml:23``, where that can be told."""


class Counts(_Part):
    """Resources by what happens to them."""

    create: int = 0
    """New ones."""
    update: int = 0
    """Changed in place."""
    replace: int = 0
    """Deleted and made anew."""
    delete: int = 0
    """Gone."""
    same: int = 0
    """Left alone, noise included."""
    rename: int = 0
    """Known under another name from now on, nothing else."""


class Amount(_Part):
    """A number before and after. ``None`` where that side does not have the thing."""

    before: int | None
    """As it is."""
    after: int | None
    """As it will be."""


class PoolCapacity(_Part):
    """Nodes, GPUs and devices of a pool at its largest size."""

    pool: str
    """Name of the pool."""
    accelerator: str
    """GPU or TPU."""
    min_nodes: Amount
    """Nodes that always run."""
    max_nodes: Amount
    """Nodes at most."""
    gpus: Amount
    """GPUs, or chips of TPUs, at most."""
    devices: dict[str, Amount]
    """Kubernetes resource to devices at most: whole GPUs, slices, shared parts."""
    layout: tuple[str, str] | None = None
    """MIG layouts before and after, as the plan shows them, where they differ."""


class TeamCapacity(_Part):
    """What a team may use of one resource of a pool."""

    team: str
    """Name of the team."""
    pool: str
    """Name of the pool."""
    resource: str
    """As Kubernetes names it."""
    guaranteed: Amount
    """Its own."""
    borrowable: Amount
    """What it can borrow on top."""
    loses: bool
    """Whether it has less of its own, or can reach less in all."""


class Capacity(_Part):
    """GPUs by pool and by team. Rows that do not change are not here."""

    pools: tuple[PoolCapacity, ...] = ()
    """Pools that change."""
    teams: tuple[TeamCapacity, ...] = ()
    """Quotas that change; who loses first."""
    gpus: Amount = Amount(before=None, after=None)
    """GPUs and TPU chips of all pools at most."""
    losers: tuple[str, ...] = ()
    """Names of teams that lose something, in order."""


class Money(_Part):
    """US dollars a month. ``None`` where that side does not have the thing."""

    minimum: Decimal
    """At the smallest size of all pools."""
    expected: Decimal | None
    """Where between them it will be, by what the description says; ``None`` where nothing says it."""
    maximum: Decimal
    """At the largest size."""
    unknown: tuple[str, ...] = ()
    """Parts without a price: with any, the amounts are floors."""


class MoneyLine(_Part):
    """Cost of one thing before and after."""

    name: str
    """Pool, team, cost centre or environment."""
    before: Money | None
    """As it is."""
    after: Money | None
    """As it will be."""
    budget_usd: Decimal | None = None
    """What it may cost a month; ``None`` without a budget."""


class Saving(_Part):
    """Another way to serve the same needs for less."""

    what: str
    """One sentence: what to change."""
    monthly_usd: Decimal
    """What that saves a month, at least."""
    why: str
    """What the sum rests on: prices, their dates, break-even."""


class MoneyReport(_Part):
    """Cost a month, before and after. The lines of each list sum to ``total``."""

    currency: str = "USD"
    """Currency of all amounts."""
    total: MoneyLine | None = None
    """The environments together; ``None`` without a plan."""
    environments: tuple[MoneyLine, ...] = ()
    """By environment."""
    pools: tuple[MoneyLine, ...] = ()
    """By pool, and ``cluster`` for what the cluster itself costs."""
    teams: tuple[MoneyLine, ...] = ()
    """By team, by what is guaranteed to it; ``nobody`` for what no team is guaranteed."""
    cost_centers: tuple[MoneyLine, ...] = ()
    """By cost centre; ``nobody`` as above."""
    unknown: tuple[str, ...] = ()
    """Everything without a price, on either side."""
    savings: tuple[Saving, ...] = ()
    """Largest first."""


class Danger(_Part):
    """What could go wrong."""

    grade: Grade
    """How bad."""
    rule: str
    """Name of the rule that found it: ``pool-replaced``, ``quota-below-use``."""
    what: str
    """One sentence: what happens to what."""
    why: str
    """The property, the line or the number that causes it."""
    stack: str | None = None
    """Stack; ``None`` where only the plan says it."""
    urn: str | None = None
    """Resource; ``None`` where only the plan says it."""
    file: str | None = None
    """Where it comes from."""
    line: int | None = None
    """Where it comes from."""
    blast_radius: tuple[str, ...] = ()
    """What depends on it, for a reader: ``endpoint assistants/chat-large``, ``12 other resources``."""
    safer: str
    """A safer way to get there."""


class VersionChange(_Part):
    """A version before and after."""

    kind: str
    """``chart``, ``driver``, ``kubernetes``, ``node image``, ``model``, ``canary``, ``image``, ``prompt``."""
    name: str
    """What it is a version of."""
    before: str | None
    """``None`` where it is new."""
    after: str | None
    """``None`` where it goes."""
    known_good: str | None = None
    """What the known-good table says of it; ``None`` where no table speaks of it."""


class PromptText(_Part):
    """The text of a prompt that comes, goes or differs."""

    name: str
    """``assistants/support``."""
    before: str | None
    """Version; ``None`` where it is new."""
    after: str | None
    """Version; ``None`` where it goes."""
    lines: tuple[str, ...] = ()
    """Unified diff without its head: a line begins with a space, ``-``, ``+`` or ``@``. Long ones are cut."""
    left_out: int = 0
    """Lines of the diff that are not here."""
    compared: bool = True
    """False where the texts are too long to be compared line by line."""


class PolicyLine(_Part):
    """What a gate said."""

    rule: str
    """Name of the rule."""
    level: str
    """``mandatory`` or ``advisory``."""
    message: str
    """What is wrong and how to fix it."""
    stack: str
    """Stack."""
    urn: str | None = None
    """Resource, or ``None`` for the stack."""


class StackPart(_Part):
    """One stack that was looked at."""

    stack: str
    """Its name."""
    counts: Counts
    """Resources by what happens to them."""
    complete: bool
    """False where its preview failed or ended early."""
    gated: bool = False
    """Whether a policy pack looked at it."""
    errors: tuple[str, ...] = ()
    """What went wrong."""


class Report(_Part):
    """What a change does. Published as ``docs/report.schema.json``."""

    schema_version: int = 1
    """Raised when a reader of an older version would misread it."""
    title: str
    """What is changed, for a reader: ``prod`` or ``dev, prod``."""
    wrong: tuple[str, ...] = ()
    """What is not right with descriptions after the change, a line for each problem: they have no plan."""
    digests: tuple[str | None, str | None] = (None, None)
    """Digests of the plan before and after; ``None`` without one."""
    stacks: tuple[StackPart, ...] = ()
    """Stacks that were previewed, by name."""
    changes: tuple[ComponentChange, ...] = ()
    """Gravest first."""
    capacity: Capacity = Field(default_factory=Capacity)
    """GPUs and quotas."""
    money: MoneyReport = Field(default_factory=MoneyReport)
    """Cost."""
    dangers: tuple[Danger, ...] = ()
    """Gravest first."""
    versions: tuple[VersionChange, ...] = ()
    """What gets another version."""
    prompts: tuple[PromptText, ...] = ()
    """Texts of prompts that come, go or differ, by name."""
    gates: tuple[PolicyLine, ...] = ()
    """What the policies said, mandatory ones first."""
    notes: tuple[str, ...] = ()
    """What this report could not know, and why."""
