"""Which kinds are read from a cluster, and reading them. Only lists: nothing is ever written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..components.kueue_names import KUEUE

Read = Callable[[str], Mapping[str, Any]]
"""GETs a path of the API server and gives the JSON that came back.

Raises ``UnreadError`` for a path that can't be read, and ``LookupError`` for one that is not there.
"""
_PAGE = 500


class UnreadError(Exception):
    """The API server did not answer, or refused. The message says why."""


@dataclass(frozen=True, slots=True)
class LiveKind:
    """One kind that is listed."""

    kind: str
    api_version: str
    plural: str
    selector: str = ""
    """Label selector. Default: all."""

    @property
    def path(self) -> str:
        """Where all of them are listed."""
        root = "apis" if "/" in self.api_version else "api"
        query = f"&labelSelector={self.selector}" if self.selector else ""
        return f"/{root}/{self.api_version}/{self.plural}?limit={_PAGE}{query}"


LIVE_KINDS: tuple[LiveKind, ...] = (
    LiveKind("Node", "v1", "nodes"),
    LiveKind("Namespace", "v1", "namespaces"),
    LiveKind("Pod", "v1", "pods", "ai-platform/team"),
    LiveKind("ConfigMap", "v1", "configmaps", "app.kubernetes.io/managed-by%3Dai-platform"),
    LiveKind("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
    LiveKind("Deployment", "apps/v1", "deployments", "helm.sh/chart"),
    LiveKind("DaemonSet", "apps/v1", "daemonsets", "helm.sh/chart"),
    LiveKind("ClusterQueue", KUEUE, "clusterqueues"),
    LiveKind("Cohort", KUEUE, "cohorts"),
    LiveKind("LocalQueue", KUEUE, "localqueues"),
    LiveKind("ResourceFlavor", KUEUE, "resourceflavors"),
    LiveKind("InferenceService", "serving.kserve.io/v1beta1", "inferenceservices"),
)
"""All that is read, beside ``/version``. A role that may list these suffices."""


@dataclass(frozen=True, slots=True)
class Live:
    """What a cluster says."""

    manifests: tuple[Mapping[str, Any], ...]
    version: str = ""
    """Kubernetes version: ``1.35``; empty where it does not say."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Kinds that could not be listed, and why."""

    def of(self, *kinds: str) -> list[Mapping[str, Any]]:
        """The objects of some kinds."""
        return [manifest for manifest in self.manifests if manifest.get("kind") in kinds]


def read_live(read: Read) -> Live:
    """Lists every kind. Raises ``UnreadError`` where the cluster does not answer at all."""
    version = minor_version(str(read("/version").get("gitVersion", "")))
    manifests: list[Mapping[str, Any]] = []
    unread: dict[str, str] = {}
    for kind in LIVE_KINDS:
        try:
            manifests += listed(read, kind)
        except LookupError:
            continue  # a kind that the cluster does not have has no objects
        except UnreadError as error:
            unread[kind.kind] = str(error)
    if len(unread) == len(LIVE_KINDS):
        raise UnreadError(next(iter(unread.values())))
    return Live(tuple(manifests), version, unread)


def listed(read: Read, kind: LiveKind) -> Iterator[Mapping[str, Any]]:
    """Every object of a kind, page by page."""
    more = ""
    while True:
        page = read(f"{kind.path}{more}")
        # A list does not say of its items what they are.
        for item in page.get("items") or ():
            yield {**item, "apiVersion": kind.api_version, "kind": kind.kind}
        token = (page.get("metadata") or {}).get("continue")
        if not token:
            return
        more = f"&continue={token}"


def minor_version(text: str) -> str:
    """``1.35`` of ``v1.35.2-gke.1000``; empty for what is no version."""
    parts = text.removeprefix("v").split(".")
    return ".".join(parts[:2]) if len(parts) > 1 and parts[0].isdecimal() else ""


def rules() -> list[dict[str, Any]]:
    """Rules of a role that may read all of this and nothing else."""
    groups: dict[str, list[str]] = {}
    for kind in LIVE_KINDS:
        group = kind.api_version.rpartition("/")[0]
        groups.setdefault(group, []).append(kind.plural)
    return [
        {"apiGroups": [group], "resources": plurals, "verbs": ["list"]} for group, plurals in _sorted(groups)
    ]


def _sorted(groups: Mapping[str, list[str]]) -> Iterable[tuple[str, list[str]]]:
    return ((group, sorted(groups[group])) for group in sorted(groups))
