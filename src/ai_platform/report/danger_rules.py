"""Every rule that finds a danger: its grade, when it speaks, and the safer way. The docs are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .model import Grade
from .stateful_types import KINDS


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what it advises."""

    name: str
    grade: Grade
    """The gravest that it gives."""
    when: str
    """What it looks for."""
    safer: str
    """A safer way, where the place itself does not give a better one."""


def _kinds() -> list[Rule]:
    rules = []
    for kind, loss in KINDS.items():
        safer = loss.safer.format(noun=loss.noun)
        rules += [
            Rule(f"{kind}-removed", loss.removed, f"a {loss.noun} is deleted: {loss.reason}", safer),
            Rule(
                f"{kind}-replaced",
                Grade.CRITICAL if kind == "pool" else loss.replaced,
                f"a {loss.noun} is deleted and made anew: {loss.reason}",
                safer,
            ),
        ]
    return rules


_BACK = "keep it as it is, or say in the pull request why nobody needs it any more"

_OTHERS = (
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
    Rule(
        "reservation-dropped",
        Grade.CRITICAL,
        "a pool leaves its reservation or capacity block, or is bought in another way than reserved",
        "bring the nodes up on the new reservation or pool first, and drop the old one when they run",
    ),
    Rule(
        "mig-reset",
        Grade.HIGH,
        "GPUs that run are cut anew: what runs on them is drained first; high where no order of steps "
        "leaves every "
        "team what it is guaranteed",
        "follow the steps of `ai-platform mig NEW --from OLD`, node by node, or add a node with the new "
        "layout first",
    ),
    Rule(
        "quota-below-use",
        Grade.HIGH,
        "a team is guaranteed less than its endpoints at min_replicas and its training runs need, or "
        "than it uses "
        "now; medium where only training is hit",
        "scale the endpoints or runs down first, then cut the quota",
    ),
    Rule(
        "quota-cut",
        Grade.LOW,
        "a team is guaranteed less than before, and what is described still fits",
        "tell the team first",
    ),
    Rule(
        "borrowing-tightened",
        Grade.MEDIUM,
        "a borrowing or lending limit becomes narrower; medium where work of the team runs on what it "
        "borrows",
        "look at what the team borrows now, and tighten the limit when it runs on its own quota",
    ),
    Rule(
        "capacity-below-guarantees",
        Grade.HIGH,
        "a pool at its largest size holds less than what is guaranteed of it",
        "lower the quotas in the same change, or keep max_nodes",
    ),
    Rule(
        "pool-shrunk",
        Grade.MEDIUM,
        "max_nodes of a pool is lowered; medium where nodes that always run are among those that go",
        "cordon and drain the nodes that go first, then lower max_nodes",
    ),
    Rule(
        "pool-rolled",
        Grade.MEDIUM,
        "all nodes of a pool are replaced one after the other in their place",
        "add the new pool beside it, move quota and endpoints there, then remove the old one; or do it "
        "when nothing "
        "long runs",
    ),
    Rule(
        "pool-minimum-zero",
        Grade.MEDIUM,
        "a pool that serves endpoints keeps no node of its own any more",
        "keep min_nodes at what the endpoints need at min_replicas",
    ),
    Rule(
        "spot-only-serving",
        Grade.MEDIUM,
        "all pools of an endpoint are spot, so the cloud may take all its replicas back at once",
        "keep min_replicas on a pool that isn't spot, with the spot pool in its fall_back_to",
    ),
    Rule(
        "pool-tainted",
        Grade.HIGH,
        "a pool gets a taint that its endpoints and runs don't tolerate; high with NoExecute, which "
        "evicts them",
        "let the pods tolerate it first, or take a pool of its own for what needs the taint",
    ),
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
    Rule(
        "data-expires-sooner",
        Grade.HIGH,
        "a bucket deletes what was not written for fewer days than before; medium where only deleted "
        "objects can be "
        "had back for less long",
        "look which objects are older, copy what is still needed, then lower the days",
    ),
    Rule(
        "protection-removed",
        Grade.HIGH,
        "what keeps a thing from being deleted goes: protect, deletion protection, retention, soft deletion",
        "keep the protection; take it away in the change that needs it, and only for that resource",
    ),
    Rule(
        "public-endpoint",
        Grade.HIGH,
        "the API of a cluster is reachable from outside its network; medium for named networks only",
        "keep it private and reach it through a VPN or a bastion; else name the networks that may",
    ),
    Rule(
        "public-service",
        Grade.HIGH,
        "a load balancer, ingress or gateway is reachable from the internet; medium where its controller "
        "decides",
        "make it internal, and let outside traffic in through the gateway with authentication",
    ),
    Rule(
        "public-bucket",
        Grade.CRITICAL,
        "everybody may read a bucket or another resource, or what forbids that goes",
        "keep public access blocked; share through signed addresses or a named identity",
    ),
    Rule(
        "open-firewall", Grade.HIGH, "a firewall lets every address in", "name the networks that may come in"
    ),
    Rule(
        "network-policy-removed",
        Grade.HIGH,
        "a network policy is deleted while its namespace stays",
        "keep it, and add a narrow one for what must pass",
    ),
    Rule(
        "network-policy-widened",
        Grade.HIGH,
        "a network policy lets everything pass that it held back",
        "name the pods, namespaces or addresses that may pass",
    ),
    Rule(
        "pod-security-lowered",
        Grade.HIGH,
        "pods of a namespace may do more to their node than before",
        "keep restricted, and give the one pod that needs more a namespace of its own",
    ),
    Rule(
        "rights-widened",
        Grade.HIGH,
        "an identity gets every action, or every resource; medium for administrators of a cluster",
        "name the actions and the resources that it needs",
    ),
    Rule(
        "kubernetes-version-jump",
        Grade.HIGH,
        "Kubernetes goes up by more than one minor version, or down; clouds refuse both",
        "go one minor version at a time and look at what each one removes",
    ),
    Rule(
        "kubernetes-upgrade",
        Grade.MEDIUM,
        "Kubernetes goes up one minor version, and every node is replaced in its turn",
        "try it on an environment that nobody waits for, and run `ai-platform doctor` after it",
    ),
    Rule(
        "chart-major-jump",
        Grade.MEDIUM,
        "a chart goes up a major version, or a minor one below 1.0",
        "read its upgrade notes, try it on another environment, and upgrade its CRDs first",
    ),
    Rule(
        "chart-downgrade",
        Grade.HIGH,
        "a chart goes back to an older version, whose controllers may not read what the newer ones wrote",
        _BACK.replace("nobody needs it any more", "the older version reads the objects of the newer one"),
    ),
    Rule(
        "runtime-changed",
        Grade.HIGH,
        "the runtime of all endpoints gets another image: every replica starts anew with it; low where "
        "only the "
        "digest differs",
        "make a second runtime with the new image and move one endpoint there first",
    ),
)

RULES: Mapping[str, Rule] = {rule.name: rule for rule in (*_kinds(), *_OTHERS)}
"""By name."""
