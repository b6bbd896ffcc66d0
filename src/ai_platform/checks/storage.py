"""What contradicts itself about the storage of a description."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogs import machines_of
from ..components.cluster_spec import EksSpec, GkeSpec
from ..components.errors import Problem
from ..components.storage_rules import contradictions
from ..components.storage_spec import StorageKind, StorageSpec
from ..environment import Environment
from ..gpu.spec import LocalDisk
from .quotas import Add, Location


def storage_problems(environment: Environment, problem: Add) -> Iterator[Problem]:
    """Teams and links that aren't there, and what the cluster or its nodes can't give."""
    cluster = environment.cluster
    zones = tuple(cluster.zones) if isinstance(cluster, EksSpec | GkeSpec) else ()
    teams = dict.fromkeys(team.name for team in environment.teams)
    for index, spec in enumerate(environment.storage):
        at: Location = ("storage", index)
        for key in ("readers", "writers"):
            for number, team in enumerate(getattr(spec, key)):
                if team not in teams:
                    expected = f"a team of this file: {', '.join(teams)}"
                    yield problem((*at, key, number), team, expected, "correct the name or add the team")
        for field, got, expected, fix in contradictions(spec, cluster.provider, zones):
            yield problem((*at, field), got, expected, fix)
        yield from _link(environment, spec, at, problem)
        yield from _far(environment, spec, zones, at, problem)
        if spec.kind is StorageKind.LOCAL:
            yield from _local(environment, spec, at, problem)


def _link(environment: Environment, spec: StorageSpec, at: Location, problem: Add) -> Iterator[Problem]:
    if spec.linked_storage is None or spec.kind is not StorageKind.SHARED_FILES:
        return
    buckets = [other.name for other in environment.storage if other.kind is StorageKind.OBJECT]
    if spec.linked_storage not in buckets:
        expected = f"a storage of this file with kind object: {', '.join(buckets) or 'there is none'}"
        fix = "correct the name or add the bucket"
        yield problem((*at, "linked_storage"), spec.linked_storage, expected, fix)


def _far(
    environment: Environment, spec: StorageSpec, zones: tuple[str, ...], at: Location, problem: Add
) -> Iterator[Problem]:
    """A file system in a zone without nodes: each byte would cross zones, and be paid for."""
    if spec.kind is not StorageKind.SHARED_FILES or not zones:
        return
    used = dict.fromkeys(zone for pool in environment.node_pools for zone in pool.zones or zones)
    zone = spec.zone or zones[0]
    if zone in zones and zone not in used:
        expected = f"a zone with GPU nodes: {', '.join(used)}"
        yield problem((*at, "zone"), zone, expected, "write the zone of the pools that use it")


def _local(environment: Environment, spec: StorageSpec, at: Location, problem: Add) -> Iterator[Problem]:
    catalog = machines_of(environment)
    disks = [
        catalog[pool.machine].local_disk_gib or 0
        for pool in environment.node_pools
        if pool.machine in catalog and pool.local_disk is LocalDisk.EPHEMERAL
    ]
    largest = max(disks, default=0)
    if not largest:
        expected = "object or shared_files: no pool has local disks that pods may use"
        fix = "take one of these, or a pool whose machine has local disks, with local_disk: ephemeral"
        yield problem((*at, "kind"), spec.kind, expected, fix)
    elif spec.capacity_gib is not None and spec.capacity_gib > largest:
        expected = f"at most {largest} GiB, what the local disks of one node hold"
        yield problem((*at, "capacity_gib"), spec.capacity_gib, expected, "lower it")
