"""What a Pulumi program of many resources calls last."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi


def settle() -> None:
    """Waits until everything that the program has registered is done; made for its last line.

    The SDK (3.246) waits by itself, but it looks through all unfinished outputs each time one of them ends,
    and it sends each debug line, more than four a resource, to the engine in a call that it waits for. For a
    thousand resources that is half of the time of a preview without changes (``benchmarks/up.py``). The debug
    lines of the meantime are dropped. With an SDK that has other inner parts it does nothing.
    """
    try:
        from pulumi.runtime.settings import _get_rpc_manager
        from pulumi.runtime.sync_await import _sync_await
    except ImportError:
        return
    debug = pulumi.log.debug
    pulumi.log.debug = _drop
    try:
        _sync_await(_done(_get_rpc_manager()))
    finally:
        pulumi.log.debug = debug


async def _done(manager: Any) -> None:
    # Registrations start with the next turn of the loop, and one that ends may start further ones.
    await asyncio.sleep(0)
    while pending := [call for call in manager.rpcs if not call.done()]:
        await asyncio.wait(pending)


def _drop(*_: Any, **__: Any) -> None:
    pass
