"""MIG only where the GPU can be cut so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from ..components.gates_spec import GateLevel
from ..gpu.gcp.partitions import PARTITIONS
from ..gpu.gpus import GPUS
from ..gpu.machines import MACHINES, Machine
from ..gpu.mig.placement import why_not
from ..gpu.mig.profiles import known_layouts
from ..gpu.node_groups import MIG_CONFIG_LABEL
from .look import UNKNOWN, Resource, strings
from .pools import Pool, pools
from .rule import Finding, Rule, Settings

Entry = Mapping[str, Any]
Layouts = Mapping[str, Sequence[Entry]]
_WHOLE = "all-disabled"


def mig_possible(resources: Sequence[Resource], _: Settings) -> Iterator[Finding]:
    """Pools whose nodes are asked for a MIG layout that their GPUs can't have."""
    layouts, hidden = _layouts(resources)
    for pool in pools(resources):
        for line in _of_pool(pool, layouts, hidden):
            yield Finding(line, pool.resource.urn, pool.resource.name)


def _of_pool(pool: Pool, layouts: Layouts, hidden: bool) -> Iterator[str]:
    name = pool.labels.get(MIG_CONFIG_LABEL)
    if pool.partition is None and name in (None, _WHOLE):
        return
    if pool.machine is None:
        pool.resource.note("its machine type, by which its MIG layout is judged")
        return
    for machine in pool.machines:
        row = MACHINES.get(machine)
        if row is None:
            pool.resource.hide(f"the GPUs of {machine}, which no table has")
        else:
            yield from _of_machine(pool, row, layouts, hidden)


def _of_machine(pool: Pool, row: Machine, layouts: Layouts, hidden: bool) -> Iterator[str]:
    name = pool.labels.get(MIG_CONFIG_LABEL)
    if pool.partition is not None:
        count = PARTITIONS.get(pool.partition, 0)
        reason = why_not(row.gpu, {pool.partition: count or 1})
        if reason or not row.mig:
            yield f"GKE can't cut {row.gpu} into {pool.partition}: {reason or 'not on this machine'}"
    if name in (None, _WHOLE):
        return
    if not row.mig:
        yield f"{MIG_CONFIG_LABEL} is {name}, and {row.gpu} of {row.name} can't be cut with MIG"
        return
    if str(name) in layouts:
        for devices in _cuts(layouts[str(name)], row):
            if reason := why_not(row.gpu, devices):
                yield f"layout {name}: {reason}"
    elif str(name) not in known_layouts(row.gpu) and str(name) != "all-enabled":
        if hidden:
            pool.resource.note(f"the layout {name}")
        elif not layouts:
            pool.resource.hide(f"the layout {name}, which is in no ConfigMap of this stack")
        else:
            yield f"{MIG_CONFIG_LABEL} is {name}, and no ConfigMap for the MIG manager has it"


def _cuts(entries: Sequence[Entry], row: Machine) -> Iterator[dict[str, int]]:
    """How the GPUs of a machine are cut, by mig-parted's entries for them."""
    ids = {f"0x{device}10DE".lower() for device in GPUS[row.gpu].pci_devices}
    for entry in entries:
        named = {wanted.lower() for wanted in strings(entry.get("device-filter"))}
        if named and ids and not named & ids:
            continue
        devices = entry.get("mig-devices") or {}
        if entry.get("mig-enabled") and isinstance(devices, Mapping) and devices:
            yield {str(profile): int(count) for profile, count in devices.items()}


def _layouts(resources: Sequence[Resource]) -> tuple[Layouts, bool]:
    """mig-parted's layouts in the stack's ConfigMaps by name, and whether one could not be read."""
    found: dict[str, Sequence[Entry]] = {}
    hidden = False
    for resource in resources:
        if resource.kind != "ConfigMap":
            continue
        data = resource.properties.get("data")
        for text in data.values() if isinstance(data, Mapping) else [data]:
            hidden |= text is UNKNOWN
            if isinstance(text, str) and "mig-configs" in text:
                found |= _read(text)
    return found, hidden


def _read(text: str) -> Layouts:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    configs = document.get("mig-configs") if isinstance(document, Mapping) else None
    return {
        str(name): [entry for entry in entries if isinstance(entry, Mapping)]
        for name, entries in (configs or {}).items()
        if isinstance(entries, list)
    }


RULE = Rule(
    "mig-possible",
    "Nodes are asked for MIG layouts, by label or by GKE's partition size, that their GPUs can have",
    "The MIG manager drains the node, fails, and the GPUs serve nobody until somebody looks",
    "Take a layout that `ai-platform mig` finds possible for the machine's GPU",
    GateLevel.MANDATORY,
    on_stack=mig_possible,
)
