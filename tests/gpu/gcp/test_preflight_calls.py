"""Google's own clients, against a server on loopback that answers as the REST APIs do."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
from google.auth.credentials import AnonymousCredentials

from ai_platform.components.cluster_spec import GkeSpec
from ai_platform.gpu.gcp.preflight_calls import clients_of, findings
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.preflight import Verdict
from ai_platform.gpu.spec import NodePoolSpec

pytestmark = pytest.mark.engine  # Google's clients take seconds of a processor to load

PROJECT = "example-ml"
COMPUTE = f"/compute/v1/projects/{PROJECT}"
QUOTAS = f"/v1/projects/{PROJECT}/locations/global/services/compute.googleapis.com/quotaInfos"
H200 = "GPUS-PER-GPU-FAMILY-per-project-region"


def limit(value, **dimensions):
    return {"dimensions": dimensions, "details": {"value": value}, "applicableLocations": ["us-central1"]}


ANSWERS: dict = {
    f"{QUOTAS}/{H200}": {
        "quotaId": H200,
        "dimensionsInfos": [
            limit("8", region="us-central1", gpu_family="NVIDIA_H100"),
            limit("16", region="us-central1", gpu_family="NVIDIA_H200"),
        ],
    },
    # A region without a grant has no value at all.
    f"{QUOTAS}/PREEMPTIBLE-NVIDIA-L4-GPUS-per-project-region": {
        "dimensionsInfos": [{"details": {}, "applicableLocations": ["us-central1", "us-east1"]}]
    },
    f"{QUOTAS}/GPUS-ALL-REGIONS-per-project": {"dimensionsInfos": [{"details": {"value": "-1"}}]},
    f"{COMPUTE}/aggregated/instances": {
        "items": {
            "zones/us-central1-a": {
                "instances": [
                    {
                        "name": "other",
                        "zone": f"https://www.googleapis.com{COMPUTE}/zones/us-central1-a",
                        "scheduling": {"provisioningModel": "STANDARD"},
                        "labels": {"goog-k8s-cluster-name": "research"},
                        "guestAccelerators": [
                            {
                                "acceleratorCount": 8,
                                "acceleratorType": "zones/z/acceleratorTypes/nvidia-h200-141gb",
                            }
                        ],
                    }
                ]
            },
            "zones/us-central1-b": {"warning": {"code": "NO_RESULTS_ON_PAGE"}},
        }
    },
    f"{COMPUTE}/zones/us-central1-a/machineTypes/a3-ultragpu-8g": {"name": "a3-ultragpu-8g"},
    f"{COMPUTE}/zones/us-central1-a/machineTypes/g2-standard-48": {"name": "g2-standard-48"},
    f"{COMPUTE}/zones/us-central1-a/machineTypes/e2-standard-4": {"name": "e2-standard-4"},
    f"{COMPUTE}/zones/us-central1-b/machineTypes/e2-standard-4": {"name": "e2-standard-4"},
    "/compute/v1/projects/owner/zones/us-central1-a/reservations/h200": {
        "name": "h200",
        "status": "READY",
        "zone": f"https://www.googleapis.com{COMPUTE}/zones/us-central1-a",
        "specificReservationRequired": True,
        "specificReservation": {
            "count": "2",
            "inUseCount": "0",
            "instanceProperties": {"machineType": "a3-ultragpu-8g"},
        },
    },
    f"/v1/projects/{PROJECT}/services:batchGet": {
        "services": [
            {"name": "projects/1/services/compute.googleapis.com", "state": "ENABLED"},
            {"name": "projects/1/services/container.googleapis.com", "state": "DISABLED"},
        ]
    },
    f"{COMPUTE}/regions/us-central1/subnetworks/nodes": {
        "name": "nodes",
        "ipCidrRange": "10.0.0.0/24",
        "secondaryIpRanges": [{"rangeName": "pods", "ipCidrRange": "10.1.0.0/21"}],
        "utilizationDetails": {
            "ipv4Utilizations": [
                {"totalAllocatedIp": "2", "totalFreeIp": "250"},
                {"rangeName": "pods", "totalAllocatedIp": "256", "totalFreeIp": "1792"},
            ]
        },
    },
}


@pytest.fixture(scope="module")
def google():
    """The server's address; what it is asked; and, by pattern, what it refuses."""
    asked: list[str] = []
    refused: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path).path
            asked.append(self.path)
            if any(re.search(pattern, path) for pattern in refused):
                status, answer = 403, {"error": {"code": 403, "message": "not allowed"}}
            elif path in ANSWERS:
                status, answer = 200, ANSWERS[path]
            else:
                status, answer = 404, {"error": {"code": 404, "message": f"no {path}"}}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield clients_of(url, AnonymousCredentials()), asked, refused
        server.shutdown()


CLUSTER = GkeSpec.model_validate(
    {
        "provider": "gke",
        "project": PROJECT,
        "kubernetes_version": "1.35",
        "zones": ["us-central1-a", "us-central1-b"],
        "network": {"network": "n", "subnetwork": "nodes", "pods_range": "pods", "services_range": "s"},
    }
)
TRAIN = NodePoolSpec(name="train", machine="a3-ultragpu-8g", max_nodes=2, zones=["us-central1-a"])
HELD = NodePoolSpec(
    name="held",
    machine="a3-ultragpu-8g",
    max_nodes=3,
    zones=["us-central1-a"],
    purchase_option="reserved",
    reservation="projects/owner/reservations/h200/reservationBlocks/b1",
)
SERVE = NodePoolSpec(name="serve", machine="g2-standard-48", purchase_option="spot")


def preflight(google):
    clients, asked, _ = google
    asked.clear()
    pools = [(spec, MACHINES[spec.machine]) for spec in (TRAIN, HELD, SERVE)]
    return {(row.subject, row.what): row for row in findings(clients, "prod", "us-central1", CLUSTER, pools)}


def test_all_is_read_through_google_s_clients(google):
    found = preflight(google)
    said = {key: (row.verdict.name, row.got, row.needed) for key, row in found.items()}
    name = "projects/owner/reservations/h200/reservationBlocks/b1"
    assert said == {
        ("train", f"quota {H200} of NVIDIA_H200"): ("MISSING", "16 GPUs", "16 GPUs beside 8 in use"),
        ("train, serve", "quota GPUS-ALL-REGIONS-per-project"): (
            "OK",
            "unlimited",
            "20 GPUs",
        ),
        ("serve", "quota PREEMPTIBLE-NVIDIA-L4-GPUS-per-project-region"): ("MISSING", "0 GPUs", "4 GPUs"),
        ("train", "a3-ultragpu-8g in us-central1-a"): ("OK", "sold", "sold in each zone"),
        ("held", "a3-ultragpu-8g in us-central1-a"): ("OK", "sold", "sold in each zone"),
        ("serve", "g2-standard-48 in us-central1-a, us-central1-b"): (
            "MISSING",
            "not sold in us-central1-b",
            "sold in each zone",
        ),
        ("system nodes", "e2-standard-4 in us-central1-a, us-central1-b"): (
            "OK",
            "sold",
            "sold in each zone",
        ),
        ("held", f"state of reservation {name}"): ("OK", "ready", "ready"),
        ("held", f"kind of reservation {name}"): ("OK", "specific", "specific"),
        ("held", f"machine of reservation {name}"): ("OK", "a3-ultragpu-8g", "a3-ultragpu-8g"),
        ("held", f"size of reservation {name}"): ("MISSING", "2 machines", "3 machines"),
        ("project", "API compute.googleapis.com"): ("OK", "enabled", "enabled"),
        ("project", "API container.googleapis.com"): ("MISSING", "not enabled", "enabled"),
        ("project", "API cloudkms.googleapis.com"): ("MISSING", "not enabled", "enabled"),
        ("subnetwork", "addresses of nodes for nodes"): ("OK", "250 free", "10 for 10 nodes"),
        ("subnetwork", "addresses of nodes for pods, pods"): ("MISSING", "1792 free", "2560 for 10 nodes"),
    }


def test_it_only_reads_and_asks_for_what_is_in_use(google):
    preflight(google)
    asked = google[1]
    assert len([path for path in asked if "machineTypes/a3-ultragpu-8g" in path]) == 1
    assert [path for path in asked if "subnetworks/nodes" in path and "WITH_UTILIZATION" in path]
    assert [path for path in asked if "aggregated/instances" in path and "RUNNING" in path]


def test_a_call_that_is_denied_becomes_a_row(google):
    google[2][:] = ["quotaInfos", "instances", "machineTypes", "reservations", "services", "subnetworks"]
    found = preflight(google)
    google[2].clear()
    assert {row.verdict for row in found.values()} == {Verdict.UNKNOWN}
    assert all(row.ask.startswith("403") for row in found.values())
