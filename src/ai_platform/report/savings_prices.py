"""What the same nodes would cost bought in another way, or on another machine with the same GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from ..catalogs import machines_of
from ..finops.prices import Price, PurchaseOption
from ..gpu.machines import Fabric, Machine
from .model_money import Saving
from .variants import Bought, Planned, accepted, month, nodes_said, said

_VCPU_PER_GPU = 4
"""Fewer starve the processes that feed a GPU; the smallest machine with a whole GPU has these."""


def reserved(where: Planned) -> Iterator[Saving]:
    """Nodes that always run on demand, where a price with a commitment is known."""
    for pool in where.pools():
        always, offer = pool.spec.min_nodes, _less(where, pool, pool.spec.machine, PurchaseOption.RESERVED)
        if pool.spec.purchase_option is not PurchaseOption.ON_DEMAND or not always or offer is None:
            continue
        yield Saving(
            what=f"Reserve the {nodes_said(always)} of pool {where.prefix}{pool.spec.name} that always run.",
            monthly_usd=month(pool.price, always) - month(offer, always),
            why=f"{pool.spec.machine} on demand: {said(pool.price)}; reserved: {said(offer)}. Reserved nodes "
            f"are paid for every hour, so they break even where one runs {_percent_up(offer, pool.price)} % "
            "of the time, and these always do.",
        )


def spot(where: Planned) -> Iterator[Saving]:
    """Pools for training alone, where a spot price is known. Never where an endpoint may run."""
    environment = where.environment
    serving = {name for spec in environment.endpoints for name in _reached(where, spec.pool)}
    training = {spec.pool for spec in environment.training_jobs}
    for pool in where.pools():
        name, offer = pool.spec.name, _less(where, pool, pool.spec.machine, PurchaseOption.SPOT)
        if pool.spec.purchase_option is not PurchaseOption.ON_DEMAND or offer is None:
            continue
        if name in serving or name not in training:
            continue
        change = {"purchase_option": PurchaseOption.SPOT, "reservation": None}
        if not accepted(environment, pool.spec.model_copy(update=change)):
            continue
        lost = 100 - _percent_up(offer, pool.price)
        yield Saving(
            what=f"Buy pool {where.prefix}{name} on the spot market: only training is described on it.",
            monthly_usd=month(pool.price, pool.expected_nodes) - month(offer, pool.expected_nodes),
            why=f"{pool.spec.machine} on demand: {said(pool.price)}; spot: {said(offer)}; at the "
            f"{nodes_said(pool.expected_nodes)} that are expected to run. Interruptions cost work since the "
            f"last checkpoint: it breaks even while less than {lost} % of the work is lost.",
        )


def machines(where: Planned) -> Iterator[Saving]:
    """The cheapest machine with the same GPUs, bought in the same way, that may stand in its place."""
    for pool in where.pools():
        if not pool.by_the_hour or pool.plan.tpu:
            continue
        catalog = machines_of(where.environment)
        now = catalog[pool.spec.machine]
        offers = [
            (price.usd_per_hour, row.name, row, price)
            for row in catalog.values()
            if _same_gpus(row, now, pool)
            for price in [_less(where, pool, row.name, pool.spec.purchase_option)]
            if price
        ]
        for _, name, row, price in sorted(offers, key=lambda offer: offer[:2]):
            if accepted(where.environment, pool.spec.model_copy(update={"machine": name})):
                yield Saving(
                    what=f"Take {name} in place of {now.name} for pool {where.prefix}{pool.spec.name}: "
                    f"the same {now.gpu_count} × {now.gpu}.",
                    monthly_usd=month(pool.price, pool.expected_nodes) - month(price, pool.expected_nodes),
                    why=f"{now.name}: {said(pool.price)}; {name}: {said(price)}; at the "
                    f"{nodes_said(pool.expected_nodes)} that are expected to run. {_host(now, row)}",
                )
                break


def _reached(where: Planned, pool: str) -> set[str]:
    plan = next(plan for plan in where.plan.pools if plan.name == pool)
    return {pool, *plan.fall_back_to}


def _same_gpus(row: Machine, now: Machine, pool: Bought) -> bool:
    """Whether ``row`` could do the work of ``now``. Weights pass through its memory to the GPUs."""
    alike = (row.cloud, row.gpu, row.gpu_count, row.arm64, row.imex) == (
        (now.cloud, now.gpu, now.gpu_count, now.arm64, now.imex)
    )
    return (
        alike
        and row.name != now.name
        and (row.mig or not pool.spec.mig)
        and pool.spec.fabric in {Fabric.NONE, row.fabric}
        and (row.vcpu or 0) >= _VCPU_PER_GPU * row.gpu_count
        and (row.memory_gib or 0) * 1024 >= pool.plan.gpu_memory_mib * row.gpu_count
    )


def _host(now: Machine, row: Machine) -> str:
    shown = [
        f"{here} in place of {there} {unit}"
        for here, there, unit in (
            (row.vcpu, now.vcpu, "vCPU"),
            (row.memory_gib, now.memory_gib, "GiB of memory"),
            (row.local_disk_gib, now.local_disk_gib, "GiB of local disk"),
            (row.network_gbps, now.network_gbps, "Gbit/s"),
        )
        if here != there
    ]
    return f"It has {', '.join(shown)}." if shown else "CPUs, memory, disks and network are the same."


def _less(where: Planned, pool: Bought, machine: str, option: PurchaseOption) -> Price | None:
    """The price of a machine, where it is known and below what the pool's nodes cost."""
    price = where.price(machine, option)
    return price if price and price.usd_per_hour < pool.price.usd_per_hour else None


def _percent_up(part: Price, whole: Price) -> int:
    """``part`` of ``whole`` in percent, rounded up: so much is enough."""
    return ceil(100 * Fraction(part.usd_per_hour) / Fraction(whole.usd_per_hour))
