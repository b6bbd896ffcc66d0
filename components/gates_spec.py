"""What a user writes about the gates: how strict each rule is, and who may pass one until when."""

from __future__ import annotations

import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class GateLevel(StrEnum):
    """What happens when a rule is broken."""

    MANDATORY = "mandatory"
    """The preview and the apply fail."""
    ADVISORY = "advisory"
    """It is said, and that is all."""
    DISABLED = "disabled"
    """Nobody looks."""


class GateException(BaseModel):
    """Leave to break one rule in one place for some time."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    rule: Annotated[str, Field(min_length=1, max_length=63)]
    """Name of the rule."""
    subject: Annotated[str, Field(min_length=1, max_length=200)]
    """Logical name of the resource; ``*`` and ``?`` stand for any letters."""
    who: Annotated[str, Field(min_length=1, max_length=200)]
    """Who gave leave."""
    why: Annotated[str, Field(min_length=10, max_length=500)]
    """Why."""
    until: datetime.date
    """Last day. After it the exception itself fails."""


class GatesSpec(BaseModel):
    """How strict the policy pack is with this environment."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    levels: dict[str, GateLevel] = Field(default_factory=dict)
    """Rule to level. Default: what the rule says itself."""
    max_unknown_price_percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    """Of the priced parts, the percentage that may have no price before a budget counts as broken.
    Default: 0, so that any unknown price breaks it."""
    exceptions: Annotated[tuple[GateException, ...], Field(max_length=200)] = ()
    """Leave given, each with an end. Default: none."""
