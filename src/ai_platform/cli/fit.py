"""The command ``ai-platform fit``: on which GPUs a model fits, cheapest first."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..components.errors import InvalidInput, Problem
from ..serving.fit import DEFAULT_BATCHED_TOKENS
from ..serving.memory import Adapters
from ..serving.precision import Precision
from ..serving.spec import SOURCE_PATTERN, LoraRank
from .command import Add
from .footnotes import Footnotes
from .narrow import Fitting
from .output import show, write

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..serving.choices import Choice, Miss, Need
    from ..serving.model import Model
    from ..serving.offers import Offer

_NOTHING_FITS = 1
_LORA_RANK = 16
_ROWS = 15
_UNKNOWN = "?"
_SIZES = (
    "weights\nGiB",
    "cache\nGiB",
    "cache\ntokens",
    "requests\nat once",
    "longest\nrequest",
    "USD\nan hour",
)
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("fit", _fit, "show on which GPUs a model fits, cheapest first; touches nothing")
    parser.add_argument("model", metavar="MODEL", help="of the catalog, of --env, or a name for --config")
    parser.add_argument(
        "--context", metavar="N", type=_tokens, default=8192, help="32768 or 32k; default: 8k"
    )
    parser.add_argument(
        "--concurrency", metavar="N", type=_count, default=1, help="full requests; default: 1"
    )
    precisions = [precision.value for precision in Precision]
    parser.add_argument("--precision", choices=precisions, help="default: the checkpoint's own")
    parser.add_argument("--kv-cache", choices=["bf16", "fp8"], default="bf16", help="default: bf16")
    parser.add_argument("--adapters", metavar="N", type=_count, help="LoRA adapters held at once")
    ranks = [rank.value for rank in LoraRank]
    parser.add_argument("--lora-rank", metavar="R", type=int, choices=ranks, help="default: 16")
    parser.add_argument(
        "--batched-tokens",
        metavar="N",
        type=_tokens,
        default=DEFAULT_BATCHED_TOKENS,
        help=f"tokens of one step at most; default: {DEFAULT_BATCHED_TOKENS}",
    )
    parser.add_argument("--env", metavar="ENV|FILE", help="its pools; default: every machine of the catalog")
    parser.add_argument("--config", metavar="FILE", type=Path, help="config.json of a model of your own")
    parser.add_argument("--all", action="store_true", help=f"more than {_ROWS} choices")
    parser.add_argument("--json", action="store_true", help="for programs")


def _tokens(text: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,8})([km]?)", text.strip().lower())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of tokens: write it as 32768 or 32k")
    return int(found[1]) * _UNITS[found[2]]


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 999999")
    return int(text)


def _fit(options: argparse.Namespace) -> int:
    from ..serving.choices import Need, cheapest_of_each_kind, choices, nearest_miss, why_nothing
    from ..serving.offers import catalog_offers

    if options.lora_rank and not options.adapters:
        fix = "say how many: --adapters N"
        raise InvalidInput("fit", [Problem("--lora-rank", options.lora_rank, "adapters of that rank", fix)])
    offers, own = _environment(options.env) if options.env else (catalog_offers(), {})
    model = _model(options, own)
    need = Need(
        context_length=options.context,
        concurrency=options.concurrency,
        precision=Precision(options.precision) if options.precision else None,
        kv_cache_precision=Precision(options.kv_cache),
        adapters=Adapters(options.adapters, options.lora_rank or _LORA_RANK) if options.adapters else None,
        max_num_batched_tokens=options.batched_tokens,
    )
    found = choices(model, need, offers)
    if not options.env:
        found = cheapest_of_each_kind(found)
    miss = None if found else nearest_miss(model, need, offers)
    reasons = [] if found or miss else why_nothing(model, need, offers)
    if options.json:
        write(json.dumps(_as_json(model, need, found, miss, reasons), indent=2))
    elif found:
        show(_table(model, need, found, None if options.all else _ROWS))
    else:
        show(_nothing(model, need, miss, reasons))
    return 0 if found else _NOTHING_FITS


def _environment(target: str) -> tuple[list[Offer], dict[str, Model]]:
    from ..catalogs import prices_of
    from ..planning.prices import price_of
    from ..serving.offers import pool_offers
    from ..serving.own_models import own_models
    from . import project

    environment, plan = project.described_by(target)
    own, _ = own_models(environment.models)
    book = prices_of(environment)
    prices = {pool.name: price_of(pool, book, environment.region) for pool in plan.pools}
    return pool_offers(plan.pools, prices), own


def _model(options: argparse.Namespace, own: dict[str, Model]) -> Model:
    from ..serving.config_json import model_from_config, read_config
    from ..serving.models import MODELS, closest, model

    if options.config:
        if not re.fullmatch(SOURCE_PATTERN, options.model):
            fix = "name it, for example house/model-8b"
            raise InvalidInput("fit", [Problem("MODEL", options.model, "letters without spaces", fix)])
        config = read_config(options.config)
        return model_from_config(options.model, config, source=options.model, subject=str(options.config))
    found = model(options.model, own)
    if found:
        return found
    close = closest(options.model, own)
    fix = f"did you mean {' or '.join(close)}?" if close else "take one of these, or give --config"
    # All names fill a screen, and the likely ones would be lost below them.
    known = "" if close else f": {', '.join(dict.fromkeys([*own, *MODELS]))}"
    expected = f"a model of the catalog{known}"
    raise InvalidInput("fit", [Problem("MODEL", options.model, expected, fix)])


def _table(model: Model, need: Need, found: Sequence[Choice], most: int | None) -> RenderableType:
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown = list(found)[:most]
    notes = Footnotes()
    places = [_place(choice, "".join(map(notes.mark, choice.provisional))) for choice in shown]
    sizes = [_sizes(choice) for choice in shown]

    def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
        made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        for name in heads:
            made.add_column(name, no_wrap=len(heads) > 1, overflow="fold")
        for name in _SIZES:
            made.add_column(name, justify="right", no_wrap=True)
        for row, size in zip(rows, sizes, strict=True):
            made.add_row(*row, *size)
        return made

    beneath = [[f"{devices}\n{', '.join(filter(None, (on, split)))}"] for on, devices, split in places]
    more = len(found) - len(shown)
    first = shown[0]
    return Group(
        _asked(model, need),
        Fitting(table(("on", "devices", "split"), places), table(("devices\non, split",), beneath)),
        Text(
            "cache, weights: on each device; split: GPUs that share a layer × parts of the layers, "
            f"E spreads whole experts; price: the device's part of the machine's, {_UNKNOWN} is unknown"
        ),
        *([Text(f"{more} more choices: --all")] if more else []),
        *map(Text, notes.lines()),
        Text(f"\nvLLM for {_devices(first)} of {first.offer.place}:"),
        *(Text(f"  {argument}") for argument in _arguments(first)),
    )


def _place(choice: Choice, marks: str) -> tuple[str, str, str]:
    fit = choice.fit
    split = f"{fit.tensor_parallel} × {fit.pipeline_parallel}" + (" E" if fit.expert_parallel else "")
    return choice.offer.place, _devices(choice) + marks, split if fit.devices > 1 else ""


def _sizes(choice: Choice) -> tuple[str, ...]:
    fit = choice.fit
    return (
        f"{fit.weights_mib / 1024:.1f}",
        f"{fit.kv_cache_mib / 1024:.1f}",
        f"{fit.kv_cache_tokens:,}",
        str(fit.max_concurrency),
        f"{fit.max_context:,}",
        _UNKNOWN if choice.usd_per_hour is None else f"{choice.usd_per_hour:.2f}",
    )


def _nothing(model: Model, need: Need, miss: Miss | None, reasons: Sequence[str]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    lines = ["nothing fits"]
    if miss:
        choice = miss.choice
        lines.append(f"nearest: {_devices(choice)} of {choice.offer.place}; {choice.fit.reasons[0]}")
        lines += [f"what would help: {text}" for text in miss.helps]
    lines += [f"why: {reason}" for reason in reasons]
    return Group(_asked(model, need), *(Text(line) for line in lines))


def _asked(model: Model, need: Need) -> RenderableType:
    from rich.text import Text

    precision = need.precision or model.native_precision
    parts = [
        f"{model.name} in {precision}: {need.concurrency} × {need.context_length:,} tokens",
        f"{need.kv_cache_precision} cache",
    ]
    if need.adapters:
        parts.append(f"{need.adapters.count} adapters of rank {need.adapters.rank}")
    if not model.source.startswith("config.json"):
        parts.append(f"shape not read in the model's own configuration: {model.source}")
    return Text("; ".join(parts))


def _devices(choice: Choice) -> str:
    if choice.profile:
        return f"{choice.profile} of {choice.offer.gpu}"
    return f"{choice.fit.devices} × {choice.offer.gpu}"


def _arguments(choice: Choice) -> tuple[str, ...]:
    from ..serving.vllm_arguments import vllm_arguments

    try:
        return vllm_arguments(choice.fit)
    except ValueError as error:
        # The weights fit in that format, but vLLM can't make them while loading.
        return (str(error),)


def _as_json(
    model: Model, need: Need, found: Sequence[Choice], miss: Miss | None, reasons: Sequence[str]
) -> dict[str, Any]:
    return {
        "model": model.name,
        "hugging_face_id": model.hugging_face_id,
        "source": model.source,
        "checked": model.checked.value,
        "context_length": need.context_length,
        "concurrency": need.concurrency,
        "choices": [_choice_as_json(choice) for choice in found],
        "nearest_miss": _choice_as_json(miss.choice) | {"helps": list(miss.helps)} if miss else None,
        "reasons": list(reasons),
    }


def _choice_as_json(choice: Choice) -> dict[str, Any]:
    fit = choice.fit
    return {
        "place": choice.offer.place,
        "gpu": choice.offer.gpu.value,
        "mig_profile": choice.profile,
        "gpus": None if choice.profile else fit.devices,
        "tensor_parallel": fit.tensor_parallel,
        "pipeline_parallel": fit.pipeline_parallel,
        "expert_parallel": fit.expert_parallel,
        "precision": fit.precision.value,
        "kv_cache_precision": fit.kv_cache_precision.value,
        "weights_mib": fit.weights_mib,
        "overhead_mib": fit.overhead.total_mib,
        "kv_cache_mib": fit.kv_cache_mib,
        "kv_cache_tokens": fit.kv_cache_tokens,
        "max_concurrency": fit.max_concurrency,
        "max_context": fit.max_context,
        "short_by_mib": fit.short_by_mib,
        "usd_per_hour": None if choice.usd_per_hour is None else f"{choice.usd_per_hour:.4f}",
        "provisional": list(choice.provisional),
        "arguments": list(_arguments(choice)) if fit.fits else [],
    }
