"""What changes is told by the parts of a platform that a user named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.description import read
from ai_platform.marks import Marks, read_yaml
from ai_platform.report.change import change_notes, changes, stack_parts
from ai_platform.report.components import components_of
from ai_platform.report.make import make_report
from ai_platform.report.markdown import markdown
from ai_platform.report.model_changes import Counts
from ai_platform.report.preview import Op, Preview, PropertyChange, ResourceChange
from ai_platform.report.read_preview import read_preview
from ai_platform.report.side import Side
from tests.report.recordings import recorded

DESCRIPTION = Path(__file__).parents[2] / "stacks" / "dev.yaml"
PLATFORM = "urn:pulumi:dev::ai-platform::ai-platform:index:Platform"


@pytest.fixture(scope="module")
def dev() -> Side:
    environment, plan = read(DESCRIPTION)
    return Side(environment, plan, "stacks/dev.yaml", read_yaml(DESCRIPTION))


def edited(side: Side, old: str, new: str) -> Side:
    assert side.marks
    text = side.marks.text.replace(old, new, 1)
    import yaml

    return replace(side, marks=Marks(yaml.load(text, yaml.CSafeLoader), text))


def resource(name: str, op: Op = Op.UPDATE, kind: str = "t:i:T", **fields: object) -> ResourceChange:
    urn = f"urn:pulumi:dev::p::{kind}::{name}"
    return replace(ResourceChange(urn, op, kind, name), **fields)


def test_a_change_stands_at_its_pool_with_the_property_and_the_line_of_the_description(dev: Side) -> None:
    preview = read_preview(recorded("max_nodes.json"))
    after = edited(dev, "max_nodes: 2", "max_nodes: 3")
    pool, queue = changes([preview], [dev], [after])
    assert (pool.component, pool.op, queue.component) == ("NodePool l4", Op.UPDATE, "TeamQueue notebooks")
    assert pool.description_line == f"stacks/dev.yaml:{line('    max_nodes: 2')}"
    assert queue.description_line == f"stacks/dev.yaml:{line('  - name: notebooks')}"
    (nodes,) = pool.resources
    assert [(item.path, item.before, item.after) for item in nodes.differences] == [
        ("scalingConfig.maxSize", "2", "3")
    ]
    assert (nodes.file, nodes.line) == ("stacks/__main__.py", 20)


def line(text: str) -> int:
    return DESCRIPTION.read_text().splitlines().index(text) + 1


def test_a_pool_that_goes_and_one_that_comes_are_two_changes_the_graver_first() -> None:
    found = changes([read_preview(recorded("swap.json"))])
    assert [(change.component, change.op.value) for change in found] == [
        ("NodePool l4", "delete"),
        ("Queues", "delete"),
        ("NodePool l40", "create"),
        ("TeamQueue notebooks", "update"),
    ]
    assert [line.name for line in found[0].resources] == ["dev-l4-template", "dev-l4-nodes"]


def test_counts_are_those_that_pulumi_counts() -> None:
    (part,) = stack_parts([read_preview(recorded("small.json"))])
    assert part.counts == Counts(create=2, update=1, replace=3, delete=2, same=4, rename=1)


def test_names_are_those_that_a_user_knows() -> None:
    def component(kind: str, name: str, parents: str = "ai-platform:index:Platform$") -> ResourceChange:
        urn = f"urn:pulumi:dev::ai-platform::{parents}ai-platform:index:{kind}::{name}"
        parent = f"{PLATFORM}::dev" if parents else None
        return ResourceChange(urn, Op.CREATE, f"ai-platform:index:{kind}", name, parent, custom=False)

    named = [
        component("NodePool", "dev-h100"),
        component("Tenant", "dev-assistants-tenant"),
        component("Endpoint", "dev-assistants.chat-small"),
        component("Queues", "dev-queues"),
        component("GpuOperator", "dev-gpu"),
        component("EksCluster", "dev", ""),
        component("Storage", "dev-storage-models"),
    ]
    owners = components_of(Preview("dev", tuple(named)))
    assert [owners[change.urn].shown for change in named] == [
        "NodePool h100",
        "Tenant assistants",
        "Endpoint assistants/chat-small",
        "Queues",
        "GpuOperator",
        "EksCluster",
        "Storage models",
    ]


def test_a_part_of_a_pool_belongs_to_it_though_only_the_part_is_in_the_preview() -> None:
    pool = f"{PLATFORM}$ai-platform:index:NodePool::dev-h100"
    part = resource("dev-h100-nodes", kind="aws:eks/nodeGroup:NodeGroup", parent=pool)
    assert components_of(Preview("dev", (part,)))[part.urn].shown == "NodePool h100"


def test_parents_in_a_circle_end() -> None:
    first = resource("a", parent="urn:pulumi:dev::p::t:i:T::b")
    second = resource("b", parent=first.urn)
    assert len(components_of(Preview("dev", (first, second)))) == 2


def test_what_only_differs_in_noise_counts_as_the_same_and_is_told() -> None:
    noisy = resource("quiet", changes=(PropertyChange("tagsAll.a", "1", "2"),))
    preview = Preview("dev", (noisy,))
    assert changes([preview]) == ()
    assert stack_parts([preview])[0].counts == Counts(same=1)
    (note,) = change_notes([preview])
    assert "quiet" in note
    assert "in 1 resource, which counts as the same: quiet (1 difference folded" in note


def test_a_possible_rename_stays_a_deletion_and_a_creation() -> None:
    preview = read_preview(recorded("small.json"))
    lines = [line for change in changes([preview]) for line in change.resources if line.name == "moved"]
    assert [line.op for line in lines] == [Op.CREATE, Op.DELETE]
    assert lines[0].renamed_from == lines[1].urn
    assert stack_parts([preview])[0].counts.delete == 2
    assert any("moved is deleted and moved" in note for note in change_notes([preview]))


def test_the_same_inputs_below_another_name_may_be_a_rename_unless_two_could_be_meant() -> None:
    old = resource("old", Op.DELETE, before={"size": 1})
    new = resource("new", Op.CREATE, after={"size": 1})
    assert any("an alias keeps" in note for note in change_notes([Preview("dev", (old, new))]))
    third = resource("third", Op.CREATE, after={"size": 1})
    assert [*change_notes([Preview("dev", (old, new, third))])] == []


def test_long_values_and_lists_without_end_are_cut() -> None:
    many = tuple(PropertyChange(f"p{n}", "x" * 5000, None) for n in range(500))
    ((line,),) = [change.resources for change in changes([Preview("dev", (resource("a", changes=many),))])]
    assert len(line.differences) == 101
    assert line.differences[-1].path == "… and 400 more"
    assert len(line.differences[0].before or "") < 300


def shown(before: object, after: object) -> list[tuple[str, str | None, str | None]]:
    """What a reader sees of one property that differs."""
    changed = resource("a", changes=(PropertyChange("policy", before, after),))
    ((line,),) = [change.resources for change in changes([Preview("dev", (changed,))])]
    return [(item.path, item.before, item.after) for item in line.differences]


def test_of_a_json_text_what_differs_in_it_is_shown() -> None:
    rights = [{"Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::bucket-{n}/*"} for n in range(40)]
    wider = [*rights[:30], rights[30] | {"Resource": "*"}, *rights[31:]]
    assert shown(json.dumps({"Statement": rights}), json.dumps({"Statement": wider})) == [
        ("policy.Statement[30].Resource", "arn:aws:s3:::bucket-30/*", "*")
    ]
    assert shown('{"a": 1}', '{"a": ') == [("policy", '{"a": 1}', '{"a": ')]
    assert shown([{"a": {"b": 1}}], [{"a": {"b": 2}}]) == [("policy[0].a.b", "1", "2")]


def test_a_long_text_is_cut_to_where_it_differs() -> None:
    ((_, before, after),) = shown("x" * 5000 + "old" + "y" * 900, "x" * 5000 + "new" + "y" * 900)
    assert before
    assert before.startswith("…" + "x" * 60 + "oldyy")
    assert after
    assert after.startswith("…" + "x" * 60 + "newyy")
    assert max(len(before), len(after)) < 300
    many = json.dumps(list(range(100))), json.dumps(list(range(1, 101)))
    assert len(shown(*many)) == 1


def test_what_causes_a_replacement_comes_first() -> None:
    found = (PropertyChange("a", 1, 2), PropertyChange("z", 1, 2, replaces=True))
    ((line,),) = [c.resources for c in changes([Preview("dev", (resource("x", Op.REPLACE, changes=found),))])]
    assert [item.path for item in line.differences] == ["z", "a"]


def test_a_failed_preview_makes_a_report_that_says_so(dev: Side) -> None:
    report = make_report([read_preview(recorded("bad.json"))], [dev], [dev])
    assert report.title == "dev"
    assert not report.stacks[0].complete
    assert 'got "nope"' in report.stacks[0].errors[0]
    assert report.digests == (dev.plan.digest, dev.plan.digest)
    assert "not known" in markdown(report)


def test_policies_are_the_gates_mandatory_ones_first() -> None:
    report = make_report([read_preview(recorded("policy.events"))])
    assert [(gate.level, gate.rule, gate.urn is None) for gate in report.gates] == [
        ("mandatory", "has-a", False),
        ("advisory", "few", True),
    ]


def test_no_preview_and_no_side_is_a_report_of_nothing() -> None:
    assert make_report([]).changes == ()
    with pytest.raises(InvalidInput):
        read_preview("nothing")


def test_a_cluster_stands_at_the_setting_of_it_that_changes(dev: Side) -> None:
    urn = f"{PLATFORM}$ai-platform:index:EksCluster::dev"
    component = ResourceChange(urn, Op.SAME, "ai-platform:index:EksCluster", "dev", custom=False)
    cluster = resource("dev-cluster", parent=urn, changes=(PropertyChange("version", "1.35", "1.36"),))
    preview = Preview("dev", (component, cluster))
    after = edited(dev, 'kubernetes_version: "1.35"', 'kubernetes_version: "1.36"')
    (found,) = changes([preview], [dev], [after])
    at = line('  kubernetes_version: "1.35"')
    assert found.description_line == f"stacks/dev.yaml:{at}"
    assert changes([preview], [dev], [dev])[0].description_line is None
