"""What may be spent in a month."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Percent = Annotated[int, Field(ge=1, le=200)]
Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
"""An e-mail address, as far as a pattern tells. A cloud refuses others only when it makes the budget."""


class BudgetSpec(BaseModel):
    """What an environment or a team may cost a month, and who hears of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    monthly_usd: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
    """US dollars a month. The gate compares the plan's largest cost with it."""
    alert_at_percent: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=5)] = (50, 80, 100)
    """Percentages of it, spent or forecast, at which the cloud tells. Default: 50, 80 and 100."""
    notify: Annotated[tuple[Address, ...], Field(max_length=10)] = ()
    """E-mail addresses that are told. Default: nobody by mail."""
