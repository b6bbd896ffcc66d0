"""What all parts of the report have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Can't be changed, and has no field beside those that it names."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
