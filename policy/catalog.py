"""Every rule of the pack."""

from __future__ import annotations

from ..components.gates_spec import GateLevel
from . import (
    evidence,
    exposure,
    leave,
    mig,
    money,
    pods,
    pool_owner,
    protection,
    quota_sums,
    rights,
    tags,
    tenants,
)
from .rule import Rule

RULES: tuple[Rule, ...] = (
    tags.RULE,
    money.BUDGET,
    money.AS_PLANNED,
    mig.RULE,
    quota_sums.RULE,
    exposure.RULE,
    pods.POD_SECURITY,
    tenants.RULE,
    pods.IMAGES_BY_DIGEST,
    rights.RULE,
    protection.RULE,
    pool_owner.RULE,
    evidence.RULE,
)
"""What looks at resources, in the order of the documentation."""

EXPIRED = Rule(
    leave.EXCEPTIONS,
    "No exception has expired, and each is for a rule that there is. Its level can't be changed in a "
    "description",
    "An exception without an end is a rule that nobody has",
    "Mend what it excused, or have its owner renew it with a new reason and a new day",
    GateLevel.MANDATORY,
)
UNNEEDED = Rule(
    leave.UNNEEDED,
    "Every exception excuses something",
    "What nobody needs any more excuses the next mistake",
    "Take it out of the description",
    GateLevel.ADVISORY,
)
UNSEEN = Rule(
    leave.UNSEEN,
    "What a rule could not see is named: in a preview what only the apply knows and checks, always what it "
    "never sees",
    "A check that was skipped and a check that passed look the same",
    "Nothing to do, or give the value in the program; at level mandatory nothing passes unseen",
    GateLevel.ADVISORY,
)
HOUSEKEEPING = (EXPIRED, UNNEEDED, UNSEEN)
"""Rules about the rules."""
