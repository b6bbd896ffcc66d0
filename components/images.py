"""Container images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

ImageWithDigest = Annotated[str, Field(pattern=r"^[^\s@]+@sha256:[0-9a-f]{64}$")]
"""An image pinned by digest: ``registry.example.com/name@sha256:…``."""
