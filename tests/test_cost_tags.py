from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.storage_spec import StorageSpec
from ai_platform.cost_tags import environment_tags, rendered, storage_tags, team_tags
from ai_platform.environment import parse

ENVIRONMENT = parse(
    {
        "name": "prod",
        "cluster": {"provider": "simulated"},
        "node_pools": [{"name": "h100", "machine": "p5.48xlarge"}],
        "teams": [{"name": "chat", "cost_center": "CC 41", "group": "Chat Engineers"}, {"name": "research"}],
    },
    subject="test",
)


def storage(**teams):
    return StorageSpec(name="data", purpose="datasets", kind="object", **teams)


def test_what_all_share_says_its_environment():
    assert environment_tags(ENVIRONMENT).aws() == {"environment": "prod", "managed-by": "ai-platform"}


def test_a_team_names_its_group_or_itself():
    assert team_tags(ENVIRONMENT, "chat").aws()["owner"] == "Chat Engineers"
    assert team_tags(ENVIRONMENT, "research").owner == "research"


def test_a_storage_is_paid_by_the_one_team_that_writes_it():
    tags = storage_tags(ENVIRONMENT, storage(writers=["chat"], readers=["research"]))
    assert tags == team_tags(ENVIRONMENT, "chat")
    assert (tags.team, tags.cost_center) == ("chat", "CC 41")


def test_a_storage_that_several_write_is_paid_by_nobody_alone():
    assert storage_tags(ENVIRONMENT, storage(writers=["chat", "research"])).team is None
    assert storage_tags(ENVIRONMENT, storage(readers=["research"])).team == "research"


def test_tags_are_written_in_the_alphabet_of_the_clusters_cloud():
    tags = team_tags(ENVIRONMENT, "chat")
    assert rendered(tags, ClusterProvider.EKS) == tags.aws()
    assert rendered(tags, ClusterProvider.GKE) == tags.gcp()
    assert rendered(tags, ClusterProvider.SIMULATED) == {}
