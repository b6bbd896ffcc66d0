"""Rules on teams, stacks and their access."""

from __future__ import annotations

from .danger_rule import Rule
from .model import Grade

STACKS: tuple[Rule, ...] = (
    Rule(
        "team-removed",
        Grade.CRITICAL,
        "a team leaves the description, or gets another name: its namespace goes with every volume, "
        "endpoint and run",
        "add the team under its new name, move its work and data, then remove the old one",
    ),
    Rule(
        "crd-version-removed",
        Grade.HIGH,
        "a version of a custom resource definition is served no more: who asks for it gets an error",
        "serve both until nobody asks for the old one, and until no object is stored in it",
    ),
    Rule(
        "stacks-left-behind",
        Grade.HIGH,
        "an environment gets other stacks, another state or no description, and what runs stays where "
        "nothing looks after it",
        "move the state with `pulumi stack export` and `import`, or destroy what runs before the change",
    ),
    Rule(
        "provider-replaced",
        Grade.CRITICAL,
        "a provider is replaced, and with it every resource that it made",
        "keep what identifies it (cluster_identifier, region, account); add a second provider for what "
        "is new",
    ),
    Rule(
        "many-deletes",
        Grade.CRITICAL,
        "ten resources or more are deleted, and more than half of the stack",
        "check that the right stack and description are meant; remove parts of it in steps",
    ),
    Rule(
        "secret-exposed",
        Grade.CRITICAL,
        "a value that was a secret becomes plain text in the state",
        "pass it as a secret again (pulumi.Output.secret); once it was written in plain text, rotate it",
    ),
    Rule(
        "anonymous-access",
        Grade.CRITICAL,
        "rights are bound to system:anonymous, system:unauthenticated or system:authenticated",
        "bind the rights to a group of the identity provider",
    ),
)
