"""Kubernetes quantities as an API server writes them back.

Whoever writes them otherwise is told of a change in every preview: Kueue keeps 4096Gi as 4Ti.
k8s.io/apimachinery v0.35, pkg/api/resource/quantity.go ``CanonicalizeBytes`` (2026-11-21).
"""

from __future__ import annotations

import re

_BINARY = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = ("m", "", "k", "M", "G", "T", "P", "E")
_WHOLE = re.compile(r"(\d+)([A-Za-z]*)")


def canonical(quantity: str) -> str:
    """The quantity with the largest unit that leaves a whole number. Others, such as 1.5 and 1e3, stay."""
    found = _WHOLE.fullmatch(quantity)
    units = next((units for units in (_BINARY, _DECIMAL) if found and found[2] in units), None)
    if found is None or units is None:
        return quantity
    number, at, step = int(found[1]), units.index(found[2]), 1024 if units is _BINARY else 1000
    if not number:
        return "0"
    while number % step == 0 and at + 1 < len(units):
        number, at = number // step, at + 1
    return f"{number}{units[at]}"
