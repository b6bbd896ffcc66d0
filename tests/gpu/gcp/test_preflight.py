"""What a project lacks, told from what the APIs would say."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from ai_platform.components.cluster_spec import GkeSpec
from ai_platform.gpu.gcp.preflight import (
    Range,
    Reserved,
    api_findings,
    offer_finding,
    range_findings,
    reservation_findings,
)
from ai_platform.gpu.preflight import Unread, Verdict
from ai_platform.gpu.spec import NodePoolSpec

OK, MISSING, UNKNOWN = Verdict.OK, Verdict.MISSING, Verdict.UNKNOWN
POOL = NodePoolSpec(name="train", machine="a3-ultragpu-8g", reservation="r", max_nodes=4)
FITS = {"machine": "a3-ultragpu-8g", "count": 4, "zone": "us-central1-a", "ready": True, "specific": True}


def reservation(nodes=4, **said):
    return list(reservation_findings(POOL, "us-central1-a", Reserved(**FITS | said), nodes))


def test_a_reservation_that_fits_is_ok():
    assert {row.verdict for row in reservation()} == {OK}


@pytest.mark.parametrize(
    ("said", "check"),
    [
        ({"machine": "a3-megagpu-8g"}, "machine"),
        ({"count": 3}, "size"),
        ({"ready": False}, "state"),
        ({"specific": False}, "kind"),
        ({"nodes": 5}, "size"),
    ],
)
def test_a_reservation_that_does_not_fit_is_told_by_what_differs(said, check):
    wrong = [row for row in reservation(**said) if row.verdict is MISSING]
    assert [row.what for row in wrong] == [f"{check} of reservation r"]


def test_a_reservation_that_names_no_machine_or_was_not_read_is_unknown():
    assert [row.verdict for row in reservation(machine="")] == [OK, OK, UNKNOWN, OK]
    [row] = reservation_findings(POOL, "us-central1-a", Unread("403: denied"), 4)
    assert (row.verdict, row.needed, row.ask) == (UNKNOWN, "4 × a3-ultragpu-8g", "403: denied")
    [row] = reservation_findings(POOL, "us-central1-a", None, 4)
    assert (row.verdict, row.got) == (MISSING, "not in us-central1-a")


def test_zones_that_do_not_sell_the_machine_are_named():
    sold = {"us-central1-a": True, "us-central1-b": False}
    row = offer_finding("train", "a3-ultragpu-8g", sold, sold)
    assert (row.verdict, row.got) == (MISSING, "not sold in us-central1-b")
    row = offer_finding("train", "a3-ultragpu-8g", sold, sold | {"us-central1-a": Unread("503: later")})
    assert (row.verdict, row.ask) == (UNKNOWN, "503: later")


def test_an_api_that_is_off_comes_with_its_command():
    rows = {row.what: row for row in api_findings("example-ml", {"compute.googleapis.com": True})}
    assert rows["API compute.googleapis.com"].verdict is OK
    assert (
        rows["API container.googleapis.com"].ask
        == "gcloud services enable container.googleapis.com --project example-ml"
    )
    assert {row.verdict for row in api_findings("example-ml", Unread("denied"))} == {UNKNOWN}


CLUSTER = GkeSpec.model_validate(
    {
        "provider": "gke",
        "project": "example-ml",
        "kubernetes_version": "1.35",
        "zones": ["us-central1-a"],
        "network": {"network": "n", "subnetwork": "s", "pods_range": "pods", "services_range": "svc"},
    }
)


def test_nodes_and_their_pods_must_find_addresses():
    # 4 nodes and 4 system nodes; each takes a /24 of the pods' range.
    def rows(nodes, pods):
        ranges = {
            "": Range(IPv4Network("10.0.0.0/28"), nodes),
            "pods": Range(IPv4Network("10.1.0.0/21"), pods),
        }
        return list(range_findings(CLUSTER, [POOL], ranges))

    assert [row.verdict for row in rows(12, 2048)] == [OK, OK]
    few_nodes, few_pods = rows(7, 2047)
    assert (few_nodes.verdict, few_nodes.got, few_nodes.needed) == (MISSING, "7 free", "8 for 8 nodes")
    assert (few_pods.verdict, few_pods.needed) == (MISSING, "2048 for 8 nodes")
    assert [row.verdict for row in rows(None, None)] == [UNKNOWN, UNKNOWN]


def test_a_range_that_is_too_small_is_missing_also_without_a_word_on_its_use():
    ranges = {"": Range(IPv4Network("10.0.0.0/29"), None)}
    small, absent = range_findings(CLUSTER, [POOL], ranges)
    assert (small.verdict, small.got) == (MISSING, "4 free")
    assert (absent.verdict, absent.got) == (MISSING, "not there")
