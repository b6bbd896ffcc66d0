"""Pod Security levels."""

from __future__ import annotations

from enum import StrEnum


class PodSecurity(StrEnum):
    """Pod Security level that a namespace enforces."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"
