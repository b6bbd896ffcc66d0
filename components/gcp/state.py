"""The bucket, key and roles of Pulumi's state on Google Cloud, made before the first stack."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..bootstrap import Backend, BootstrapError, Step, settled
from .json_api import HOSTS, Api, BucketPolicy, KeyPolicy
from .state_rights import APPLY, PREVIEW, role_id, with_members

LABELS = {"managed-by": "ai-platform", "purpose": "pulumi-state"}
OLD_VERSIONS_DAYS = 90
"""How long earlier versions of a state can be brought back."""
_ROTATION = datetime.timedelta(days=90)
_STATE_FOLDER = ".pulumi/"
_ENCRYPTS = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


@dataclass(frozen=True, slots=True)
class GcpState:
    """What the backend is called, where it is, and who gets which rights."""

    name: str
    """Start of all names."""
    project: str
    location: str
    """Region of bucket and key: a bucket takes only a key of its own location."""
    preview_members: tuple[str, ...] = ()
    """As IAM writes them, for example ``group:ml@example.com``."""
    apply_members: tuple[str, ...] = ()

    @property
    def bucket(self) -> str:
        """Its name is unique in the world by the project's."""
        return f"{self.name}-state-{self.project}"

    @property
    def key_ring(self) -> str:
        """Path of the key ring."""
        return f"projects/{self.project}/locations/{self.location}/keyRings/{self.name}-state"

    @property
    def key(self) -> str:
        """Path of the key."""
        return f"{self.key_ring}/cryptoKeys/state"

    def role(self, right: str) -> str:
        """Path of a custom role."""
        return f"projects/{self.project}/roles/{role_id(self.name, right)}"

    def backend(self) -> Backend:
        """What Pulumi and the descriptions say of it."""
        return Backend(
            f"gs://{self.bucket}",
            f"gcpkms://{self.key}",
            {self.role("preview"): PREVIEW, self.role("apply"): APPLY},
            [
                f"ai-platform init gcp --name {self.name} --project {self.project} --region {self.location} "
                f"--{right}-member MEMBER"
                for right in ("preview", "apply")
            ],
        )


def session_for(project: str | None) -> tuple[Any, str]:
    """A session with the caller's own credentials, and the project. Raises ``BootstrapError``."""
    try:
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError
        from google.auth.transport.requests import AuthorizedSession
    except ImportError:
        raise BootstrapError("google-auth is not installed; install ai-platform[gcp]") from None
    try:
        credentials, found = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    except DefaultCredentialsError as error:
        raise BootstrapError(f"no credentials: {error}") from None
    if not (chosen := project or found):
        raise BootstrapError("no project is set; name one with --project")
    return AuthorizedSession(credentials), chosen


def bootstrap(session: Any, state: GcpState, report: Callable[[Step], None], *, dry_run: bool) -> Backend:
    """Makes what is missing and corrects what differs, and reports it step by step.

    ``session`` has ``request`` as requests has it. Raises ``BootstrapError`` for a bucket or key that can't
    be used. What was made until then stays, and the next run goes on from there. A dry run only reads.
    """
    api = Api(session, HOSTS)
    bucket = api.found("storage", f"/storage/v1/b/{state.bucket}")
    _refuse_foreign(api, state, bucket)
    for steps in (_key, _bucket, _roles, _bindings):
        for step in steps(api, state, dry_run):
            report(step)
    return state.backend()


def _refuse_foreign(api: Api, state: GcpState, bucket: Any) -> None:
    if bucket is None or LABELS.items() <= bucket.get("labels", {}).items():
        return
    listed = api.ask("GET", "storage", f"/storage/v1/b/{state.bucket}/o?delimiter=/&maxResults=10")
    found = [*listed.get("prefixes", []), *(entry["name"] for entry in listed.get("items", []))]
    if foreign := [key for key in found if key != _STATE_FOLDER]:
        raise BootstrapError(
            f"bucket {state.bucket} holds something else ({', '.join(foreign[:3])}); "
            "take another --name, or empty the bucket"
        )


def _key(api: Api, state: GcpState, dry_run: bool) -> Iterator[Step]:
    parent, _, ring_id = state.key_ring.partition("/keyRings/")
    ring = api.found("kms", f"/v1/{state.key_ring}")
    yield settled(
        f"key ring {ring_id}",
        _there(ring),
        True,
        lambda: api.ask("POST", "kms", f"/v1/{parent}/keyRings?keyRingId={ring_id}", {}),
        dry_run=dry_run,
    )
    key = api.found("kms", f"/v1/{state.key}") if ring is not None else None
    version = (key or {}).get("primary", {}).get("state", "ENABLED")
    if version != "ENABLED":
        raise BootstrapError(
            f"the primary version of {state.key} is {version}: "
            "without it the state can't be written; enable it"
        )
    rotation = f"{int(_ROTATION.total_seconds())}s"
    first = (datetime.datetime.now(datetime.UTC) + _ROTATION).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"rotationPeriod": rotation, "nextRotationTime": first, "labels": LABELS}
    make = {"purpose": "ENCRYPT_DECRYPT", **said}
    yield settled(
        "key state",
        _there(key),
        True,
        lambda: api.ask("POST", "kms", f"/v1/{state.key_ring}/cryptoKeys?cryptoKeyId=state", make),
        dry_run=dry_run,
    )
    if key is not None:
        yield settled(
            "rotation of the key each 90 days",
            key.get("rotationPeriod"),
            rotation,
            lambda: api.ask(
                "PATCH",
                "kms",
                f"/v1/{state.key}?updateMask=rotationPeriod,nextRotationTime",
                {"rotationPeriod": rotation, "nextRotationTime": first},
            ),
            dry_run=dry_run,
        )
    # Cloud Storage encrypts objects as its own service account.
    account = api.ask("GET", "storage", f"/storage/v1/projects/{state.project}/serviceAccount")[
        "email_address"
    ]
    yield _bound(
        "Cloud Storage may use the key",
        KeyPolicy(api, state.key, key is not None),
        {_ENCRYPTS: (f"serviceAccount:{account}",)},
        dry_run,
    )


def _bucket(api: Api, state: GcpState, dry_run: bool) -> Iterator[Step]:
    path = f"/storage/v1/b/{state.bucket}"
    bucket = api.found("storage", path)
    wanted = bucket_settings(state)
    yield settled(
        f"bucket {state.bucket}",
        _there(bucket),
        True,
        lambda: api.ask(
            "POST",
            "storage",
            f"/storage/v1/b?project={state.project}",
            {"name": state.bucket, "location": state.location, **wanted},
        ),
        dry_run=dry_run,
    )
    if bucket is None:
        return
    if bucket.get("location", "").lower() != state.location:
        raise BootstrapError(
            f"bucket {state.bucket} is in {bucket.get('location')}, and the key can't encrypt it from "
            f"{state.location}; take its --region, or another --name"
        )
    wanted["labels"] = {**bucket.get("labels", {}), **LABELS}
    rules = [rule for rule in bucket.get("lifecycle", {}).get("rule", []) if rule not in _LIFECYCLE]
    wanted["lifecycle"] = {"rule": [*rules, *_LIFECYCLE]}
    for part, value in wanted.items():

        def write(part: str = part, value: Any = value) -> None:
            api.ask("PATCH", "storage", path, {part: value})

        yield settled(
            f"{part} of the bucket", _of_those(bucket.get(part), value), value, write, dry_run=dry_run
        )


_LIFECYCLE = [
    {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": OLD_VERSIONS_DAYS}},
    {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
]


def bucket_settings(state: GcpState) -> dict[str, Any]:
    """What protects the bucket, as the JSON API writes it. Cloud Storage refuses requests without TLS."""
    return {
        "versioning": {"enabled": True},
        "encryption": {"defaultKmsKeyName": state.key},
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": True},
            "publicAccessPrevention": "enforced",
        },
        "lifecycle": {"rule": list(_LIFECYCLE)},
        "labels": dict(LABELS),
    }


def _of_those(current: Any, wanted: Any) -> Any:
    """``current`` without what ``wanted`` says nothing of: times and other fields that the API adds."""
    if isinstance(current, dict) and isinstance(wanted, dict):
        return {key: _of_those(current.get(key), value) for key, value in wanted.items()}
    return current


def _roles(api: Api, state: GcpState, dry_run: bool) -> Iterator[Step]:
    for right, role in (("preview", PREVIEW), ("apply", APPLY)):
        path = state.role(right)
        current = api.found("iam", f"/v1/{path}")
        if current and current.get("deleted"):
            raise BootstrapError(f"role {path} was deleted; undelete it, or take another --name")
        identity = {"roleId": role_id(state.name, right), "role": role}

        def write(path: str = path, current: Any = current, role: Any = role, made: Any = identity) -> None:
            if current:
                api.ask("PATCH", "iam", f"/v1/{path}?updateMask=title,includedPermissions,stage", role)
            else:
                api.ask("POST", "iam", f"/v1/projects/{state.project}/roles", made)

        said = current and {
            **{key: current.get(key) for key in role},
            "includedPermissions": sorted(current.get("includedPermissions", [])),
        }
        yield settled(f"role {role_id(state.name, right)}", said, dict(role), write, dry_run=dry_run)


def _bindings(api: Api, state: GcpState, dry_run: bool) -> Iterator[Step]:
    """Roles on bucket and key alone. Rights to objects mean nothing on a key, nor the other way round."""
    members = {
        state.role(right): who
        for right, who in (("preview", state.preview_members), ("apply", state.apply_members))
        if who
    }
    if not members:
        return
    bucket = api.found("storage", f"/storage/v1/b/{state.bucket}")
    holder = BucketPolicy(api, state.bucket, bucket is not None)
    yield _bound("members' rights to the bucket", holder, members, dry_run)
    ring = api.found("kms", f"/v1/{state.key_ring}")
    key = api.found("kms", f"/v1/{state.key}") if ring is not None else None
    yield _bound("members' rights to the key", KeyPolicy(api, state.key, key is not None), members, dry_run)


def _there(found: Any) -> bool | None:
    return None if found is None else True


def _bound(
    what: str,
    holder: KeyPolicy | BucketPolicy,
    members: Mapping[str, tuple[str, ...]],
    dry_run: bool,
) -> Step:
    # What a dry run did not make has no policy yet.
    policy = holder.read() if holder.there or not dry_run else {}
    wanted = with_members(policy, members)
    return settled(what, policy, wanted, lambda: holder.write(wanted), dry_run=dry_run)
