"""Why pods of an endpoint are not Ready, in the words of whoever holds them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..components.manifest import Manifest, conditions, is_true

_STARTS = ("ContainerCreating", "PodInitializing")
"""Reasons of the kubelet for a container that it is about to start."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What holds a pod back."""

    pod: str
    text: str
    container: str | None = None
    """Container whose log may say more. Default: none has one."""
    previous: bool = False
    """Whether that is the log of its run before this one."""


def causes(
    deployments: Sequence[Manifest], pods: Sequence[Manifest], workloads: Sequence[Manifest]
) -> list[Cause]:
    """One for each Deployment that makes no pods and each pod that is not Ready, in the order of names.

    ``pods`` are those of the endpoint, ``workloads`` Kueue's of the namespace.
    """
    found = [Cause("", said) for item in deployments for said in _refused(item)]
    by_pod = {
        owner["uid"]: item for item in workloads for owner in item["metadata"].get("ownerReferences") or ()
    }
    for pod in sorted(pods, key=lambda item: str(item["metadata"]["name"])):
        metadata = pod["metadata"]
        if "deletionTimestamp" in metadata or is_true(pod, "Ready"):
            continue
        load = by_pod.get(metadata.get("uid", ""))
        found.append(next(_of_pod(pod, load), Cause(metadata["name"], "not Ready, and nothing says why")))
    return found


def _refused(deployment: Manifest) -> Iterator[str]:
    for entry in conditions(deployment):
        if entry["type"] == "ReplicaFailure" and entry["status"] == "True":
            yield f"no pod can be made: {entry.get('message') or entry.get('reason')}"


def _of_pod(pod: Manifest, load: Manifest | None) -> Iterator[Cause]:
    """What holds it back, the first of which tells most."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    if pod["spec"].get("schedulingGates"):
        yield Cause(name, f"Kueue: {_unadmitted(load)}")
    for entry in conditions(pod):
        if entry["type"] == "PodScheduled" and entry["status"] == "False":
            yield Cause(name, f"{entry.get('reason')}: {entry.get('message')}")
    if status.get("phase") == "Failed":
        yield Cause(name, f"{status.get('reason') or 'Failed'}: {status.get('message') or 'no message'}")
    containers = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for container in containers:
        yield from _of_container(name, container)
    if not containers:
        yield Cause(name, f"its node {pod['spec'].get('nodeName', '')} has not started it")
    for container in containers:
        if "running" in (container.get("state") or {}) and not container.get("ready"):
            yield Cause(name, "runs, and does not answer yet", container["name"])


def _of_container(pod: str, container: Manifest) -> Iterator[Cause]:
    name, state = container["name"], container.get("state") or {}
    before = (container.get("lastState") or {}).get("terminated")
    ended, waiting = state.get("terminated") or before, state.get("waiting") or {}
    if ended and ended.get("exitCode") and not container.get("ready"):
        message = f": {ended['message'].strip()}" if ended.get("message") else ""
        again = f", {container['restartCount']} restarts" if container.get("restartCount") else ""
        text = f"{name} ended with {ended['exitCode']}, {ended.get('reason') or 'Error'}{again}{message}"
        yield Cause(pod, text, name, previous="terminated" not in state)
    elif waiting.get("message") or waiting.get("reason") not in (None, *_STARTS):
        yield Cause(pod, ": ".join(part for part in (waiting["reason"], waiting.get("message")) if part))


def _unadmitted(load: Manifest | None) -> str:
    if load is None:
        return "has not looked at it yet"
    said = [
        str(entry["message"])
        for kind in ("QuotaReserved", "Admitted")
        for entry in conditions(load)
        if entry["type"] == kind and entry["status"] == "False" and entry.get("message")
    ]
    said += [
        f"{check['name']} is {check['state']}: {check.get('message') or 'no message'}"
        for check in (load.get("status") or {}).get("admissionChecks") or ()
        if check.get("state") != "Ready"
    ]
    return "; ".join(dict.fromkeys(said)) or "has not admitted it yet"
