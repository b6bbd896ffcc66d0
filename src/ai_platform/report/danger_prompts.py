"""What two plans show of prompts: gone, changed without a new version, or changed without evidence."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.gates_spec import GateLevel
from ..environment import Environment
from ..planning.prompts import SHOWN_DIGEST, PromptPlan
from ..serving.evidence import EVIDENCE_RULE, PRODUCTION
from ..serving.prompt_names import config_map_name
from .danger_finding import Finding, finding, place
from .model import Grade
from .prompts import evaluated, evidence_note, prompts_of
from .resource_names import roots
from .side import Side

_GRADES = {GateLevel.MANDATORY: Grade.HIGH, GateLevel.ADVISORY: Grade.MEDIUM}


def prompts(before: Side, after: Side) -> Iterator[Finding]:
    """Prompts that go, and those whose text is new."""
    olds, news = prompts_of(before), prompts_of(after)
    grade = _asked(after.environment)
    for index, old in enumerate(before.plan.prompts):
        if (old.team, old.name) not in news:
            yield _removed(before, old, index)
    for index, new in enumerate(after.plan.prompts):
        known = olds.get((new.team, new.name))
        if known is not None and known.sha256 == new.sha256:
            continue
        root, within = _roots(after, new)
        readers = _readers(new)
        if known is not None and known.version == new.version:
            digests = " → ".join(prompt.sha256[:SHOWN_DIGEST] for prompt in (known, new))
            yield finding(
                "prompt-changed-under-same-version",
                root,
                f"prompt {new.team}/{new.name} is another text and still calls itself {new.version}: logs, "
                f"evaluations and other environments that name this version mean the text before",
                f"version: {new.version} stays; text: {digests}",
                within=within,
                place=place(after, "prompts", index, "version"),
                blast_radius=readers,
            )
        if grade is not None and not evaluated(known, new):
            yield finding(
                "prompt-without-evaluation",
                root,
                f"prompt {new.team}/{new.name} goes to {after.environment.name} with a text that nobody has "
                f"evaluated",
                evidence_note(known, new),
                grade=grade,
                within=within,
                place=place(after, "prompts", index, "evaluation"),
                blast_radius=readers,
            )


def _removed(before: Side, old: PromptPlan, index: int) -> Finding:
    root, within = _roots(before, old)
    return finding(
        "prompt-removed",
        root,
        f"prompt {old.team}/{old.name} goes: a pod that mounts {config_map_name(old.name)} does not start "
        f"any more",
        "the description no longer has it",
        within=within,
        place=place(before, "prompts", index),
        blast_radius=_readers(old),
    )


def _asked(environment: Environment) -> Grade | None:
    """How grave it is that evidence is missing; ``None`` where the gates ask for none."""
    if environment.name not in PRODUCTION:
        return None
    return _GRADES.get(environment.gates.levels.get(EVIDENCE_RULE, GateLevel.MANDATORY))


def _roots(side: Side, prompt: PromptPlan) -> tuple[str, list[str]]:
    name = side.environment.name
    root, *within = roots(name, "prompt", f"{prompt.team}/{prompt.name}")
    if prompt.endpoint:
        within.append(roots(name, "endpoint", f"{prompt.team}/{prompt.endpoint}")[0])
    return root, within


def _readers(prompt: PromptPlan) -> tuple[str, ...]:
    own = (f"endpoint {prompt.team}/{prompt.endpoint}",) if prompt.endpoint else ()
    return (*own, f"applications of team {prompt.team}")
