from pulumi_policy import proxy

from ai_platform.policy.look import SENTINELS, UNKNOWN, Resource, plain
from tests.policy.gates import NOT_YET


def resource(**properties):
    return Resource("urn", "aws:eks/cluster:Cluster", "x", plain(proxy.unknown_checking_proxy(properties)))


def test_every_value_that_the_engine_calls_unknown_is_one():
    theirs = {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")}
    assert theirs == SENTINELS


def test_what_raises_in_pulumis_proxy_is_noted_with_its_path():
    seen = resource(vpc={"public": NOT_YET, "cidrs": [NOT_YET, "10.0.0.0/8"], "name": "x"}, count=2.0)
    assert seen.at("vpc", "public") is UNKNOWN
    assert seen.items("vpc", "cidrs") == ["10.0.0.0/8"]
    assert seen.mapping("vpc") == {"cidrs": [UNKNOWN, "10.0.0.0/8"], "name": "x"}
    assert seen.unseen == ["vpc.public", "vpc.cidrs[0]"]
    assert (seen.at("count"), seen.at("vpc", "name", "none"), seen.at("none")) == (2, None, None)


def test_a_text_with_an_unknown_part_is_unknown():
    assert plain(f"arn:aws:s3:::{NOT_YET}/*") is UNKNOWN
