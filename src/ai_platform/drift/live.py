"""What is read from a cluster, and reading it. Nothing is ever written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..components.kserve_names import KSERVE
from ..components.kueue_names import KUEUE

Read = Callable[[str], Mapping[str, Any]]
"""GETs a path of the API server and gives the JSON that came back.

Raises ``UnreadError`` for a path that can't be read, and ``LookupError`` for one that is not there.
"""
ConfigMapName = tuple[str, str]
"""Namespace and name."""
_PAGE = 500
_CONFIG_MAP, _CONFIG_MAPS = "ConfigMap", "configmaps"


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
    LiveKind("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
    LiveKind("Deployment", "apps/v1", "deployments", "helm.sh/chart"),
    LiveKind("DaemonSet", "apps/v1", "daemonsets", "helm.sh/chart"),
    LiveKind("ClusterQueue", KUEUE, "clusterqueues"),
    LiveKind("Cohort", KUEUE, "cohorts"),
    LiveKind("LocalQueue", KUEUE, "localqueues"),
    LiveKind("ResourceFlavor", KUEUE, "resourceflavors"),
    LiveKind("InferenceService", KSERVE, "inferenceservices"),
)
"""What is listed. ConfigMaps are not: in them is anything, and no role can narrow a list by label."""


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


def read_live(read: Read, config_maps: Iterable[ConfigMapName] = ()) -> Live:
    """Lists every kind and gets these ConfigMaps.

    Raises ``UnreadError`` where the cluster does not answer at all.
    """
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
    try:
        manifests += _got(read, config_maps)
    except UnreadError as error:
        unread[_CONFIG_MAP] = str(error)
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


def _got(read: Read, config_maps: Iterable[ConfigMapName]) -> Iterator[Mapping[str, Any]]:
    for namespace, name in config_maps:
        with suppress(LookupError):
            found = read(f"/api/v1/namespaces/{namespace}/{_CONFIG_MAPS}/{name}")
            yield {**found, "apiVersion": "v1", "kind": _CONFIG_MAP}


def minor_version(text: str) -> str:
    """``1.35`` of ``v1.35.2-gke.1000``; empty for what is no version."""
    parts = text.removeprefix("v").split(".")
    return ".".join(parts[:2]) if len(parts) > 1 and parts[0].isdecimal() else ""


def rules(config_maps: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Rules of a role that may read all of this, of ConfigMaps those of these names, and nothing else."""
    groups: dict[str, list[str]] = {}
    for kind in LIVE_KINDS:
        group = kind.api_version.rpartition("/")[0]
        groups.setdefault(group, []).append(kind.plural)
    listed = [
        {"apiGroups": [group], "resources": plurals, "verbs": ["list"]} for group, plurals in _sorted(groups)
    ]
    # A rule whose list of names is empty is one for all.
    names = sorted(set(config_maps))
    named = {"apiGroups": [""], "resources": [_CONFIG_MAPS], "resourceNames": names, "verbs": ["get"]}
    return [*listed, named] if names else listed


def _sorted(groups: Mapping[str, list[str]]) -> Iterable[tuple[str, list[str]]]:
    return ((group, sorted(groups[group])) for group in sorted(groups))
