"""The events of the engine, as a preview: of ``--event-log`` or of a streaming ``preview --json``.

Form: pulumi/pulumi sdk/go/common/apitype/events.go (2026-08-21). They have no positions and no dependencies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import documents
from .diagnostics import Heard, hear
from .documents import Broken, Piece
from .messages import message
from .preview import Preview, ResourceChange, Violation
from .steps import UnreadableError, change_of, is_left_over, one_each, step_of
from .urns import name_of, stack_of, type_of
from .values import mapping, text

FIRST = "preludeEvent"
"""Event with which a run begins."""
_SUMMARY, _PACKS = "summaryEvent", "PolicyPacks"
_STACK = "pulumi:pulumi:Stack"
_NAMES = {"old": "old", "new": "new", "changed": "diffs", "replacing": "keys"}
_MOST_VIOLATIONS = 10_000


def preview_of_events(pieces: Iterable[Piece | Broken]) -> Preview:
    """The preview that the events of one run make."""
    heard = Heard()
    violations: dict[Violation, None] = {}
    seen = set[str]()
    changes = one_each(_changes(pieces, heard, violations, seen))
    if _SUMMARY not in seen:
        heard.cut("its events end early")
    return Preview(
        stack=next((stack_of(urn) for urn in changes), heard.stack),
        resources=tuple(changes[urn] for urn in sorted(changes)),
        violations=tuple(violations),
        errors=heard.errors,
        warnings=heard.warnings,
        complete=heard.complete,
        gated=_PACKS in seen,
    )


def _changes(
    pieces: Iterable[Piece | Broken], heard: Heard, violations: dict[Violation, None], seen: set[str]
) -> Iterator[tuple[ResourceChange, bool]]:
    for piece in pieces:
        if isinstance(piece, Broken):
            heard.cut(piece.why)
            continue
        seen.add(piece.key)
        said = mapping(piece.value)
        match piece.key:
            case "resourcePreEvent" | "resOutputsEvent":
                try:
                    step = step_of(mapping(said.get("metadata")), **_NAMES)
                    if not _is_default_provider(step.urn):
                        yield change_of(step), is_left_over(step)
                except UnreadableError as error:
                    heard.cut(str(error))
                except RecursionError:
                    heard.cut("a step that nests too deep")
            case documents.KNOWN:
                heard.stack = heard.stack or text(piece.value)
            case "diagnosticEvent":
                hear(heard, said)
            case "policyEvent" | "policyRemediationEvent" if len(violations) < _MOST_VIOLATIONS:
                violations[_violation(piece.key, said)] = None
            case "resOpFailedEvent":
                heard.fail(f"{name_of(text(mapping(said.get('metadata')).get('urn')))} failed")
            case "errorEvent":
                heard.fail(message(text(said.get("error"))) or "the engine stopped with an error")
            case "summaryEvent":
                if mapping(said.get("PolicyPacks")):
                    seen.add(_PACKS)
                if (result := text(said.get("result"))) not in ("", "succeeded"):
                    heard.complete = False
                    if not heard.lines and not _stops(violations):
                        heard.fail(f"the preview ended as: {result}")
            case _:
                pass


def _is_default_provider(urn: str) -> bool:
    """The engine makes it where a program names none; the JSON document does not show it either."""
    return "::pulumi:providers:" in urn and name_of(urn).startswith("default")


def _stops(violations: Iterable[Violation]) -> bool:
    return any(violation.level == "mandatory" for violation in violations)


def _violation(kind: str, said: dict[str, object]) -> Violation:
    urn = text(said.get("resourceUrn"))
    about = urn if urn and type_of(urn) != _STACK else None
    policy = text(said.get("policyName")) or text(said.get("policyPackName"))
    if kind == "policyEvent":
        level = text(said.get("enforcementLevel")) or "mandatory"
        return Violation(policy, level, message(text(said.get("message"))).strip(), about)
    before, after = mapping(said.get("before")), mapping(said.get("after"))
    keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return Violation(policy, "remediate", f"sets {', '.join(map(text, keys))}", about)
