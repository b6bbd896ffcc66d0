"""What contradicts itself in the storage that runs and endpoints mount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from ..components.errors import Problem
from ..components.storage_spec import Purpose, StorageKind
from ..environment import Environment
from ..serving.spec import EndpointSpec
from ..serving.vllm_arguments import FOLDERS
from .quotas import Add, Location


def mount_problems(
    environment: Environment, team: str, mounts: Mapping[str, str], at: Location, problem: Add
) -> Iterator[Problem]:
    """Storage that isn't there or is not for the team, and two in one folder."""
    storages = {storage.name: storage for storage in environment.storage}
    folders: dict[PurePosixPath, str] = {}
    for name, folder in mounts.items():
        where = (*at, "mounts", name)
        if name not in storages:
            expected = f"a storage of this file: {', '.join(storages) or 'none'}"
            yield problem(where, name, expected, "correct the name, or add it under storage")
        elif team not in storages[name].teams:
            fix = f"add {team} to readers or writers of {name}"
            yield problem(where, name, f"a storage that {team} may read or write", fix)
        first = folders.setdefault(PurePosixPath(folder), name)
        if first != name:
            yield problem(where, folder, f"a folder of its own: {first} is there", "take another folder")


def endpoint_mount_problems(
    environment: Environment, spec: EndpointSpec, at: Location, problem: Add
) -> Iterator[Problem]:
    """The same for an endpoint, folders that its server uses, and weights that are in none of them."""
    yield from mount_problems(environment, spec.team, spec.mounts, at, problem)
    for name, folder in spec.mounts.items():
        hidden = [taken for taken in FOLDERS if PurePosixPath(taken).is_relative_to(folder)]
        if hidden:
            expected = f"a folder that leaves {', '.join(hidden)} to vLLM"
            yield problem((*at, "mounts", name), folder, expected, "take another folder, such as /models")
    yield from weights_problems(environment, spec, at, problem)


def weights_problems(
    environment: Environment, spec: EndpointSpec, at: Location, problem: Add
) -> Iterator[Problem]:
    """Weights that are in none of the endpoint's mounts, or in one that doesn't keep them."""
    if spec.weights is not None:
        yield from _weights(environment, spec, PurePosixPath(spec.weights), (*at, "weights"), problem)


def _weights(
    environment: Environment, spec: EndpointSpec, path: PurePosixPath, at: Location, problem: Add
) -> Iterator[Problem]:
    within = [name for name, folder in spec.mounts.items() if path.is_relative_to(folder)]
    if not within:
        folders = ", ".join(spec.mounts.values()) or "it has none"
        fix = "correct the path, or mount the storage that holds them"
        yield problem(at, spec.weights, f"a path in one of the endpoint's mounts: {folders}", fix)
        return
    deepest = max(within, key=lambda name: len(PurePosixPath(spec.mounts[name]).parts))
    for storage in environment.storage:
        if storage.name != deepest:
            continue
        if storage.kind is StorageKind.LOCAL:
            expected = "a path in a storage that keeps data: local disks are empty when a replica starts"
            yield problem(at, spec.weights, expected, "take a bucket or shared files")
        elif storage.purpose is not Purpose.WEIGHTS:
            expected = f"a path in a storage with purpose: weights; {deepest} has {storage.purpose}"
            yield problem(at, spec.weights, expected, "mount the storage that holds weights")
