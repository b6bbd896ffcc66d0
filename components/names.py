"""Names that Kubernetes, the clouds and Pulumi all accept."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import StringConstraints

NAME_PATTERN = r"^[a-z]([a-z0-9-]*[a-z0-9])?$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=40)]
"""A DNS label of at most 40 characters, so that what is built from it still fits into 63."""


def shortened(name: str, limit: int = 63) -> str:
    """``name``, or its head and a hash of the whole when it is longer than ``limit`` characters."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('-')}-{digest}"
