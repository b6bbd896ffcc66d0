"""Who may do what with the state's bucket and key on Google Cloud: custom roles and their members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Cloud Storage, IAM permissions for JSON methods: get, list, insert (create, and delete where it replaces),
# rewrite (create, delete, get), delete. Cloud KMS: encrypt and decrypt of a key. Read 2026-11.
_READ = ("cloudkms.cryptoKeyVersions.useToDecrypt", "storage.objects.get", "storage.objects.list")
_WRITE = (
    "cloudkms.cryptoKeyVersions.useToEncrypt",
    "storage.objects.create",
    "storage.objects.delete",
)

PREVIEW: Mapping[str, Any] = {
    "title": "AI Platform: preview",
    "stage": "GA",
    "includedPermissions": sorted(_READ),
}
"""Read the state and decrypt: enough for ``pulumi preview`` and ``pulumi stack output``."""

APPLY: Mapping[str, Any] = {
    "title": "AI Platform: apply",
    "stage": "GA",
    "includedPermissions": sorted([*_READ, *_WRITE]),
}
"""Read and write the state and its locks, encrypt and decrypt: what ``pulumi up`` needs of the backend."""


def role_id(name: str, right: str) -> str:
    """Id of a custom role, which has no dashes: ``ai_platform_preview``."""
    return f"{name}-{right}".replace("-", "_")


def with_members(policy: Mapping[str, Any], members: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """An IAM policy in which each role has these members too. All else stays, its etag too."""
    bindings = [dict(binding) for binding in policy.get("bindings", [])]
    for role, who in members.items():
        binding = next((b for b in bindings if b["role"] == role and "condition" not in b), None)
        if binding is None:
            bindings.append({"role": role, "members": sorted(who)})
        else:
            new = sorted(set(who) - set(binding["members"]))
            binding["members"] = [*binding["members"], *new]
    return {**policy, "bindings": bindings}
