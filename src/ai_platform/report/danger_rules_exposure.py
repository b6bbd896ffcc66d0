"""Rules on what guards data, networks and rights."""

from __future__ import annotations

from .danger_rule import Rule
from .model import Grade

EXPOSURE: tuple[Rule, ...] = (
    Rule(
        "data-expires-sooner",
        Grade.HIGH,
        "a bucket deletes what was not written for fewer days than before; medium where only deleted "
        "objects can be had back for less long",
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
)
