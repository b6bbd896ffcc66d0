"""The machines and prices that hold for one environment: the library's and what its description adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from .components.errors import Problem
from .environment import Environment
from .finops.cluster_cost import cluster_parts
from .finops.cluster_prices import CLUSTER_PRICES
from .finops.price_book import PriceBook, price_book
from .finops.prices import PurchaseOption
from .gpu.machine_spec import contradictions, with_machines
from .gpu.machines import Machine, closest
from .gpu.tpus import TPU_MACHINES, TpuMachine

Location = tuple[str | int, ...]
Add = Callable[[Location, object, str, str], Problem]


def machines_of(environment: Environment) -> Mapping[str, Machine]:
    """The catalog with the environment's own machines in it."""
    return with_machines(environment.machines)


def prices_of(environment: Environment) -> PriceBook:
    """The prices with the environment's own rows and discounts."""
    return price_book(environment.prices, environment.discounts)


def problems_in_catalogs(environment: Environment, problem: Add) -> Iterator[Problem]:
    """What is wrong with the environment's own machines and prices."""
    first: dict[str, int] = {}
    for index, spec in enumerate(environment.machines):
        if spec.name in first:
            fix = f"remove one of machines[{first[spec.name]}] and machines[{index}]"
            yield problem(("machines", index, "name"), spec.name, "a machine described once", fix)
        first.setdefault(spec.name, index)
        if spec.name in TPU_MACHINES:
            expected, fix = "a machine with GPUs: those with TPUs are as the catalog says", "remove it"
            yield problem(("machines", index, "name"), spec.name, expected, fix)
            continue
        for key, got, expected, fix in contradictions(spec):
            yield problem(("machines", index, key), got, expected, fix)
    if environment.price_files:
        expected = "a description that was read from its file, with its price files"
        fix = "read it with ai_platform.description.read, or write the rows under prices"
        yield problem(("price_files",), "a price file that nobody read", expected, fix)
    yield from _prices(environment, problem)


def _prices(environment: Environment, problem: Add) -> Iterator[Problem]:
    """Own price rows for no machine or for the same thing twice. Rows of price files come after these."""
    known = priced(environment)
    first: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(environment.prices):
        if row.machine not in known:
            yield problem(("prices", index, "machine"), row.machine, *unknown_price(row.machine, known))
        key = row.machine, row.region, row.option
        if key in first:
            fix = f"remove one of prices[{first[key]}] and prices[{index}]"
            expected = "one price for a machine, region and option"
            yield problem(("prices", index, "machine"), row.machine, expected, fix)
        first.setdefault(key, index)


def priced(environment: Environment) -> frozenset[str]:
    """What a price may be for: machines, and what a cluster is paid for beside them."""
    described = {spec.name for spec in environment.machines}
    of_clusters = {name for name, *_ in CLUSTER_PRICES}
    of_clusters |= {part.item for part in cluster_parts(environment.cluster)}
    return frozenset({*machines_of(environment), *TPU_MACHINES, *described, *of_clusters})


def unknown_price(name: str, known: frozenset[str]) -> tuple[str, str]:
    """What was expected instead of the name of a price that is for nothing, and the fix."""
    return "a machine of the catalog or a part of a cluster", _other_machine(closest(name, sorted(known)))


def unknown_machine(name: str, machines: Mapping[str, Machine]) -> tuple[str, str]:
    """What was expected instead of a machine that isn't there, and the fix."""
    return "a machine of the catalog", _other_machine(closest(name, [*machines, *TPU_MACHINES]))


def _other_machine(close: Sequence[str]) -> str:
    fix = f"did you mean {' or '.join(close)}?" if close else "take a machine of AWS or GCP with GPUs or TPUs"
    return f"{fix}; or describe it under machines"


def why_not_sold(environment: Environment, machine: Machine | TpuMachine, option: PurchaseOption) -> str:
    """As what a machine is sold when not that way, else an empty text. An own price is proof that it is."""
    if option in machine.purchase_options:
        return ""
    if any((row.machine, row.option) == (machine.name, option) for row in environment.prices):
        return ""
    sold = ", ".join(machine.purchase_options)
    doubt = f" ({machine.purchase_provisional})" if machine.purchase_provisional else ""
    return f"what {machine.name} is sold as: {sold}{doubt}"
