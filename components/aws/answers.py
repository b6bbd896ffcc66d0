"""Answers of AWS where there may be nothing yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def answer(read: Any, key: str, absent: str, **arguments: Any) -> Any:
    """One part of an answer, or ``None`` where AWS answers with the error ``absent``."""
    from botocore.exceptions import ClientError

    try:
        return read(**arguments).get(key)
    except ClientError as error:
        if error.response["Error"]["Code"] == absent:
            return None
        raise


def tags_as_dict(tags: list[dict[str, str]] | None) -> dict[str, str] | None:
    """Tags by key."""
    return {tag["Key"]: tag["Value"] for tag in tags} if tags is not None else None


def tags_as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as S3 and IAM write them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
