import pytest
from pydantic import ValidationError

from ai_platform.finops.cost_tags import CostTags

TAGS = CostTags(environment="prod", team="research", cost_center="CC 4300", pool="h100", model="Qwen3-4B")


def test_the_same_keys_stand_on_every_cloud():
    aws, gcp, kubernetes = TAGS.aws(), TAGS.gcp(), TAGS.kubernetes()
    assert aws.keys() == gcp.keys()
    assert {f"ai-platform/{key}" for key in aws if key != "managed-by"} == kubernetes.keys()


def test_a_value_stands_as_the_user_wrote_it_where_the_cloud_takes_it():
    assert TAGS.aws() == {
        "environment": "prod",
        "team": "research",
        "cost-center": "CC 4300",
        "pool": "h100",
        "model": "Qwen3-4B",
        "managed-by": "ai-platform",
    }
    assert TAGS.kubernetes()["ai-platform/model"] == "Qwen3-4B"
    assert TAGS.gcp()["model"].startswith("qwen3-4b-")


def test_what_is_unknown_is_absent():
    assert CostTags(environment="dev").aws() == {"environment": "dev", "managed-by": "ai-platform"}


def test_no_key_breaks_tags_in_the_metadata_of_an_instance():
    assert not [key for key in TAGS.aws() if "/" in key or " " in key]


def test_nobody_else_can_be_said_to_manage_the_resource():
    with pytest.raises(ValidationError):
        CostTags.model_validate({"environment": "dev", "managed-by": "somebody"})
