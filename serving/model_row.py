"""A row of the tables of models, and what several of them name as their source."""

from __future__ import annotations

from decimal import Decimal

from .architecture import Architecture
from .model import Checked, Model
from .precision import Formats, Precision

COPY = "config.json as copied in aiconfigurator-core 0.12.0 (2026-09), read 2026-11-21"
SISTER = "config.json of NVIDIA's NVFP4 copy in aiconfigurator-core 0.12.0 (2026-09), read 2026-11-21"


def row(
    name: str,
    params_b: str,
    max_context: int,
    hugging_face_id: str,
    licence: str | None,
    shape: Architecture,
    *,
    native: Precision = Precision.BF16,
    checked: Checked = Checked.SOURCE,
    source: str = COPY,
    held: Formats | None = None,
    takes_adapters: bool = True,
) -> Model:
    """A model that is known by name. ``held``: where parts of the weights have formats of their own."""
    return Model(
        name,
        shape,
        Decimal(params_b),
        max_context,
        hugging_face_id,
        native,
        licence,
        checked,
        source,
        formats=held,
        # NVIDIA's quantised checkpoints name an fp8 cache.
        names_cache=hugging_face_id.startswith("nvidia/") and native is not Precision.BF16,
        takes_adapters=takes_adapters,
    )
