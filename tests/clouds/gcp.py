"""What the Google stand-in makes, all in the provider's own state: nothing simulates Google's services."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from . import store
from .made_up import CREATED_AT, certificate_authority, token

CLUSTER = "AI_PLATFORM_TEST_CLUSTER"
"""Environment variable, in JSON: at what ``endpoint`` GKE clusters seem to run, ``certificateAuthority``."""

_PLACED = "projects/{project}/locations/{location}/"
_COMPUTE = "https://www.googleapis.com/compute/v1/"
_IDS = {
    "compute/network:Network": "projects/{project}/global/networks/{name}",
    "compute/subnetwork:Subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
    "compute/router:Router": "projects/{project}/regions/{region}/routers/{name}",
    "compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
    "compute/firewall:Firewall": "projects/{project}/global/firewalls/{name}",
    "compute/resourcePolicy:ResourcePolicy": "projects/{project}/regions/{region}/resourcePolicies/{name}",
    "compute/globalAddress:GlobalAddress": "projects/{project}/global/addresses/{name}",
    "compute/address:Address": "projects/{project}/regions/{region}/addresses/{name}",
    "compute/networkPeering:NetworkPeering": "{network}/{name}",
    "compute/reservation:Reservation": "projects/{project}/zones/{zone}/reservations/{name}",
    "container/cluster:Cluster": "projects/{project}/locations/{location}/clusters/{name}",
    "container/nodePool:NodePool": "{cluster}/nodePools/{name}",
    "serviceaccount/account:Account": "projects/{project}/serviceAccounts/{email}",
    "serviceaccount/iAMMember:IAMMember": "{serviceAccountId}/{role}/{member}",
    "serviceaccount/iAMBinding:IAMBinding": "{serviceAccountId}/{role}",
    "projects/iAMMember:IAMMember": "{project}/{role}/{member}",
    "projects/iAMBinding:IAMBinding": "{project}/{role}",
    "projects/iAMCustomRole:IAMCustomRole": "projects/{project}/roles/{roleId}",
    "projects/service:Service": "{project}/{service}",
    "projects/serviceIdentity:ServiceIdentity": "projects/{project}/services/{service}",
    "storage/bucket:Bucket": "{name}",
    "storage/bucketIAMMember:BucketIAMMember": "b/{bucket}/{role}/{member}",
    "storage/bucketIAMBinding:BucketIAMBinding": "b/{bucket}/{role}",
    "kms/keyRing:KeyRing": "projects/{project}/locations/{location}/keyRings/{name}",
    "kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "{cryptoKeyId}/{role}/{member}",
    "kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding": "{cryptoKeyId}/{role}",
    "filestore/instance:Instance": "projects/{project}/locations/{location}/instances/{name}",
    "parallelstore/instance:Instance": "projects/{project}/locations/{location}/instances/{instanceId}",
    "lustre/instance:Instance": "projects/{project}/locations/{location}/instances/{instanceId}",
    "servicenetworking/connection:Connection": "{network}:{service}",
    "billing/budget:Budget": "billingAccounts/{billingAccount}/budgets/{displayName}",
    "monitoring/notificationChannel:NotificationChannel": (
        "projects/{project}/notificationChannels/{displayName}"
    ),
    "artifactregistry/repository:Repository": _PLACED + "repositories/{repositoryId}",
}
PLACES = ("project", "region", "zone", "location")
"""Inputs that the provider's configuration gives where a resource does not."""


def create(kind: str, new: Mapping[str, Any], places: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The id of a new resource and what the cloud works out for it."""
    plain = kind.removeprefix("gcp:")
    known = {**places, **new}
    known |= {"email": f"{known.get('accountId')}@{known.get('project')}.iam.gserviceaccount.com"}
    identity = _IDS.get(plain, token(kind, str(sorted(new.items())))).format(**known)
    store.put(kind, identity, new)
    return identity, _outputs(plain, identity, known)


def update(kind: str, identity: str, new: Mapping[str, Any]) -> None:
    """Keeps what a resource has become."""
    store.put(kind, identity, new)


def _outputs(plain: str, identity: str, known: Mapping[str, Any]) -> dict[str, Any]:
    folder = plain.partition("/")[0]
    made: dict[str, Any] = {"selfLink": _COMPUTE + identity} if folder == "compute" else {}
    if plain == "container/cluster:Cluster":
        made |= _cluster(identity, known)
    if plain == "container/nodePool:NodePool":
        group = f"{_COMPUTE}projects/{known['project']}/zones/{known.get('location')}-a/instanceGroupManagers"
        made |= {
            "managedInstanceGroupUrls": [f"{group}/{known['name']}"],
            "nodeCount": known.get("nodeCount", 0),
        }
    if plain == "serviceaccount/account:Account":
        email = known["email"]
        made |= {"email": email, "member": f"serviceAccount:{email}", "name": identity, "uniqueId": "1" * 21}
    if plain == "projects/serviceIdentity:ServiceIdentity":
        name = str(known["service"]).partition(".")[0]
        email = f"service-123456789012@gcp-sa-{name}.iam.gserviceaccount.com"
        made |= {"email": email, "member": f"serviceAccount:{email}"}
    if plain == "storage/bucket:Bucket":
        made |= {"url": f"gs://{identity}", "selfLink": f"https://www.googleapis.com/storage/v1/b/{identity}"}
        made |= {"projectNumber": 123456789012}
    if plain == "compute/router:Router":
        made |= {"creationTimestamp": CREATED_AT}
    if plain in {"parallelstore/instance:Instance", "lustre/instance:Instance"}:
        made |= {"name": identity, "mountPoint": f"10.0.0.2@tcp:/{known.get('filesystem', '')}"}
        made |= {"accessPoints": ["10.0.0.2"], "state": "ACTIVE"}
    if plain == "filestore/instance:Instance":
        made |= {"networks": [{**network, "ipAddresses": ["10.0.0.3"]} for network in known["networks"]]}
    if plain == "compute/globalAddress:GlobalAddress" and "address" not in known:
        made |= {"address": "10.9.0.0"}
    return made


def _cluster(identity: str, known: Mapping[str, Any]) -> dict[str, Any]:
    place = json.loads(os.environ.get(CLUSTER) or "{}")
    version = known.get("minMasterVersion") or "1.33.1-gke.1000"
    return {
        # The provider gives the address without a scheme.
        "endpoint": place.get("endpoint", "203.0.113.10").removeprefix("https://"),
        "masterAuth": {
            "clientCertificate": "",
            "clientKey": "",
            "clusterCaCertificate": place.get("certificateAuthority") or certificate_authority(),
        },
        "masterVersion": version,
        "selfLink": f"https://container.googleapis.com/v1/{identity}",
        "controlPlaneEndpointsConfig": {
            **known.get("controlPlaneEndpointsConfig", {}),
            "dnsEndpointConfig": {
                **known.get("controlPlaneEndpointsConfig", {}).get("dnsEndpointConfig", {}),
                "endpoint": f"gke-{token(identity)}.{known.get('location')}.gke.goog",
            },
        },
    }
