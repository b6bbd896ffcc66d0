"""The texts in which Pulumi writes a preview, taken apart piece by piece."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Generator, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_BETWEEN = re.compile(r"[ \t\r\n,\[\]\x00]*")
_EVENT = re.compile(
    r'\{"sequence":\d+,"timestamp":\d+,"(?P<kind>\w+)":'
    r'(?:\{"metadata":\{"op":"(?P<op>[\w-]+)","urn":"urn:pulumi:(?P<stack>[^:"\\]+)::)?'
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8 = b"\xef\xbb\xbf"
_SKIPPED = frozenset({"resOutputsEvent", "progressEvent"})
"""Events that say again what others say, and are half of all. Only of a refresh they bring what it found."""
KNOWN = "knownEvent"
"""Key of a piece that stands for an event on a resource of a known stack; its value is the stack."""
_MOST_BROKEN = 20
_HEAD = 500
_DEBUG = '"severity":"debug"}}'


@dataclass(frozen=True, slots=True)
class Piece:
    """A value out of a document."""

    document: int
    """Counts the JSON documents; all events of a text are one, 0."""
    key: str
    """Field of the document, or kind of the event. ``steps`` comes once for each step."""
    value: object


@dataclass(frozen=True, slots=True)
class Broken:
    """A place from which on a document can't be read."""

    document: int
    why: str


def raw_text(source: str | Path) -> str:
    """Characters of a text or file, one for each byte of its UTF-8: what isn't ASCII is decoded by piece.

    A single character beyond it would make Python keep the whole text at four bytes each. Raises ``OSError``.
    """
    if isinstance(source, str):
        return source if source.isascii() else source.encode("utf-8", "replace").decode("latin-1")
    with source.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (ValueError, OSError):
            return _characters(file.read())
        with mapped:
            return _characters(mapped)


def pieces(raw: str, known: Set[str] = frozenset()) -> Iterator[Piece | Broken]:
    """What a text holds, in its order. What stands between documents is passed over.

    Events on resources of ``known`` stacks are passed over as well.
    """
    at, count, broken = 0, 0, 0
    while broken < _MOST_BROKEN and (at := _skip(_BETWEEN, raw, at)) < len(raw):
        if raw.startswith('{"sequence"', at):
            end = raw.find("\n", at)
            end = len(raw) if end < 0 else end
            yield from _event(raw, at, end, known)
            at = end
        elif raw[at] == "{":
            count += 1
            at, whole = yield from _document(raw, at, count)
            broken += not whole
        else:
            end = raw.find("\n", at)
            at = len(raw) if end < 0 else end


def _characters(data: bytes | mmap.mmap) -> str:
    head = data[:3]
    if head[:2] in _UTF16:
        # PowerShell writes what is redirected that way.
        return data[:].decode("utf-16", "replace").encode("utf-8", "replace").decode("latin-1")
    return str(data[3:] if head == _UTF8 else data, "latin-1")


def _event(raw: str, start: int, end: int, known: Set[str]) -> Iterator[Piece | Broken]:
    head = _EVENT.match(raw, start, min(end, start + _HEAD))
    if head and head["stack"] in known:
        yield Piece(0, KNOWN, head["stack"])
        return
    if head and (
        (head["kind"] in _SKIPPED and head["op"] != "refresh") or raw.startswith(_DEBUG, end - len(_DEBUG))
    ):
        return
    event = _whole(raw, start, end)
    if isinstance(event, dict):
        for key, value in event.items():
            if key not in ("sequence", "timestamp"):
                yield Piece(0, str(key), value)
    else:
        yield Broken(0, "an event ends early")


def _document(raw: str, start: int, number: int) -> Generator[Piece | Broken, None, tuple[int, bool]]:
    """The fields of an object; returns where it ends and whether it was whole."""
    at = start + 1
    try:
        while raw[at := _skip(_SPACE, raw, at)] != "}":
            if raw[at] == ",":
                at += 1
                continue
            key, at = _value(raw, at)
            at = _skip(_SPACE, raw, at)
            if not isinstance(key, str) or raw[at] != ":":
                raise ValueError
            at = _skip(_SPACE, raw, at + 1)
            if key == "steps" and raw[at] == "[":
                at += 1
                while raw[at := _skip(_SPACE, raw, at)] != "]":
                    if raw[at] == ",":
                        at += 1
                        continue
                    value, at = _value(raw, at)
                    yield Piece(number, key, value)
                at += 1
            else:
                value, at = _value(raw, at)
                yield Piece(number, key, value)
    except (ValueError, IndexError, RecursionError):
        yield Broken(number, "the document ends early, or is not JSON from there on")
        return _resumed(raw, at), False
    return at + 1, True


def _resumed(raw: str, at: int) -> int:
    """Where another document may begin behind one that is broken: at a brace that starts a line."""
    found = [place for sign in ("\n{", "\r{") if (place := raw.find(sign, at)) >= 0]
    return min(found) + 1 if found else len(raw)


def _value(raw: str, at: int) -> tuple[object, int]:
    value, end = _DECODER.raw_decode(raw, at)
    return (value if raw[at:end].isascii() else _decoded(raw[at:end])), end


def _whole(raw: str, start: int, end: int) -> object:
    try:
        return _decoded(raw[start:end])
    except (ValueError, RecursionError):
        return None


def _decoded(piece: str) -> object:
    return json.loads(piece if piece.isascii() else piece.encode("latin-1").decode("utf-8", "replace"))


def _skip(pattern: re.Pattern[str], raw: str, at: int) -> int:
    found = pattern.match(raw, at)
    return found.end() if found else at
