"""Reading the numbers of a ``config.json`` and noting every one that is missing or wrong."""

from __future__ import annotations

from collections.abc import Mapping

from ..components.errors import Problem

Config = Mapping[str, object]


class ConfigKeys:
    """Reads numbers of the language model's part and notes what is wrong. Wrong numbers become 1."""

    def __init__(self, config: Config, problems: list[Problem]) -> None:
        text = config.get("text_config")
        self._outer = config
        self._text: Config = text if isinstance(text, dict) else config
        self._prefix = "text_config." if isinstance(text, dict) else ""
        self._problems = problems

    def number(self, *names: str, default: int | None = None, least: int = 1) -> int:
        """The first of these keys that is there, or the default."""
        for name in names:
            value = self._text.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 10**9:
                self._wrong(name, value, f"a whole number from {least}")
                return 1
            return value
        if default is None:
            self._wrong(names[0], "a missing key", f"a whole number from {least}")
            return 1
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A switch of the language model, or of the whole."""
        value = self._text.get(name)
        value = self._outer.get(name) if value is None else value
        return default if value is None else bool(value)

    def kinds(self) -> list[str] | None:
        """``layer_types`` where it is there."""
        value = self._text.get("layer_types")
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(kind, str) for kind in value):
            return value
        self._wrong("layer_types", value, "a list of names")
        return None

    def value(self, name: str) -> object:
        """What stands there, unchecked; ``None`` without the key."""
        return self._text.get(name)

    def refuse(self, name: str, entry: str, expected: str) -> None:
        """Notes that a list has an entry whose meaning for the cache is not known."""
        value = self._text.get(name)
        if isinstance(value, list) and entry in value:
            fix = "take another model; how this one keeps its cache is not known here"
            self._problems.append(Problem(f"{self._prefix}{name}", f"a list with {entry!r}", expected, fix))

    def encoder(self) -> int:
        """Parameters of the image encoder: attention and a two-layer network in each of its layers."""
        vision = self._outer.get("vision_config")
        if not isinstance(vision, dict):
            return 0
        inner = ConfigKeys(vision, self._problems)
        hidden, width = inner.number("hidden_size"), inner.number("intermediate_size")
        layers = inner.number("depth", "num_hidden_layers")
        return layers * (4 * hidden**2 + 2 * hidden * width) + inner.mergers(hidden)

    def mergers(self, hidden: int) -> int:
        """Parameters of the networks that hand what several layers of an encoder see to the model."""
        taken = self._text.get("deepstack_visual_indexes")
        if not isinstance(taken, list) or not taken:
            return 0
        merged = hidden * self.number("spatial_merge_size", default=2) ** 2
        return (len(taken) + 1) * merged * (merged + self.number("out_hidden_size"))

    def _wrong(self, name: str, got: object, expected: str) -> None:
        fix = "take the model's own config.json, unchanged"
        self._problems.append(Problem(f"{self._prefix}{name}", got, expected, fix))
