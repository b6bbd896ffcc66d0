"""What of a description's storage is refused before anything is made."""

from pathlib import Path

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan

EKS = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}
POOL = {"name": "h100", "machine": "p5.48xlarge", "zones": ["us-east-1b"]}
BUCKET = {"name": "data", "purpose": "datasets", "kind": "object", "readers": ["chat"]}
FILES = BUCKET | {"name": "files", "kind": "shared_files", "capacity_gib": 2400, "zone": "us-east-1b"}
LOCAL = BUCKET | {"name": "cache", "kind": "local", "capacity_gib": 500}


def planned(*storage, cluster=EKS, pool=POOL):
    teams = [{"name": "chat"}, {"name": "research"}]
    data = {
        "name": "prod",
        "cluster": cluster,
        "node_pools": [pool],
        "teams": teams,
        "storage": list(storage),
    }
    return make_plan(parse(data, subject="test"))


def refused(*storage, **more):
    with pytest.raises(InvalidInput) as caught:
        planned(*storage, **more)
    return {problem.path: problem.expected for problem in caught.value.problems}


def test_storage_of_every_kind_is_taken():
    planned(BUCKET, FILES | {"linked_storage": "data"}, LOCAL)


def test_an_environment_without_storage_stays_as_it_was():
    local = read_yaml(Path(__file__).parents[2] / "stacks" / "local.yaml").data
    assert parse(local, subject="local").storage == []


def test_a_team_that_is_not_there_is_named_where_it_stands():
    assert refused(BUCKET | {"writers": ["people"]}) == {
        "storage[0].writers[0]": "a team of this file: chat, research"
    }


def test_a_name_is_used_once():
    assert refused(BUCKET, LOCAL | {"name": "data"}) == {"storage[1].name": "a name used once"}


def test_a_link_leads_to_a_bucket_of_the_file():
    assert "there is none" in refused(FILES | {"linked_storage": "data"})["storage[0].linked_storage"]


def test_a_file_system_stands_where_nodes_are():
    assert refused(FILES | {"zone": None}) == {"storage[0].zone": "a zone with GPU nodes: us-east-1b"}


def test_what_the_cluster_cannot_give_is_refused_with_the_reason():
    assert "1200 or a multiple of 2400" in refused(FILES | {"capacity_gib": 77})["storage[0].capacity_gib"]
    assert "kind" in str(refused(BUCKET, cluster={"provider": "simulated"}))


def test_local_storage_needs_local_disks_that_pods_may_use():
    assert "no pool has local disks" in refused(LOCAL, pool=POOL | {"local_disk": "none"})["storage[0].kind"]
    assert "28312 GiB" in refused(LOCAL | {"capacity_gib": 30000})["storage[0].capacity_gib"]
