"""Reading the keys of a ``config.json`` and noting every one that is missing or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ..components.errors import Problem

Config = Mapping[str, object]

_MOST, _MOST_LAYERS = 10**9, 1000
_STATE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_NONE: Config = MappingProxyType({})


class ConfigKeys:
    """Reads keys of the language model's part and notes what is wrong. Wrong numbers become 1."""

    def __init__(
        self, config: Config, problems: list[Problem], *, prefix: str = "", defaults: Config = _NONE
    ) -> None:
        """``defaults``: values of keys that are not there. A key that is there and null has none."""
        text = config.get("text_config")
        nested = isinstance(text, dict)
        self._outer = config
        self._text: Config = {**defaults, **(text if isinstance(text, dict) else config)}
        self._outer_prefix = prefix
        self._prefix = f"{prefix}text_config." if nested else prefix
        self._problems = problems

    @property
    def architecture(self) -> str:
        """The first of ``architectures``; empty without one."""
        names = self._outer.get("architectures")
        return names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""

    def layers(self, *names: str, default: int | None = None) -> int:
        """The number of layers, each of which is looked at."""
        return self.number(*names, default=default, most=_MOST_LAYERS)

    def number(self, *names: str, default: int | None = None, least: int = 1, most: int = _MOST) -> int:
        """The first of these keys that is there and not null, or the default."""
        for name in names:
            value = self._text.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                self.wrong(name, value, f"a whole number from {least} to {most}")
                return 1
            return value
        if default is None:
            self.wrong(names[0], "a missing key", f"a whole number from {least} to {most}")
            return 1
        return default

    def stated(self, name: str, *, null: int) -> int:
        """A number from 0 that has to be in the file, where null stands for ``null``."""
        if name not in self._text:
            self.wrong(name, "a missing key", f"a whole number from 0 to {_MOST}")
        return self.number(name, default=null, least=0)

    def window(self, name: str, *, default: int = 0) -> int:
        """Tokens of a window; 0 where the file switches it off with null or 0."""
        if name in self._text and self._text[name] is None:
            return 0
        return self.number(name, default=default, least=0)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A switch of the language model, or of the whole."""
        value = self._text.get(name)
        value = self._outer.get(name) if value is None else value
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(name, value, "true or false")
        return default

    def state_bytes(self, name: str, *, default: int) -> int:
        """Bytes per number of a state of that type."""
        value = self._text.get(name)
        if isinstance(value, str) and value in _STATE_BYTES:
            return _STATE_BYTES[value]
        if value is not None:
            self.wrong(name, value, f"one of {', '.join(_STATE_BYTES)}")
        return default

    def kinds(self) -> list[str] | None:
        """``layer_types`` where it is there."""
        return self.names("layer_types")

    def names(self, name: str) -> list[str] | None:
        """A list of names where it is there."""
        value = self._text.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return value
        self.wrong(name, value, "a list of names")
        return None

    def value(self, name: str) -> object:
        """What stands there, unchecked; ``None`` without the key."""
        return self._text.get(name)

    def part(self, name: str) -> ConfigKeys | None:
        """The keys of a part of the language model, or of the whole; ``None`` without it."""
        inside = self._text.get(name) is not None
        value = self._text[name] if inside else self._outer.get(name)
        path = f"{self._prefix if inside else self._outer_prefix}{name}"
        if isinstance(value, dict):
            return ConfigKeys(value, self._problems, prefix=f"{path}.")
        if value is not None:
            self._note(path, value, "a JSON object")
        return None

    def refuse_layers(self, named: Sequence[str], layers: int, known: Iterable[str]) -> None:
        """Notes that ``layer_types`` doesn't say of each layer what it is."""
        got = next((kind for kind in named if kind not in set(known)), f"a list of {len(named)}")
        self.wrong("layer_types", got, f"{layers} of {', '.join(known)}")

    def wrong(self, name: str, got: object, expected: str) -> None:
        """Notes that a key of the language model is not what it should be."""
        self._note(f"{self._prefix}{name}", got, expected)

    def missing(self, name: str, expected: str) -> None:
        """Notes that a part of the whole is not there."""
        self._note(f"{self._outer_prefix}{name}", "a missing key", expected)

    def _note(self, path: str, got: object, expected: str) -> None:
        # Several readers look at the same key.
        if all(problem.path != path for problem in self._problems):
            fix = "take the model's own config.json, unchanged"
            self._problems.append(Problem(path, got, expected, fix))
