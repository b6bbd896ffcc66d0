"""Reads previews, however they were written down, and puts together what says the same run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from ..components.errors import InvalidInput, Problem
from .diagnostics import CONSEQUENCES
from .documents import Broken, Piece, pieces, raw_text
from .event_stream import FIRST, preview_of_events
from .preview import Preview, ResourceChange
from .preview_json import preview_of_document

_EXPECTED = "what `pulumi preview --json --show-sames` prints, or the events of `--event-log`"
_FIX = "run: pulumi preview --json --show-sames > preview.json"
_FIRST_EVENT = b'{"sequence"'
_EMPTY = "the preview wrote nothing: Pulumi failed before it began"


def read_preview(source: str | Path, *, stack: str = "") -> Preview:
    """The one preview that a text or a file holds: a document, events, or both.

    What can't be read makes it incomplete. ``stack`` is for a preview that does not say its stack. Raises
    ``InvalidInput`` for what is no preview, and for previews of several stacks.
    """
    found = read_previews(source, stack=stack)
    if len(found) == 1:
        return found[0]
    got = f"previews of {len(found)} stacks: {', '.join(preview.stack for preview in found)}"
    raise InvalidInput(_subject(source), [Problem("", got, "one stack", "give each stack a file of its own")])


def read_files(paths: Sequence[Path], *, stack: str = "") -> tuple[Preview, ...]:
    """The preview of each stack that some files tell of, by stack, in whatever order they come."""
    previews: list[Preview] = []
    for path in sorted(paths, key=_has_events):
        whole = {preview.stack for preview in previews if preview.complete and preview.resources}
        previews += read_previews(path, stack=stack, known=whole)
    return tuple(map(_settled, by_stack(previews, stack)))


def _settled(preview: Preview) -> Preview:
    """A preview that a policy stops is whole: it ends as failed, and says no other reason."""
    stopped = any(violation.level == "mandatory" for violation in preview.violations)
    if stopped and all(error.startswith(CONSEQUENCES) for error in preview.errors):
        return replace(preview, errors=(), complete=True)
    return preview


def read_previews(
    source: str | Path, *, stack: str = "", known: Set[str] = frozenset()
) -> tuple[Preview, ...]:
    """The preview of each stack that a text or a file tells of, by stack.

    Of stacks whose resources are ``known`` already, events give policies and diagnostics only.
    """
    try:
        raw = raw_text(source)
    except OSError as error:
        got = f"a file that can't be read: {error.strerror or error}"
        raise InvalidInput(_subject(source), [Problem("", got, "a preview", "check the path")]) from None
    # Stripping would copy a text of a hundred megabytes.
    if not raw or raw.isspace():
        return (Preview(stack, errors=(_EMPTY,), complete=False),)
    found = list(_previews(raw, known))
    if not found:
        raise InvalidInput(_subject(source), [Problem("", "a text that is no preview", _EXPECTED, _FIX)])
    return by_stack(found, stack)


def by_stack(previews: Iterable[Preview], stack: str = "") -> tuple[Preview, ...]:
    """One preview for each stack. What does not say its stack belongs to the only one there is."""
    found = list(previews)
    named = {preview.stack for preview in found if preview.stack}
    (other,) = named if len(named) == 1 else (stack,)
    together: dict[str, Preview] = {}
    for preview in found:
        name = preview.stack or other
        together[name] = merged(together[name], preview) if name in together else _called(preview, name)
    return tuple(together[name] for name in sorted(together))


def merged(first: Preview, second: Preview) -> Preview:
    """What two records of the same run say together: the fuller word on each resource, all else of both."""
    changes = {change.urn: change for change in first.resources}
    for change in second.resources:
        known = changes.get(change.urn)
        if known is None or _fullness(change) > _fullness(known):
            changes[change.urn] = change
    return Preview(
        stack=first.stack or second.stack,
        resources=tuple(changes[urn] for urn in sorted(changes)),
        violations=tuple(dict.fromkeys([*first.violations, *second.violations])),
        errors=tuple(dict.fromkeys([*first.errors, *second.errors])),
        warnings=tuple(dict.fromkeys([*first.warnings, *second.warnings])),
        complete=first.complete and second.complete,
        gated=first.gated or second.gated,
    )


def _fullness(change: ResourceChange) -> tuple[bool, bool, int]:
    return bool(change.dependencies), change.file is not None, len(change.changes)


def _called(preview: Preview, stack: str) -> Preview:
    if preview.stack == stack:
        return preview
    return replace(preview, stack=stack)


def _previews(raw: str, known: Set[str]) -> Iterator[Preview]:
    for (events, _), group in groupby(_labelled(pieces(raw, known)), key=lambda pair: pair[0]):
        parts = (piece for _, piece in group)
        if events:
            yield preview_of_events(parts)
        elif (preview := preview_of_document(parts)) is not None:
            yield preview


def _labelled(parts: Iterable[Piece | Broken]) -> Iterator[tuple[tuple[bool, int], Piece | Broken]]:
    """Each piece with what it belongs to: a run's events, or a document."""
    runs, begun = 0, False
    for piece in parts:
        if isinstance(piece, Piece):
            # Other programs lay out an event on many lines: it looks like a document.
            if piece.key.endswith("Event"):
                # Policies are loaded before a run begins.
                if piece.key == FIRST:
                    runs, begun = runs + begun, True
                yield (True, runs), piece
                continue
            if piece.key in ("sequence", "timestamp"):
                continue
        yield (not piece.document, runs if not piece.document else piece.document), piece


def _has_events(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_FIRST_EVENT)) == _FIRST_EVENT
    except OSError:
        return False


def _subject(source: str | Path) -> str:
    return str(source) if isinstance(source, Path) else "the preview"
