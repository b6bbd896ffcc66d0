"""What ran, hour by hour: nodes, the devices that work held, the tokens that came out."""

from __future__ import annotations

import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

Text = Annotated[str, Field(min_length=1, max_length=253)]
Number = Annotated[Decimal, Field(ge=0, le=10**9, max_digits=18, decimal_places=9)]
Tokens = Annotated[int, Field(ge=0, le=10**18)]


class WorkKind(StrEnum):
    """What devices are held for."""

    SERVING = "serving"
    TRAINING = "training"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class HeldDevices(_Row):
    """Devices of one kind that a team's work held."""

    team: Text
    """Team whose namespace the work ran in."""
    kind: WorkKind
    """What for."""
    workload: Text
    """Endpoint or training run."""
    resource: Text
    """As Kubernetes names it: ``nvidia.com/gpu``, ``nvidia.com/mig-1g.10gb``."""
    devices: Number
    """How many, as the mean over the hour."""


class PoolHour(_Row):
    """A node pool during one hour."""

    start: AwareDatetime
    """When the hour began, on the full hour."""
    pool: Text
    """Name of the pool."""
    nodes: Number
    """Nodes that ran, as the mean over the hour: what the cloud bills."""
    held: tuple[HeldDevices, ...] = ()
    """What work held of them."""

    @field_validator("start")
    @classmethod
    def _full_hour(cls, value: datetime.datetime) -> datetime.datetime:
        start = value.astimezone(datetime.UTC)
        if start.minute or start.second or start.microsecond:
            raise ValueError("a full hour")
        return start


class EndpointTokens(_Row):
    """Tokens of an own endpoint on one day."""

    day: datetime.date
    """Day in UTC."""
    team: Text
    """Team that owns the endpoint."""
    endpoint: Text
    """Name of the endpoint."""
    consumer: Text | None = None
    """Team that asked, where the gateway tells. Default: the owner."""
    input_tokens: Tokens
    """Tokens read."""
    output_tokens: Tokens
    """Tokens written."""


class HostedTokens(_Row):
    """Tokens of somebody else's endpoint on one day, as the gateway counted them."""

    day: datetime.date
    """Day in UTC."""
    team: Text
    """Team that asked."""
    model: Text
    """Model as its provider names it."""
    provider: Text
    """Who runs it."""
    input_tokens: Tokens
    """Tokens read."""
    output_tokens: Tokens
    """Tokens written."""
    usd: Number | None = None
    """US dollars that the gateway put down for it. Default: unknown."""


class Usage(_Row):
    """What ran in an environment between two days. ``ai-platform costs`` reads and writes it as JSON."""

    environment: Text
    """Name of the environment."""
    hours: tuple[PoolHour, ...] = ()
    """Every pool in every hour in which it had nodes."""
    tokens: tuple[EndpointTokens, ...] = ()
    """Of own endpoints."""
    hosted: tuple[HostedTokens, ...] = ()
    """Of others' endpoints."""
    unmeasured_minutes: Annotated[int, Field(ge=0, le=10**9)] = 0
    """Minutes within the ``hours`` that nobody measured: they count as if nothing ran. Default: none."""
