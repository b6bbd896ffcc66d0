"""Kinds of others' controllers, as far as our objects use them: ``foreign_kinds.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from ai_platform.components.manifest import is_true
from ai_platform.local.api import Api, Manifest
from ai_platform.local.waiting import wait_until

SCHEMAS = Path(__file__).with_name("foreign_kinds.yaml")
LIMIT_S = 600.0


@contextmanager
def foreign_kinds(api: Api) -> Iterator[None]:
    """A cluster that has them, until the end of the block."""
    found = list(yaml.safe_load_all(SCHEMAS.read_text()))
    # One that an earlier block has deleted is served until it goes, which takes as long as it likes.
    assert wait_until(lambda: not any(_goes(api, kind) for kind in found), limit_s=LIMIT_S)
    api.apply_all(found)
    assert wait_until(lambda: all(_established(api, kind) for kind in found), limit_s=LIMIT_S)
    try:
        yield
    finally:
        for kind in found:
            api.delete(kind["apiVersion"], kind["kind"], kind["metadata"]["name"])


def _found(api: Api, kind: Mapping[str, Any]) -> Manifest | None:
    return api.get(kind["apiVersion"], kind["kind"], kind["metadata"]["name"])


def _goes(api: Api, kind: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in (_found(api, kind) or {"metadata": {}})["metadata"]


def _established(api: Api, kind: Mapping[str, Any]) -> bool:
    found = _found(api, kind)
    group, version = kind["spec"]["group"], kind["spec"]["versions"][0]["name"]
    return (
        # A kind that was made a moment ago has `conditions: null`.
        is_true(found or {}, "Established")
        and any(name["name"] == group for name in api.send("GET", "/apis")["groups"])
        and bool(api.send("GET", f"/apis/{group}/{version}")["resources"])
    )
