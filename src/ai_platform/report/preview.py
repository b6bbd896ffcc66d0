"""What a preview of one stack would do, however Pulumi wrote it down."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Op(StrEnum):
    """What would happen to a resource. A replacement is one operation, not three steps."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    REFRESH = "refresh"
    """The state would follow what the cloud says, which someone changed there."""


GRAVEST = (Op.REPLACE, Op.DELETE, Op.CREATE, Op.IMPORT, Op.UPDATE, Op.REFRESH, Op.SAME)
"""The worst for what runs first."""


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property that differs. A secret is never here as text: ``before`` and ``after`` are ``SECRET``.

    Where only one side is a secret the other is ``EXPOSED``: what it holds may be the secret in plain text.
    """

    path: str
    """As Pulumi writes it: ``spec.template.metadata.labels["a.b/c"]``, ``scalingConfig.maxSize``."""
    before: object = None
    """JSON value; ``None`` where it is new, ``UNKNOWN`` where only an apply tells."""
    after: object = None
    """JSON value; ``None`` where it goes."""
    replaces: bool = False
    """Whether this property is why the resource is replaced."""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource of a preview, also one that stays as it is."""

    urn: str
    op: Op
    type: str
    """Type token: ``aws:eks/nodeGroup:NodeGroup``, ``kubernetes:core/v1:ConfigMap``."""
    name: str
    """Logical name."""
    parent: str | None = None
    """URN."""
    changes: tuple[PropertyChange, ...] = ()
    before: dict[str, object] = field(default_factory=dict)
    """Inputs as the state has them; empty where it is created."""
    after: dict[str, object] = field(default_factory=dict)
    """Inputs as the program asks for; empty where it goes."""
    protected: bool = False
    """Whether the state protects it."""
    will_be_protected: bool = False
    """Whether the program protects it."""
    retained: bool = False
    """Whether it stays in the cloud when it leaves the stack."""
    custom: bool = True
    """False for a component."""
    provider: str | None = None
    dependencies: tuple[str, ...] = ()
    """URNs that it needs, in order and once each, of the new side where there is one."""
    file: str | None = None
    """File of the program that makes it, relative to the project."""
    line: int | None = None
    renamed_from: str | None = None
    """URN under which it was known before: the program has an alias for it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What a policy says about a resource, or about the stack."""

    policy: str
    level: str
    """``mandatory``, ``advisory`` or ``remediate``."""
    message: str
    urn: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview of one stack."""

    stack: str
    """``dev``, ``prod.cluster``; empty where the document does not say."""
    resources: tuple[ResourceChange, ...] = ()
    """By URN, and by nothing else: the order in which Pulumi takes its steps is an accident."""
    violations: tuple[Violation, ...] = ()
    errors: tuple[str, ...] = ()
    """What Pulumi says went wrong, without paths of the machine and without secrets."""
    warnings: tuple[str, ...] = ()
    complete: bool = True
    """False where the preview failed or its document ends early: what is missing here is not known."""
    gated: bool = False
    """Whether a policy pack looked at it. Only events tell."""


SECRET = "[secret]"  # noqa: S105 - what stands in place of one
EXPOSED = "[plain]"
"""What stands in place of a value that is a secret on the other side of the change."""
UNKNOWN = "[unknown]"
"""A value that only an apply tells."""
