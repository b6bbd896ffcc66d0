"""The device of an endpoint that names none: the cheapest that fits and that the team's quota holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ..components.cohort_tree import Holding
from ..finops.prices import Price
from ..gpu.node_plan import PoolPlan
from ..serving.canary import replicas_beside
from ..serving.choices import Choice, choices, nearest_miss
from ..serving.endpoint_fit import endpoint_need
from ..serving.model import Model
from ..serving.models import model as known_model
from ..serving.offers import Offer, pool_offers
from ..serving.spec import EndpointSpec
from .quotas import GPUS, Reach


def with_device(
    spec: EndpointSpec,
    pool: PoolPlan,
    held: Mapping[str, Holding] | None,
    price: Price | None,
    own: Mapping[str, Model],
    reach: Reach,
) -> EndpointSpec:
    """The endpoint with its device; as it is when it names one, and when none fits.

    Where the quota holds all replicas on no device, the cheapest comes back: the check tells what lacks.
    """
    model = known_model(spec.model, own)
    if spec.gpus or spec.mig_profile or model is None:
        return spec
    found = choices(model, endpoint_need(spec), _offers(pool, held, price))
    if not found:
        return spec
    best = next((choice for choice in found if _holds(choice, spec, reach)), found[0])
    device = {"mig_profile": best.profile} if best.profile else {"gpus": best.fit.devices}
    return spec.model_copy(update=device | {"pipeline_parallel": best.fit.pipeline_parallel})


def _holds(choice: Choice, spec: EndpointSpec, reach: Reach) -> bool:
    """Whether the team's own quota and what it may borrow hold so many replicas."""
    each = 1 if choice.profile else choice.fit.devices
    most = reach.get((spec.pool, choice.profile or GPUS), {}).get(spec.team, 0)
    return each * (spec.max_replicas + replicas_beside(spec)) <= most


def why_no_device(
    spec: EndpointSpec,
    pool: PoolPlan,
    held: Mapping[str, Holding] | None,
    price: Price | None,
    own: Mapping[str, Model],
) -> str | None:
    """How far the nearest device is from fitting, and what would help; ``None`` when memory isn't why."""
    model = known_model(spec.model, own)
    offers = _offers(pool, held, price)
    miss = nearest_miss(model, endpoint_need(spec), offers) if model else None
    if miss is None:
        return None
    on = miss.choice.profile or f"{miss.choice.fit.devices} whole"
    return f"on {on} {miss.choice.fit.reasons[0]}; {', '.join(miss.helps[:-1]) or 'more memory'} would help"


def _offers(pool: PoolPlan, held: Mapping[str, Holding] | None, price: Price | None) -> list[Offer]:
    """The pool as the team's quota for it allows; all of it for a team without a quota of its own there."""
    offers = pool_offers([pool], {pool.name: price})
    if not held:
        return offers
    allowed = {key for key, item in held.items() if item.nominal or item.borrowing_limit != 0}
    return [_limited(offer, allowed) for offer in offers]


def _limited(offer: Offer, allowed: Collection[str]) -> Offer:
    pairs = zip(offer.profiles, offer.gpus_of_profiles, strict=True)
    kept = [(name, gpus) for name, gpus in pairs if name in allowed]
    return replace(
        offer,
        whole_gpus=offer.whole_gpus if GPUS in allowed else 0,
        profiles=tuple(name for name, _ in kept),
        gpus_of_profiles=tuple(gpus for _, gpus in kept),
    )
