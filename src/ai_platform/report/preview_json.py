"""The document that ``pulumi preview --json --show-sames`` writes, as a preview.

Form: pulumi/pulumi pkg/display/json.go (2026-08-21). Policies are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .diagnostics import Heard, hear
from .documents import Broken, Piece
from .preview import Preview, ResourceChange
from .steps import Step, UnreadableError, change_of, is_left_over, one_each, stack_of
from .values import is_mapping, mapping, text, texts

KEYS = frozenset({"steps", "diagnostics", "changeSummary", "duration", "maybeCorrupt"})
"""Fields by which such a document is known. It has `config` as well, which others have too."""


def preview_of_document(pieces: Iterable[Piece | Broken]) -> Preview | None:
    """The preview that the fields of one document make; ``None`` for a document that is no preview."""
    heard = Heard()
    seen = set[str]()
    changes = one_each(_changes(pieces, heard, seen))
    if not seen & KEYS and not (heard.broken and not seen):
        return None
    return Preview(
        stack=next((stack_of(urn) for urn in changes), heard.stack),
        resources=tuple(changes[urn] for urn in sorted(changes)),
        errors=heard.errors,
        warnings=heard.warnings,
        complete=heard.complete,
    )


def _changes(
    pieces: Iterable[Piece | Broken], heard: Heard, seen: set[str]
) -> Iterator[tuple[ResourceChange, bool]]:
    for piece in pieces:
        if isinstance(piece, Broken):
            heard.cut(piece.why)
            continue
        seen.add(piece.key)
        if piece.key == "steps":
            try:
                step = _step(piece.value)
                yield change_of(step), is_left_over(step)
            except UnreadableError as error:
                heard.cut(str(error))
            except RecursionError:
                heard.cut("a step that nests too deep")
        elif piece.key == "diagnostics":
            said = piece.value if isinstance(piece.value, list) else []
            for diagnostic in said:
                hear(heard, diagnostic)
        elif piece.key == "maybeCorrupt" and piece.value is True:
            heard.cut("Pulumi says that its result may be corrupt")


def _step(value: object) -> Step:
    if not is_mapping(value):
        raise UnreadableError(f"a step that is no object but {type(value).__name__}")
    return Step(
        op=text(value.get("op")),
        urn=text(value.get("urn")),
        old=mapping(value.get("oldState")),
        new=mapping(value.get("newState")),
        diff=mapping(value.get("detailedDiff")),
        changed=tuple(texts(value.get("diffReasons"))),
        replacing=tuple(texts(value.get("replaceReasons"))),
        provider=text(value.get("provider")),
    )
