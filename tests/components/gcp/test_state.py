"""The backend on Google Cloud, against a fake that keeps what it is sent and answers as the JSON APIs do."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from ai_platform.components.bootstrap import BootstrapError, Outcome
from ai_platform.components.gcp.state import GcpState, bootstrap

KEPT, CHANGED = Outcome.KEPT, Outcome.CHANGED
RING = "projects/example-ml/locations/us-central1/keyRings/ai-platform-state"
KEY = f"{RING}/cryptoKeys/state"
BUCKET = "ai-platform-state-example-ml"
STORAGE_ACCOUNT = "service-1@gs-project-accounts.iam.gserviceaccount.com"


@dataclass
class Google:
    """Resources by path, policies by path, and the calls that changed something."""

    resources: dict = field(default_factory=dict)
    policies: dict = field(default_factory=dict)
    objects: dict = field(default_factory=dict)
    written: list = field(default_factory=list)
    refused: str = ""

    def answer(self, method, path, query, body):
        if method != "GET":
            self.written.append(f"{method} {path}")
        if self.refused and re.search(self.refused, f"{method} {path}"):
            return 403, {"error": {"message": "Permission denied"}}
        if path.endswith("/serviceAccount"):
            return 200, {"email_address": STORAGE_ACCOUNT}
        if path.endswith("/o"):
            return 200, self.objects
        if path.endswith(("IamPolicy", "/iam")):
            return self.policy(method, re.sub(r"(:[sg]etIamPolicy|/iam)$", "", path), body)
        if method == "POST":
            return self.made(path, query, body)
        if path not in self.resources:
            return 404, {"error": {"message": "not found"}}
        if method == "PATCH":
            parts = query["updateMask"][0].split(",") if "updateMask" in query else list(body)
            self.resources[path] |= {part: body[part] for part in parts}
        return 200, self.resources[path]

    def policy(self, method, path, body):
        if path not in self.resources:
            return 404, {"error": {"message": "not found"}}
        if method == "GET":
            return 200, self.policies.get(path, {"etag": "1"})
        self.policies[path] = body.get("policy", body)
        return 200, self.policies[path]

    def made(self, path, query, body):
        made = deepcopy(body)
        if path.endswith("/b"):
            path, made["location"] = f"{path}/{body['name']}", body["location"].upper()
        elif path.endswith("/roles"):
            path, made = f"{path}/{body['roleId']}", made["role"]
        else:
            path = f"{path}/{next(iter(query.values()))[0]}"
        if path in self.resources:
            return 409, {"error": {"message": "it exists"}}
        self.resources[path] = made
        return 200, made


class Answers(HTTPAdapter):
    """Google's answers without a network."""

    def __init__(self, fake):
        super().__init__()
        self.fake = fake

    def send(self, request, *_args, **_options):
        split = urlsplit(request.url)
        body = json.loads(request.body) if request.body else None
        status, answer = self.fake.answer(request.method, split.path, parse_qs(split.query), body)
        said = requests.Response()
        said.status_code, said.request, said.url = status, request, request.url
        said.raw = BytesIO(json.dumps(answer).encode())
        return said


@pytest.fixture
def google():
    return Google()


def run(google, *, dry_run=False, **said):
    state = GcpState("ai-platform", "example-ml", "us-central1", **said)
    steps: list = []
    google.written.clear()
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no password of this machine
        session.mount("https://", Answers(google))
        backend = bootstrap(session, state, steps.append, dry_run=dry_run)
    return backend, {step.what: step.outcome for step in steps}


def test_the_bucket_is_versioned_encrypted_and_closed(google):
    backend, _ = run(google)
    bucket = google.resources[f"/storage/v1/b/{BUCKET}"]
    assert backend.backend == f"gs://{BUCKET}"
    assert backend.secrets_provider == f"gcpkms://{KEY}"
    assert bucket["versioning"] == {"enabled": True}
    assert bucket["encryption"] == {"defaultKmsKeyName": KEY}
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": True}
    assert bucket["lifecycle"]["rule"][0]["condition"] == {"daysSinceNoncurrentTime": 90}
    assert bucket["labels"] == {"managed-by": "ai-platform", "purpose": "pulumi-state"}


def test_the_key_rotates_and_cloud_storage_may_use_it(google):
    run(google)
    assert google.resources[f"/v1/{KEY}"]["rotationPeriod"] == "7776000s"
    [binding] = google.policies[f"/v1/{KEY}"]["bindings"]
    assert binding["members"] == [f"serviceAccount:{STORAGE_ACCOUNT}"]


def test_previewing_reads_and_decrypts_and_nothing_else(google):
    run(google)
    roles = "/v1/projects/example-ml/roles"
    preview = google.resources[f"{roles}/ai_platform_preview"]["includedPermissions"]
    apply = google.resources[f"{roles}/ai_platform_apply"]["includedPermissions"]
    assert preview == [
        "cloudkms.cryptoKeyVersions.useToDecrypt",
        "storage.objects.get",
        "storage.objects.list",
    ]
    assert set(apply) - set(preview) == {
        "cloudkms.cryptoKeyVersions.useToEncrypt",
        "storage.objects.create",
        "storage.objects.delete",
    }


def test_a_second_run_changes_nothing(google):
    members = {"preview_members": ("group:dev@example.com",), "apply_members": ("group:ops@example.com",)}
    run(google, **members)
    _, outcomes = run(google, **members)
    assert set(outcomes.values()) == {KEPT}
    assert not google.written


def test_a_dry_run_makes_nothing(google):
    backend, outcomes = run(google, dry_run=True, preview_members=("group:dev@example.com",))
    assert not google.written
    assert KEPT not in outcomes.values()
    assert list(backend.rights) == [
        "projects/example-ml/roles/ai_platform_preview",
        "projects/example-ml/roles/ai_platform_apply",
    ]


def test_members_get_the_rights_on_bucket_and_key_alone_and_those_of_others_stay(google):
    run(google)
    others = {"role": "roles/storage.objectViewer", "members": ["group:audit@example.com"]}
    google.policies[f"/storage/v1/b/{BUCKET}"] = {"etag": "7", "bindings": [others]}
    run(google, preview_members=("group:dev@example.com",))
    role = "projects/example-ml/roles/ai_platform_preview"
    ours = {"role": role, "members": ["group:dev@example.com"]}
    assert google.policies[f"/storage/v1/b/{BUCKET}"] == {"etag": "7", "bindings": [others, ours]}
    assert google.policies[f"/v1/{KEY}"]["bindings"][1] == ours


@pytest.mark.parametrize("call", ["cryptoKeys$", "state:setIamPolicy", "POST .*/b$", "POST .*/roles$"])
def test_an_interrupted_run_is_finished_by_the_next(google, call):
    google.refused = call
    with pytest.raises(BootstrapError, match="403: Permission denied; the same command goes on from here"):
        run(google)
    google.refused = ""
    run(google)
    assert set(run(google)[1].values()) == {KEPT}


def test_protection_that_was_taken_off_is_put_back(google):
    run(google)
    bucket = google.resources[f"/storage/v1/b/{BUCKET}"]
    bucket["versioning"] = {"enabled": False}
    bucket["iamConfiguration"] = {
        "publicAccessPrevention": "inherited",
        "uniformBucketLevelAccess": {"enabled": True, "lockedTime": "2027-02-01T00:00:00Z"},
    }
    changed = {what for what, outcome in run(google)[1].items() if outcome is CHANGED}
    assert changed == {"versioning of the bucket", "iamConfiguration of the bucket"}
    assert bucket["versioning"] == {"enabled": True}


def test_a_bucket_with_something_else_in_it_is_refused(google):
    google.resources[f"/storage/v1/b/{BUCKET}"] = {"location": "US-CENTRAL1"}
    google.objects = {"prefixes": ["weights/"], "items": [{"name": "notes.txt"}]}
    with pytest.raises(BootstrapError, match=r"holds something else \(weights/, notes.txt\)"):
        run(google)
    assert not google.written


def test_a_bucket_of_somebody_else_is_refused(google):
    google.refused = f"GET /storage/v1/b/{BUCKET}"
    with pytest.raises(BootstrapError, match="403: Permission denied"):
        run(google)
    assert not google.written


def test_a_bucket_in_another_region_than_the_key_is_refused(google):
    google.resources[f"/storage/v1/b/{BUCKET}"] = {"location": "EUROPE-WEST4"}
    with pytest.raises(
        BootstrapError, match="is in EUROPE-WEST4, and the key can't encrypt it from us-central1"
    ):
        run(google)


def test_a_key_that_is_disabled_is_refused(google):
    run(google)
    google.resources[f"/v1/{KEY}"]["primary"] = {"state": "DISABLED"}
    with pytest.raises(BootstrapError, match="is DISABLED: without it the state can't be written"):
        run(google)
