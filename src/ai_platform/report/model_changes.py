"""The part of the report on stacks and their resources."""

from __future__ import annotations

from .model_part import Part
from .preview import Op


class Difference(Part):
    """One property that differs, fit to be shown: secrets are ``[secret]``, long values are cut."""

    path: str
    """As Pulumi writes it."""
    before: str | None
    """``None`` where it is new."""
    after: str | None
    """``None`` where it goes."""
    replaces: bool = False
    """Whether it is why the resource is replaced."""


class ResourceLine(Part):
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


class ComponentChange(Part):
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


class Counts(Part):
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


class StackPart(Part):
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
