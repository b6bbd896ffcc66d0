"""Rules on pools, their GPUs and quotas."""

from __future__ import annotations

from .danger_rule import Rule
from .model import Grade

CAPACITY: tuple[Rule, ...] = (
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
        "leaves every team what it is guaranteed",
        "follow the steps of `ai-platform mig NEW --from OLD`, node by node, or add a node with the new "
        "layout first",
    ),
    Rule(
        "quota-below-use",
        Grade.HIGH,
        "a team is guaranteed less than its endpoints at min_replicas and its training runs need, or "
        "than it uses now; medium where only training is hit",
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
        "when nothing long runs",
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
)
