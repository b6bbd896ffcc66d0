"""What a user writes about prices."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .prices import PurchaseOption


class PriceSpec(BaseModel):
    """Price of one machine, in a description or in a price file. It replaces the library's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    machine: Annotated[str, Field(min_length=1, max_length=63)]
    """Machine type as its cloud names it."""
    region: Annotated[str, Field(min_length=1, max_length=63)]
    """Region for which the price holds."""
    option: PurchaseOption = PurchaseOption.ON_DEMAND
    """Purchase option for which the price holds. Default: on_demand."""
    usd_per_hour: Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=10)]
    """US dollars for one machine and hour."""
    source: Annotated[str, Field(min_length=1, max_length=200)]
    """Where the price comes from, for whoever reads the report."""
    date: datetime.date
    """Day on which the source said so."""
    note: Annotated[str, Field(max_length=200)] | None = None
    """What to know before relying on the price. Default: nothing."""


class DiscountSpec(BaseModel):
    """Percentage off the prices of some machines. Where several fit, the last one counts, alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    percent: Annotated[Decimal, Field(ge=0, lt=100, max_digits=6, decimal_places=4)]
    """Percentage taken off."""
    machine: Annotated[str, Field(min_length=1, max_length=63)] = "*"
    """Machine types it holds for; ``*`` and ``?`` stand for any letters. Default: all."""
    option: PurchaseOption | None = None
    """Purchase option it holds for. Default: all."""
