"""The key of Pulumi's state on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..bootstrap import BootstrapError, Outcome, Step, settled
from .state_policies import key_policy, with_statements


def key_arn_of(
    kms: Any, alias: str, tags: Mapping[str, str], partition: str, account: str, *, dry_run: bool
) -> tuple[str | None, Step]:
    """ARN of the key behind the alias, which is made where there is none; ``None`` in a dry run without one.

    Raises ``BootstrapError`` for a key that does not work.
    """
    arn = _behind(kms, alias)
    if arn:
        return arn, Step(f"key {alias}", Outcome.KEPT)
    found = _unnamed(kms, alias, tags)
    if dry_run:
        return found, Step(f"key {alias}", Outcome.CHANGED if found else Outcome.MADE)
    arn = found or str(
        kms.create_key(
            Description="State and secrets of Pulumi",
            Policy=json.dumps(key_policy(partition, account)),
            Tags=[{"TagKey": key, "TagValue": value} for key, value in _tags(alias, tags).items()],
        )["KeyMetadata"]["Arn"]
    )
    kms.create_alias(AliasName=alias, TargetKeyId=arn)
    return arn, Step(f"key {alias}", Outcome.CHANGED if found else Outcome.MADE)


def keys_settings(
    kms: Any, arn: str | None, partition: str, account: str, *, dry_run: bool
) -> Iterator[Step]:
    """Its yearly rotation and its policy. ``None`` is a key that a dry run did not make."""
    rotates = kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] if arn else None
    yield settled(
        "yearly rotation of the key",
        rotates or None,
        True,
        lambda: kms.enable_key_rotation(KeyId=arn),
        dry_run=dry_run,
    )
    text = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"] if arn else None
    current = json.loads(text) if text else None
    wanted = with_statements(current, key_policy(partition, account))
    yield settled(
        "policy of the key",
        current,
        wanted,
        lambda: kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(wanted)),
        dry_run=dry_run,
    )


def _behind(kms: Any, alias: str) -> str | None:
    try:
        found = kms.describe_key(KeyId=alias)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        return None
    if found["KeyState"] != "Enabled":
        state = found["KeyState"]
        raise BootstrapError(
            f"the key behind {alias} is {state}: without it the state can't be read; "
            f"enable it, or cancel its deletion: {found['Arn']}"
        )
    return str(found["Arn"])


def _unnamed(kms: Any, alias: str, tags: Mapping[str, str]) -> str | None:
    """The key that an interrupted run has made, without its alias yet."""
    wanted = _tags(alias, tags).items()
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            try:
                listed = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            except kms.exceptions.ClientError:
                continue  # somebody else's key, which we may not look at
            if wanted <= {tag["TagKey"]: tag["TagValue"] for tag in listed}.items():
                found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
                if found["KeyState"] == "Enabled":
                    return str(found["Arn"])
    return None


def _tags(alias: str, tags: Mapping[str, str]) -> dict[str, str]:
    return {**tags, "ai-platform/alias": alias.removeprefix("alias/")}
