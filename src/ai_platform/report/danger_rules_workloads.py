"""Rules on endpoints, prompts and runs."""

from __future__ import annotations

from .danger_rule import Rule
from .model import Grade

WORKLOADS: tuple[Rule, ...] = (
    Rule(
        "endpoint-without-canary",
        Grade.HIGH,
        "an endpoint gets another model that was not its canary: all requests go to it as soon as it is "
        "Ready, and no part of them tries it first",
        "name the new model under canary first, with the percent of the requests that it shall get; when it "
        "has done well, move it up to model and remove canary",
    ),
    Rule(
        "endpoint-rollout-gap",
        Grade.HIGH,
        "an endpoint gets other pods and has no spare device for one of them beside the old ones: nobody "
        "answers for as long as the model takes to load; medium where a canary answers meanwhile",
        "give its team one more device of quota first, or the pool one more node where it is full; else do "
        "it when nobody waits for an answer",
    ),
    Rule(
        "endpoint-restarted",
        Grade.MEDIUM,
        "replicas of an endpoint start anew with other arguments, another device or another image",
        "raise min_replicas to 2 first, so that one serves while the other starts",
    ),
    Rule(
        "endpoint-removed",
        Grade.HIGH,
        "an endpoint goes, and its address with it",
        "see in its metrics that nobody calls it any more, then remove it",
    ),
    Rule(
        "endpoint-replicas-cut",
        Grade.MEDIUM,
        "replicas that always run are fewer; medium where one or none is left",
        "keep two replicas for what users wait for",
    ),
    Rule(
        "prompt-removed",
        Grade.HIGH,
        "a prompt goes, and pods that mount it do not start any more",
        "take it out of the applications first, then remove it",
    ),
    Rule(
        "prompt-without-evaluation",
        Grade.HIGH,
        "the text of a prompt is new in an environment whose gates ask for evidence, and its evaluation is "
        "missing or that of another text; medium where the gate `model-evidence` is advisory",
        "evaluate this text, and name the report under `evaluation` in the same change",
    ),
    Rule(
        "prompt-changed-under-same-version",
        Grade.MEDIUM,
        "the text of a prompt differs and its version does not",
        "give the new text a new version, in a file of its own",
    ),
    Rule(
        "run-stopped",
        Grade.MEDIUM,
        "the Job of a training run is replaced or deleted: it loses what it has done since its last "
        "checkpoint",
        "let the run end first, or give the changed one a new name",
    ),
)
