"""What a URN of Pulumi says: ``urn:pulumi:<stack>::<project>::<types of parents$type>::<logical name>``."""

from __future__ import annotations


def type_of(urn: str) -> str:
    """The type token of a URN's resource, without those of its parents."""
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) == 4 else ""


def name_of(urn: str) -> str:
    """The logical name in a URN. It may hold ``::`` itself."""
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else urn


def stack_of(urn: str) -> str:
    """The stack that a URN belongs to."""
    return urn.removeprefix("urn:pulumi:").partition("::")[0] if urn.startswith("urn:pulumi:") else ""
