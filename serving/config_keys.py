"""Reading the numbers of a ``config.json`` and noting every one that is missing or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..components.errors import Problem

Config = Mapping[str, object]

_MOST, _MOST_LAYERS = 10**9, 1000
_GATED_ENCODERS = ("pixtral", "gemma4_vision")


class ConfigKeys:
    """Reads numbers of the language model's part and notes what is wrong. Wrong numbers become 1."""

    def __init__(self, config: Config, problems: list[Problem], prefix: str = "") -> None:
        text = config.get("text_config")
        self._outer = config
        self._text: Config = text if isinstance(text, dict) else config
        self._prefix = "text_config." if isinstance(text, dict) else prefix
        self._problems = problems

    def layers(self, *names: str, default: int | None = None) -> int:
        """The number of layers, each of which is looked at."""
        return self.number(*names, default=default, most=_MOST_LAYERS)

    def number(self, *names: str, default: int | None = None, least: int = 1, most: int = _MOST) -> int:
        """The first of these keys that is there, or the default."""
        for name in names:
            value = self._text.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                self.wrong(name, value, f"a whole number from {least} to {most}")
                return 1
            return value
        if default is None:
            self.wrong(names[0], "a missing key", f"a whole number from {least}")
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
        self.wrong("layer_types", value, "a list of names")
        return None

    def value(self, name: str) -> object:
        """What stands there, unchecked; ``None`` without the key."""
        return self._text.get(name)

    def refuse_layers(self, named: Sequence[str], layers: int, known: Iterable[str]) -> None:
        """Notes that ``layer_types`` doesn't say of each layer what it is."""
        got = next((kind for kind in named if kind not in set(known)), f"a list of {len(named)}")
        self.wrong("layer_types", got, f"{layers} of {', '.join(known)}")

    def encoder(self) -> int:
        """Parameters of the image encoder: attention and a feed-forward network in each of its layers."""
        vision = self._outer.get("vision_config")
        if not isinstance(vision, dict):
            return 0
        inner = ConfigKeys(vision, self._problems, "vision_config.")
        hidden = inner.number("hidden_size", "vt_hidden_size")
        width = inner.number("intermediate_size", "vt_intermediate_size")
        layers = inner.layers("depth", "num_hidden_layers", "vt_num_hidden_layers")
        kind = vision.get("model_type")
        matrices = 3 if kind in _GATED_ENCODERS else 2
        text = self.number("hidden_size")
        projector = inner.mergers(hidden)
        if kind == "pixtral":
            # Four patches become one, then two layers.
            projector = 4 * hidden**2 + hidden * text + text**2
        elif "mm_projector_type" in vision:
            merged = 4 * hidden
            projector = merged * (merged + text)
        return layers * (4 * hidden**2 + matrices * hidden * width) + projector

    def mergers(self, hidden: int) -> int:
        """Parameters of the networks that hand what several layers of an encoder see to the model."""
        taken = self._text.get("deepstack_visual_indexes")
        if not isinstance(taken, list) or not taken:
            return 0
        merged = hidden * self.number("spatial_merge_size", default=2) ** 2
        return (len(taken) + 1) * merged * (merged + self.number("out_hidden_size"))

    def wrong(self, name: str, got: object, expected: str) -> None:
        """Notes that a key is not what it should be."""
        fix = "take the model's own config.json, unchanged"
        self._problems.append(Problem(f"{self._prefix}{name}", got, expected, fix))
