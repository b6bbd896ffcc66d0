"""All ways to run a model that meet a need, cheapest first; the nearest miss when there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from ..gpu.gpus import GPUS, GpuName, MemorySource
from ..gpu.mig.profiles import device_memory_mib, gpu_share, profiles
from .fit import DEFAULT_BATCHED_TOKENS, Fit, fit
from .memory import Adapters
from .model import Model
from .offers import Offer
from .precision import Precision

GPU_COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Need:
    """What one replica must be able to do."""

    context_length: int
    concurrency: int = 1
    """Requests of full length at once."""
    precision: Precision | None = None
    """Of the weights; ``None`` is the checkpoint's own."""
    kv_cache_precision: Precision = Precision.BF16
    adapters: Adapters | None = None
    max_num_batched_tokens: int = DEFAULT_BATCHED_TOKENS


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to run the model, fitting or not."""

    offer: Offer
    profile: str | None
    """MIG device, or ``None`` for whole GPUs."""
    fit: Fit
    usd_per_hour: Decimal | None
    """Its part of the machine's price; ``None`` when unknown."""

    @property
    def provisional(self) -> tuple[str, ...]:
        """What about the device or its price isn't settled, one sentence each."""
        gpu, notes = GPUS[self.offer.gpu], []
        if self.profile is None and gpu.memory_source is MemorySource.ESTIMATE:
            notes.append(f"memory of {gpu.name} is an estimate")
        if self.profile and profiles(gpu.name)[self.profile].estimated:
            notes.append(f"memory of {self.profile} is an estimate")
        if self.profile and gpu.provisional:
            notes.append(f"{gpu.name}: {gpu.provisional}")
        return (*notes, *([self.offer.price_note] if self.offer.price_note else []))


@dataclass(frozen=True, slots=True)
class Miss:
    """The choice that lacks the least memory, and what would make it fit."""

    choice: Choice
    helps: tuple[str, ...]


def choices(model: Model, need: Need, offers: Iterable[Offer]) -> list[Choice]:
    """Every fitting choice, cheapest first, unknown prices last.

    For a number of GPUs it is the one with the fewest pipeline stages. Where several places offer the same
    devices at a known price, all of them are listed.
    """
    return sorted((choice for choice in _attempts(model, need, offers) if choice.fit.fits), key=_order)


def cheapest_of_each_kind(found: Sequence[Choice]) -> list[Choice]:
    """Of choices that differ only in the place, the first."""
    kinds: dict[tuple[object, ...], Choice] = {}
    for choice in found:
        sizes = (choice.fit.tensor_parallel, choice.fit.pipeline_parallel)
        kinds.setdefault((choice.offer.gpu, choice.profile, *sizes), choice)
    return list(kinds.values())


def nearest_miss(model: Model, need: Need, offers: Iterable[Offer]) -> Miss | None:
    """Of choices that don't fit, the one with the least missing memory; ``None`` when memory isn't why."""
    missed = [
        choice
        for choice in _attempts(model, need, offers)
        if choice.fit.short_by_mib and len(choice.fit.reasons) == 1
    ]
    if not missed:
        return None
    nearest = min(missed, key=lambda choice: (choice.fit.short_by_mib, _order(choice)))
    return Miss(nearest, tuple(_helps(model, need, nearest)))


def why_nothing(model: Model, need: Need, offers: Iterable[Offer]) -> list[str]:
    """Every reason against any choice, once each, without those of memory."""
    offered = list(offers)
    if not any(offer.profiles or offer.whole_gpus for offer in offered):
        return ["no whole GPU and no MIG device is offered; a model takes no shared GPUs and no TPUs"]
    reasons = [
        reason
        for choice in _attempts(model, need, offered)
        for reason in choice.fit.reasons
        if not reason.startswith("each device lacks")
    ]
    return list(dict.fromkeys(reasons))


def _attempts(model: Model, need: Need, offers: Iterable[Offer]) -> Iterator[Choice]:
    for offer in offers:
        for profile in offer.profiles:
            sized = _sized(model, need, offer.gpu, profile, 1, 1)
            yield Choice(offer, profile, sized, offer.usd_per_hour(1, profile))
        for gpus in GPU_COUNTS:
            if gpus <= offer.whole_gpus:
                sized = _whole(model, need, offer, gpus)
                yield Choice(offer, None, sized, offer.usd_per_hour(gpus, None))


def _whole(model: Model, need: Need, offer: Offer, gpus: int) -> Fit:
    # A longer pipeline makes each token slower, so it is taken only where the model can't be split otherwise.
    tried: list[Fit] = []
    for stages in (number for number in (1, 2, 4, 8) if number <= gpus):
        sized = _sized(model, need, offer.gpu, None, gpus // stages, stages)
        if sized.fits:
            return sized
        tried.append(sized)
    return min(tried, key=lambda sized: (len(sized.reasons), sized.short_by_mib))


# Environments repeat their endpoints, machines their GPUs, and every check asks again.
@lru_cache(maxsize=4096)
def _sized(model: Model, need: Need, gpu: GpuName, profile: str | None, tensor: int, stages: int) -> Fit:
    return fit(
        model,
        gpu=gpu,
        device_memory_mib=device_memory_mib(gpu, profile),
        context_length=need.context_length,
        concurrency=need.concurrency,
        tensor_parallel=tensor,
        pipeline_parallel=stages,
        mig=profile is not None,
        precision=need.precision,
        kv_cache_precision=need.kv_cache_precision,
        adapters=need.adapters,
        max_num_batched_tokens=need.max_num_batched_tokens,
    )


def _order(choice: Choice) -> tuple[bool, Decimal, Fraction, int, str, str]:
    share = gpu_share(choice.offer.gpu, choice.profile) if choice.profile else Fraction(choice.fit.devices)
    return (
        choice.usd_per_hour is None,
        choice.usd_per_hour or Decimal(0),
        share,
        -choice.fit.kv_cache_tokens,
        choice.offer.place,
        choice.profile or "",
    )


def _helps(model: Model, need: Need, choice: Choice) -> Iterator[str]:
    def fits(changed: Need) -> bool:
        sizes = (choice.fit.tensor_parallel, choice.fit.pipeline_parallel)
        return _sized(model, changed, choice.offer.gpu, choice.profile, *sizes).fits

    fp8 = GPUS[choice.offer.gpu].fp8
    small_cache = replace(need, kv_cache_precision=Precision.FP8)
    if fp8 and need.kv_cache_precision is Precision.BF16 and fits(small_cache):
        yield "an fp8 KV cache"
    if choice.fit.precision is Precision.BF16:
        if fits(replace(need, precision=Precision.FP8)):
            yield "fp8 weights"
        elif fp8 and fits(replace(small_cache, precision=Precision.FP8)):
            yield "fp8 weights and an fp8 KV cache"
    fewer = _largest(need.concurrency - 1, lambda number: fits(replace(need, concurrency=number)))
    if fewer:
        yield f"a concurrency of {fewer}"
    shorter = _largest(need.context_length - 1, lambda number: fits(replace(need, context_length=number)))
    if shorter:
        yield f"a context of {shorter} tokens"
    yield f"a device with {choice.fit.short_by_mib} MiB more, or more devices"


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to ``most`` that fits, or 0; what is smaller than a fitting one fits too."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
