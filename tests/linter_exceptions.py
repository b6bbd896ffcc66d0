"""What linters may find: every exception of the library, with its reason.

A row that nothing needs any more fails its test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowed:
    """A finding that stays."""

    what: str
    """Kind and name of the object, or name of the policy; ``*`` stands for any letters."""
    check: str
    """The check, as its linter calls it."""
    why: str
    """Why it stays."""


MANIFESTS: tuple[Allowed, ...] = (
    Allowed(
        "NetworkPolicy/*",
        "networkpolicy-targets-pod",
        "the pods of a team come later, from the team",
    ),
    Allowed(
        "Job/open-*",
        "not-as-root",
        "the root directory of a new file system is root's: it runs once, without capabilities",
    ),
    Allowed(
        "Job/open-*",
        "pod-networkpolicy",
        "it runs in kube-system, where a policy of ours could cut off what others put there",
    ),
    Allowed(
        "Job/*",
        "container-ephemeral-storage-request-and-limit",
        "scratch space of a training run is the node's whole local disk, and one run has the node's GPUs",
    ),
    Allowed(
        "Job/*",
        "container-security-context-readonlyrootfilesystem",
        "the image is the team's: most training images write caches below their home",
    ),
    Allowed(
        "Job/*",
        "container-image-pull-policy",
        "a thousand workers must not ask the registry again; the image is named by tag or digest",
    ),
    Allowed(
        "Job/*",
        "container-security-context-user-group-id",
        "user 1000 is what training images have a home for; Pod Security restricted keeps it from root",
    ),
)
"""Of kube-score and of ``tests/manifest_rules.py``."""

POLICIES: tuple[Allowed, ...] = ()
"""Of parliament and of ``tests/iam_policies.py``."""
