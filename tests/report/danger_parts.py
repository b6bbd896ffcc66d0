"""Hand-made previews and plans for the tests of dangers."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import yaml

from ai_platform.environment import parse
from ai_platform.marks import Marks
from ai_platform.plan import make_plan
from ai_platform.report.dangers import dangers
from ai_platform.report.preview import Op, Preview, PropertyChange, ResourceChange
from ai_platform.report.side import Side

ROOT = Path(__file__).parents[2]
STATE = """state:
  backend: s3://example-state?region=us-east-1
  secrets_provider: awskms://alias/state
"""
EKS_POOL, BUCKET = "aws:eks/nodeGroup:NodeGroup", "aws:s3/bucket:Bucket"
NAMESPACE, POLICY = "kubernetes:core/v1:Namespace", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


def resource(token, name="thing", op=Op.UPDATE, *, before=None, after=None, changes=(), **more):
    """A resource of a user's own stack."""
    above = more.pop("above", "")
    urn = f"urn:pulumi:lab::lab::{above}{token}::{name}"
    return ResourceChange(
        urn, op, token, name, changes=tuple(changes), before=before or {}, after=after or {}, **more
    )


def found(*resources, **sides):
    """(Rule, grade) of each danger of a preview with these resources and one that stays."""
    return [(item.rule, item.grade) for item in told(*resources, **sides)]


def told(*resources):
    stays = resource("aws:sqs/queue:Queue", "mail", Op.SAME, before={"name": "mail"}, after={"name": "mail"})
    return dangers([Preview("lab", (*resources, stays))], [], [])


def one(*resources):
    (danger,) = told(*resources)
    return danger


def trust(principal, **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def replaced(token, path="kind", name="thing", **more):
    causes = [PropertyChange(path, "a", "b", replaces=True)]
    return resource(token, name, Op.REPLACE, before={"x": 1}, after={"x": 2}, changes=causes, **more)


def deleted(token, name="thing", **more):
    return resource(token, name, Op.DELETE, **{"before": {"x": 1}, **more})


def eks(public, *cidrs):
    return {"vpcConfig": {"endpointPublicAccess": public, "publicAccessCidrs": list(cidrs)}}


BASE = {
    "name": "lab",
    "cluster": {"provider": "simulated"},
    "node_pools": [
        {"name": "a", "machine": "p5.48xlarge", "min_nodes": 1, "max_nodes": 2},
        {"name": "b", "machine": "p5.48xlarge", "max_nodes": 1, "purchase_option": "spot"},
    ],
    "teams": [
        {"name": "one", "quota": {"a": {"gpus": {"nominal": 8, "borrowing_limit": 4}}}},
        {"name": "two", "quota": {"a": {"gpus": {"nominal": 8}}}},
    ],
    "endpoints": [
        {
            "name": "chat",
            "team": "one",
            "model": "qwen3-8b",
            "pool": "a",
            "gpus": 2,
            "min_replicas": 2,
            "max_replicas": 3,
        }
    ],
}


def side(description):
    environment = parse(description, subject="test")
    return Side(environment, make_plan(environment), "stacks/lab.yaml")


OLD = side(BASE)


def written(text):
    """The side that a text describes, with its lines."""
    marks = Marks(yaml.safe_load(text), text)
    environment = parse(marks.data, subject="test", marks=marks, folder=ROOT / "stacks")
    return Side(environment, make_plan(environment), "stacks/dev.yaml", marks)


def by_plan(edit, **options):
    """(Rule, grade) of a change that only the descriptions tell."""
    description = copy.deepcopy(BASE)
    edit(description)
    return [(item.rule, item.grade) for item in dangers([], [OLD], [side(description)], **options)]
