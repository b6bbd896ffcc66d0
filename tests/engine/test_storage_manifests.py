"""Volumes, claims, accounts and policies of storage on the real API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ai_platform.local.api import Api, connect
from ai_platform.local.cluster import Cluster
from tests.manifest_rules import manifests
from tests.programs import recorded

pytestmark = pytest.mark.engine
PROGRAMS = ["storage_on_aws", "storage_on_gcp", "storage_on_a_cluster_that_exists"]


@pytest.fixture(scope="module")
def api(simulated_cluster: Cluster) -> Iterator[Api]:
    api = connect(simulated_cluster.kubeconfig)
    spaces = [item for item in manifests(recorded(PROGRAMS[0])) if item["kind"] == "Namespace"]
    api.apply_all(spaces)
    yield api
    for space in spaces:
        api.delete("v1", "Namespace", space["metadata"]["name"])


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_object_is_accepted(api: Api, name: str) -> None:
    # Server-side apply takes no field that the API doesn't declare.
    kinds = {api.apply(manifest, dry_run=True)["kind"] for manifest in manifests(recorded(name))}
    assert "PersistentVolumeClaim" in kinds
