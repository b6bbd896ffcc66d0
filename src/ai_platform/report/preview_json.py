"""The document that ``pulumi preview --json --show-sames`` writes, as a preview.

Form: pulumi/pulumi pkg/display/json.go (2026-08-21). Policies are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .diagnostics import Heard, hear
from .documents import Broken, Piece
from .preview import Preview, ResourceChange
from .steps import UnreadableError, change_of, is_left_over, one_each, step_of
from .urns import stack_of
from .values import is_mapping

KEYS = frozenset({"steps", "diagnostics", "changeSummary", "duration", "maybeCorrupt"})
"""Fields by which such a document is known. It has `config` as well, which others have too."""
_NAMES = {"old": "oldState", "new": "newState", "changed": "diffReasons", "replacing": "replaceReasons"}


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
                if not is_mapping(piece.value):
                    raise UnreadableError(f"a step that is no object but {type(piece.value).__name__}")
                step = step_of(piece.value, **_NAMES)
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
