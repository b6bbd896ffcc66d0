"""What a killed run leaves: processes, pulumi's lock, and objects that no state knows."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException

from ..local.api import Api
from ..local.waiting import wait_until
from .workplace import EngineError

MANAGED = "app.kubernetes.io/managed-by=ai-platform"
"""Label of every object that the components make."""
_GONE_LIMIT_S = 60.0


def end_session(session: int) -> None:
    """Kills what a killed run has left of pulumi and its plugins. Raises EngineError where they stay.

    Nobody reads what they say any more, and what they have done is not recorded. Other programs are spared:
    since then the session's number may have been given to somebody else.
    """
    _end(lambda: _of(session, _pulumis()))


def end_leader(leader: int) -> None:
    """Kills a program that leads a session and everything in that, user programs and their children too.

    Who calls has started the leader and not yet waited for its end. Raises EngineError where something stays.
    """
    _end(lambda: _of(leader, [pid for pid, _ in _processes()]))


def _end(there: Callable[[], list[int]]) -> None:
    def killed() -> bool:
        left = there()
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not left

    if not wait_until(killed, limit_s=_GONE_LIMIT_S):
        raise EngineError(f"programs of a run of pulumi can't be ended: {there()}; stop them")


def wait_for_holders(locks: Sequence[Path]) -> None:
    """A pulumi that someone typed by hand may hold the lock: it is not ours to end."""

    def holders() -> list[int]:
        wanted = {json.loads(lock.read_text())["pid"] for lock in locks}
        return [pid for pid in _pulumis() if pid in wanted]

    if not wait_until(lambda: not holders(), limit_s=_GONE_LIMIT_S, interval_s=0.2):
        raise EngineError(f"pulumi still works on this stack (pid {holders()}): wait for it, or stop it")


def _of(session: int, pids: Sequence[int]) -> list[int]:
    return [pid for pid in pids if _session_of(pid) == session]


def _pulumis() -> list[int]:
    return [pid for pid, name in _processes() if "pulumi" in name]


def _processes() -> list[tuple[int, str]]:
    """Every process that runs, by its id and its name."""
    ps = shutil.which("ps") or "/bin/ps"
    shown = subprocess.run([ps, "-A", "-o", "pid=,stat=,comm="], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=2) for line in shown.stdout.splitlines())
    return [(int(pid), name) for pid, state, name in rows if not state.startswith("Z")]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def sweep(api: Api, kinds: Sequence[tuple[str, str]], exported: Mapping[str, Any]) -> int:
    """Deletes our objects that the stack's state does not know, and counts them.

    Without checkpoints a killed run leaves no record of what it made.
    """
    known = _known(exported)
    count = 0
    for api_version, kind in kinds:
        for metadata in (item["metadata"] for item in _ours(api, api_version, kind)):
            name, namespace = metadata["name"], metadata.get("namespace")
            if (kind, namespace or "", name) not in known and not metadata.get("ownerReferences"):
                api.delete(api_version, kind, name, namespace)
                count += 1
    return count


def _ours(api: Api, api_version: str, kind: str) -> Sequence[Mapping[str, Any]]:
    try:
        return api.list(api_version, kind, labels=MANAGED)
    except ApiException as error:
        if error.status == 404:
            return []
        raise


def _known(exported: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Kind, namespace and name of every Kubernetes object in the output of ``pulumi stack export``."""
    known = set()
    for resource in exported.get("deployment", {}).get("resources", []):
        for part in (resource.get("inputs"), resource.get("outputs")):
            if isinstance(part, dict) and isinstance(metadata := part.get("metadata"), dict):
                known.add((part.get("kind", ""), metadata.get("namespace", ""), metadata.get("name", "")))
    return known
