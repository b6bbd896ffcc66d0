"""One thing about a node that is not as it should be."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Work goes on, slower or with less safety."""
    FAILURE = "failure"
    """Work that was planned for this node does not run there, or not as planned."""


class Check(StrEnum):
    """What was looked at."""

    DRIVER = "driver"
    GPU_COUNT = "gpu_count"
    GPU_LOST = "gpu_lost"
    GPU_MODEL = "gpu_model"
    GPU_MEMORY = "gpu_memory"
    MIG_MODE = "mig_mode"
    MIG_LAYOUT = "mig_layout"
    ECC = "ecc"
    MEMORY_ERRORS = "memory_errors"
    REMAPPED_ROWS = "remapped_rows"
    NVLINK = "nvlink"
    NVLINK_FABRIC = "nvlink_fabric"
    THROTTLE = "throttle"
    FABRIC_DEVICES = "fabric_devices"
    HUGE_PAGES = "huge_pages"


class Finding(BaseModel):
    """What is wrong, and what to do about it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    grade: Grade
    check: Check
    where: str
    """``node``, or ``gpu`` and its index."""
    expected: str
    got: str
    fix: str
    """The next thing to do."""


def failure(check: Check, where: str, expected: str, got: str, fix: str) -> Finding:
    """A finding that stops work."""
    return Finding(grade=Grade.FAILURE, check=check, where=where, expected=expected, got=got, fix=fix)


def warning(check: Check, where: str, expected: str, got: str, fix: str) -> Finding:
    """A finding that doesn't stop work yet."""
    return Finding(grade=Grade.WARNING, check=check, where=where, expected=expected, got=got, fix=fix)
