"""`ai_platform.testing`: a program goes in, what it would register comes out."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading

import pulumi
import pytest

from ai_platform.testing import UNKNOWN, Asset, Recording, RecordingError, Resource, Secret, record


class Leaf(pulumi.CustomResource):
    """A resource whose provider computes an address."""

    address: pulumi.Output[str]

    def __init__(
        self, name: str, props: dict[str, object] | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("test:index:Leaf", name, {"address": None, **(props or {})}, opts)


class Branch(pulumi.ComponentResource):
    """A component inside a component."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Branch", name, {}, opts)
        self.leaf = Leaf(f"{name}-leaf", {"size": 3}, pulumi.ResourceOptions(parent=self))
        self.register_outputs({"address": self.leaf.address})


class Tree(pulumi.ComponentResource):
    """A component with a nested component."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Tree", name, {}, opts)
        self.branch = Branch(f"{name}-branch", pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def addressed(resource: Resource) -> dict[str, object]:
    return {"address": f"{resource.name}.example"} if resource.type == "test:index:Leaf" else {}


def test_a_urn_names_the_types_of_all_parents() -> None:
    assert record(lambda: Tree("oak")).urns() == (
        "urn:pulumi:test::test::test:index:Tree$test:index:Branch$test:index:Leaf::oak-branch-leaf",
        "urn:pulumi:test::test::test:index:Tree$test:index:Branch::oak-branch",
        "urn:pulumi:test::test::test:index:Tree::oak",
    )


def test_a_resource_at_the_top_belongs_to_the_stack() -> None:
    leaf = record(lambda: Leaf("a"), stack="dev", project="shop").only("test:index:Leaf")
    assert leaf.urn == "urn:pulumi:dev::shop::test:index:Leaf::a"
    assert leaf.parent == "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


def test_inputs_are_plain_values() -> None:
    given = {"size": 3, "share": 0.5, "on": True, "tags": ["a", {"b": None}]}
    leaf = record(lambda: Leaf("a", dict(given))).only("test:index:Leaf")
    assert leaf.inputs == given
    assert isinstance(leaf.inputs["size"], int)


def test_a_recording_cannot_be_changed() -> None:
    leaf = record(lambda: Leaf("a", {"tags": ["x"]})).only("test:index:Leaf")
    leaf.inputs["tags"].append("y")
    assert leaf.inputs == {"tags": ["x"]}
    with pytest.raises(AttributeError):
        leaf.name = "b"  # type: ignore[misc]


def test_two_resources_with_one_urn_are_refused() -> None:
    def program() -> None:
        Leaf("twin")
        Leaf("twin")

    with pytest.raises(RecordingError, match=r"two resources have the URN .*::twin"):
        record(program)


def test_two_resources_may_share_a_name_under_parents_of_different_types() -> None:
    def program() -> None:
        tree = Tree("t")
        Leaf("twin", opts=pulumi.ResourceOptions(parent=tree))
        Leaf("twin", opts=pulumi.ResourceOptions(parent=tree.branch))

    assert len(record(program).of("test:index:Leaf")) == 3


def chained() -> None:
    Leaf("second", {"target": Leaf("first").address})


def test_an_up_knows_what_the_provider_returns() -> None:
    second = {leaf.name: leaf for leaf in record(chained, outputs=addressed).of("test:index:Leaf")}["second"]
    assert second.inputs == {"target": "first.example"}
    assert second.options.depends_on == ("urn:pulumi:test::test::test:index:Leaf::first",)


def test_a_preview_does_not_know_what_nobody_gave() -> None:
    second = {leaf.name: leaf for leaf in record(chained, preview=True).of("test:index:Leaf")}["second"]
    assert second.inputs == {"target": UNKNOWN}


def test_a_preview_does_not_know_ids() -> None:
    def program() -> None:
        pulumi.export("id", Leaf("a").id)

    assert record(program, preview=True).exports == {"id": UNKNOWN}
    assert record(program).exports == {"id": "a-id"}


def test_a_resource_made_in_apply_is_missing_from_a_preview() -> None:
    def program() -> None:
        Leaf("first").address.apply(lambda _: Leaf("hidden"))

    assert len(record(program, preview=True).resources) == 1
    assert len(record(program, outputs=addressed).resources) == 2


def test_the_program_sees_whether_it_is_a_preview() -> None:
    def program() -> None:
        pulumi.export("preview", pulumi.runtime.is_dry_run())

    assert record(program, preview=True).exports == {"preview": True}
    assert record(program).exports == {"preview": False}


def test_an_error_of_the_program_comes_out_as_it_is() -> None:
    error = KeyError("machine")

    def program() -> None:
        Leaf("before")
        raise error

    with pytest.raises(KeyError) as caught:
        record(program)
    assert caught.value is error


def test_an_error_of_the_program_comes_before_what_it_causes() -> None:
    def program() -> None:
        Leaf("twin")
        Leaf("twin")
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        record(program)


def test_an_error_in_apply_fails_the_recording() -> None:
    def program() -> None:
        Leaf("a").urn.apply(lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        record(program)


def test_work_that_never_ends_is_named() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    def program() -> None:
        left = Leaf("a").id.apply(lambda _: asyncio.ensure_future(forever()) is None)
        pulumi.export("collected", left.apply(lambda _: gc.collect(1) >= 0))

    with pytest.raises(RecordingError, match=r"never ended after 0\.2 s: .*forever"):
        record(program, timeout_s=0.2)


def test_work_that_ends_late_is_waited_for() -> None:
    async def late() -> None:
        await asyncio.sleep(0.05)
        Leaf("late")

    def program() -> None:
        asyncio.ensure_future(late())  # noqa: RUF006 - left behind on purpose

    assert record(program).only("test:index:Leaf").name == "late"


def test_a_thread_may_wait_for_the_program() -> None:
    async def program() -> None:
        told = threading.Event()
        asyncio.get_running_loop().call_soon(told.set)
        assert await asyncio.to_thread(told.wait, 60)
        Leaf("a")

    assert len(record(program).resources) == 1


def test_an_asynchronous_program_is_awaited() -> None:
    async def program() -> None:
        await asyncio.sleep(0)
        Leaf("a")

    assert len(record(program).resources) == 1


def test_secrets_are_marked_and_not_shown() -> None:
    def program() -> None:
        Leaf("a", {"password": pulumi.Output.secret("hunter2"), "deep": {"key": pulumi.Output.secret("k")}})
        pulumi.export("password", pulumi.Output.secret("hunter2"))

    recording = record(program)
    leaf = recording.only("test:index:Leaf")
    assert leaf.inputs["password"] == Secret("hunter2")
    assert leaf.inputs["deep"] == Secret({"key": "k"}) or leaf.inputs["deep"] == {"key": Secret("k")}
    assert recording.exports == {"password": Secret("hunter2")}
    assert "hunter2" not in f"{recording!r}{leaf!r}{leaf.inputs!r}{recording.exports!r}"


def test_a_secret_of_a_provider_stays_one() -> None:
    def program() -> None:
        pulumi.export("address", Leaf("a").address)

    assert record(program, outputs=lambda _: {"address": Secret("x")}).exports == {"address": Secret("x")}


def test_assets_are_marked() -> None:
    leaf = record(lambda: Leaf("a", {"file": pulumi.StringAsset("hello")})).only("test:index:Leaf")
    assert leaf.inputs == {"file": Asset("text", "hello")}


def test_every_option_is_kept() -> None:
    def program() -> None:
        first = Leaf("first")
        Leaf(
            "second",
            opts=pulumi.ResourceOptions(
                depends_on=[first],
                protect=True,
                retain_on_delete=True,
                delete_before_replace=True,
                ignore_changes=["size"],
                replace_on_changes=["zone"],
                additional_secret_outputs=["token"],
                custom_timeouts=pulumi.CustomTimeouts(create="30m"),
                version="1.2.3",
                aliases=[pulumi.Alias(name="old"), "urn:pulumi:test::test::test:index:Leaf::older"],
            ),
        )

    options = {leaf.name: leaf for leaf in record(program).of("test:index:Leaf")}["second"].options
    assert options.depends_on == ("urn:pulumi:test::test::test:index:Leaf::first",)
    assert (options.protect, options.retain_on_delete, options.delete_before_replace) == (True, True, True)
    assert (options.ignore_changes, options.replace_on_changes) == (("size",), ("zone",))
    assert options.additional_secret_outputs == ("token",)
    assert options.custom_timeouts == {"create": "30m"}
    assert options.version == "1.2.3"
    assert options.aliases == (
        "urn:pulumi:test::test::test:index:Leaf::old",
        "urn:pulumi:test::test::test:index:Leaf::older",
    )


@pytest.mark.parametrize("preview", [False, True])
def test_a_provider_is_known_by_its_urn(preview: bool) -> None:
    class Cloud(pulumi.ProviderResource):
        def __init__(self) -> None:
            super().__init__("test", "cloud", {})

    def program() -> None:
        Leaf("a", opts=pulumi.ResourceOptions(provider=Cloud()))

    leaf = record(program, preview=preview).only("test:index:Leaf")
    assert leaf.options.provider == "urn:pulumi:test::test::pulumi:providers:test::cloud"


def test_children_take_protect_from_their_component() -> None:
    leaf = record(lambda: Tree("oak", pulumi.ResourceOptions(protect=True))).only("test:index:Leaf")
    assert leaf.options.protect


def test_components_show_the_outputs_they_registered() -> None:
    branch = record(lambda: Tree("oak"), outputs=addressed).only("test:index:Branch")
    assert branch.outputs == {"address": "oak-branch-leaf.example"}


def test_an_unanswered_provider_function_is_refused() -> None:
    def program() -> None:
        pulumi.runtime.invoke("test:index:zones", {"region": "r"})

    with pytest.raises(RecordingError, match="test:index:zones"):
        record(program)


def test_provider_functions_can_be_answered() -> None:
    def program() -> None:
        pulumi.export("zones", pulumi.runtime.invoke("test:index:zones", {"region": "r"}).value["zones"])

    answer = {"zones": ["r-a", "r-b"]}
    assert record(program, calls=lambda token, args: answer).exports == answer


def test_what_is_only_read_is_said_to_be() -> None:
    leaf = record(lambda: Leaf("a", opts=pulumi.ResourceOptions(id="i-1"))).only("test:index:Leaf")
    assert leaf.read
    assert leaf.options.import_id == "i-1"


def test_configuration_reaches_one_recording_only() -> None:
    def program() -> None:
        pulumi.export("size", pulumi.Config("test").get("size"))

    assert record(program, config={"test:size": "3"}).exports == {"size": "3"}
    assert record(program).exports == {}


def test_only_says_what_there_is() -> None:
    with pytest.raises(LookupError, match=r"expected one test:index:Leaf, got 0[^$]*test:index:Tree"):
        Recording(record(lambda: Tree("oak")).resources[-1:], {}).only("test:index:Leaf")


def test_one_recording_leaves_nothing_to_the_next() -> None:
    before = (pulumi.get_stack(), pulumi.get_project(), pulumi.runtime.is_dry_run())
    first = record(lambda: Tree("oak"), preview=True, stack="other", project="other")
    with pytest.raises(ZeroDivisionError):
        record(lambda: 1 / 0)
    assert record(lambda: Tree("oak"), preview=True, stack="other", project="other") == first
    assert (pulumi.get_stack(), pulumi.get_project(), pulumi.runtime.is_dry_run()) == before


def test_a_failure_is_not_logged_again_when_its_outputs_go(caplog: pytest.LogCaptureFixture) -> None:
    def program() -> None:
        Leaf("twin").address.apply(lambda _: None)
        Leaf("other", {"x": Leaf("twin").address})

    with caplog.at_level(logging.WARNING), pytest.raises(RecordingError):
        record(program)
    with caplog.at_level(logging.WARNING):
        # Pulumi holds the outputs of a program until the next one runs.
        record(lambda: Leaf("a"))
        gc.collect(1)
    assert caplog.records == []


def test_a_recording_works_inside_a_running_loop() -> None:
    async def outer() -> Recording:
        return record(lambda: Leaf("a"))

    assert len(asyncio.run(outer()).resources) == 1
