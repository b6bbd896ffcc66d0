"""What an object of Kubernetes says, in the words of the platform, whoever holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..components.node_labels import POOL_LABEL
from ..components.objects import MANAGED_BY
from ..components.quantities import canonical
from ..finops.cost_tags import KUBERNETES_PREFIX
from .model import Aspect

Manifest = Mapping[str, Any]
Says = dict[tuple[Aspect, str], str]
_TEAM = f"{KUBERNETES_PREFIX}team"
_SECURITY = "pod-security.kubernetes.io/"
_COMPLETE = ("ClusterQueue", "Cohort", "LocalQueue", "ResourceFlavor", "Namespace", "InferenceService")
_NO_LIMIT, _ALL = "no limit", "all of it"


@dataclass(frozen=True, slots=True)
class Thing:
    """One object by its meaning."""

    subject: str
    """``team research``."""
    name: str
    """``ClusterQueue research``."""
    says: Mapping[tuple[Aspect, str], str]
    """Value by aspect and what it is the value of."""


def things_of(manifests: Iterable[Manifest]) -> dict[str, Thing]:
    """Those of the objects that mean something, by kind, namespace and name."""
    found = {}
    for manifest in manifests:
        reader = _READERS.get(str(manifest.get("kind")))
        metadata = _mapping(manifest.get("metadata"))
        if reader is None or not metadata.get("name"):
            continue
        thing = reader(manifest, metadata)
        if thing is not None:
            found[key_of(manifest)] = thing
    return found


def key_of(manifest: Manifest) -> str:
    """Kind, namespace and name of an object."""
    metadata = _mapping(manifest.get("metadata"))
    return f"{manifest.get('kind')} {metadata.get('namespace', '')}/{metadata.get('name')}"


def complete_keys(manifests: Iterable[Manifest], *, managed: bool) -> list[str]:
    """Keys of objects of kinds of which a description says all there are; with ``managed`` only ours."""
    ours = MANAGED_BY.items()
    return [
        key_of(manifest)
        for manifest in manifests
        if manifest.get("kind") in _COMPLETE
        and (manifest["kind"] != "Namespace" or _TEAM in labels_of(manifest))
        and (not managed or ours <= labels_of(manifest).items())
    ]


def labels_of(manifest: Manifest) -> Mapping[str, str]:
    """The labels of an object."""
    return _mapping(_mapping(manifest.get("metadata")).get("labels"))


def cost_labels(manifest: Manifest) -> dict[str, str]:
    """The cost labels of an object."""
    named = labels_of(manifest).items()
    return {
        key: str(value) for key, value in named if key.startswith(KUBERNETES_PREFIX) and key != POOL_LABEL
    }


def _cluster_queue(manifest: Manifest, metadata: Manifest) -> Thing:
    spec = _mapping(manifest.get("spec"))
    says: Says = {(Aspect.QUOTA, "cohort"): str(spec.get("cohortName") or spec.get("cohort") or "none")}
    says |= dict(_quotas(spec))
    if spec.get("stopPolicy", "None") != "None":
        says[Aspect.QUOTA, "stop policy"] = str(spec["stopPolicy"])
    return Thing(f"team {metadata['name']}", f"ClusterQueue {metadata['name']}", says)


def _cohort(manifest: Manifest, metadata: Manifest) -> Thing:
    # A Cohort of Kueue's first versions had its fields beside its metadata.
    spec = _mapping(manifest.get("spec"))
    says: Says = {(Aspect.QUOTA, "parent"): str(spec.get("parentName") or spec.get("parent") or "none")}
    return Thing(f"cohort {metadata['name']}", f"Cohort {metadata['name']}", says | dict(_quotas(spec)))


def _quotas(spec: Manifest) -> Iterator[tuple[tuple[Aspect, str], str]]:
    for group in spec.get("resourceGroups") or ():
        for flavor in group.get("flavors") or ():
            for resource in flavor.get("resources") or ():
                what = f"{resource.get('name')} of {flavor.get('name')}"
                yield (Aspect.QUOTA, f"{what}, guaranteed"), _amount(resource.get("nominalQuota"), "0")
                yield (
                    (Aspect.QUOTA, f"{what}, borrowable"),
                    _amount(resource.get("borrowingLimit"), _NO_LIMIT),
                )
                yield (Aspect.QUOTA, f"{what}, lendable"), _amount(resource.get("lendingLimit"), _ALL)
    weight = _mapping(spec.get("fairSharing")).get("weight")
    yield (Aspect.QUOTA, "weight"), _amount(weight, "1")


def _local_queue(manifest: Manifest, metadata: Manifest) -> Thing:
    leads = str(_mapping(manifest.get("spec")).get("clusterQueue"))
    says: Says = {(Aspect.QUOTA, f"queue {metadata['name']} leads to"): leads}
    return Thing(f"team {metadata.get('namespace')}", f"LocalQueue {metadata['name']}", says)


def _flavor(manifest: Manifest, metadata: Manifest) -> Thing:
    spec = _mapping(manifest.get("spec"))
    says: Says = {
        (Aspect.OBJECT, "nodes of the flavor"): _plain(spec.get("nodeLabels")),
        (Aspect.OBJECT, "topology of the flavor"): str(spec.get("topologyName") or "none"),
    }
    return Thing(f"pool {metadata['name']}", f"ResourceFlavor {metadata['name']}", says)


def _namespace(manifest: Manifest, metadata: Manifest) -> Thing:
    labels = labels_of(manifest)
    says: Says = {(Aspect.TAG, key): value for key, value in cost_labels(manifest).items()}
    for mode in ("enforce", "warn", "audit"):
        says[Aspect.OBJECT, f"Pod Security, {mode}"] = str(labels.get(f"{_SECURITY}{mode}", "none"))
    return Thing(f"team {metadata['name']}", f"Namespace {metadata['name']}", says)


def _network_policy(manifest: Manifest, metadata: Manifest) -> Thing:
    says: Says = {(Aspect.OBJECT, f"NetworkPolicy {metadata['name']}"): _plain(manifest.get("spec"))}
    return Thing(f"team {metadata.get('namespace')}", f"NetworkPolicy {metadata['name']}", says)


def _service(manifest: Manifest, metadata: Manifest) -> Thing:
    predictor = _mapping(_mapping(manifest.get("spec")).get("predictor"))
    model = _mapping(predictor.get("model"))
    says: Says = {
        (Aspect.SIZE, "replicas"): f"{predictor.get('minReplicas', 1)} to {predictor.get('maxReplicas', 1)}",
        (Aspect.VERSION, "runtime"): str(model.get("runtime") or "none"),
    }
    for argument in model.get("args") or ():
        key, _, value = str(argument).partition("=")
        says[Aspect.VERSION, key] = value or "on"
    for name, amount in _mapping(_mapping(model.get("resources")).get("limits")).items():
        says[Aspect.SIZE, f"{name} of a replica"] = _amount(amount, "0")
    pinned = predictor.get("nodeSelector") or predictor.get("affinity")
    says[Aspect.OBJECT, "pools"] = _plain(pinned)
    says[Aspect.VERSION, "canary"] = _canary(manifest)
    says |= {(Aspect.TAG, key): value for key, value in cost_labels(manifest).items()}
    named = f"{metadata.get('namespace')}/{metadata['name']}"
    return Thing(f"endpoint {named}", f"InferenceService {named}", says)


def _canary(manifest: Manifest) -> str:
    """The canaries of an endpoint, each by its model and its share."""
    entries = _mapping(manifest.get("spec")).get("canary")
    found = []
    for entry in entries if isinstance(entries, list) else ():
        model = _mapping(_mapping(_mapping(entry).get("predictor")).get("model"))
        named = [str(part) for part in model.get("args") or () if str(part).startswith("--model=")]
        share = _mapping(entry).get("trafficPercent")
        found.append(f"{named[0].removeprefix('--model=') if named else 'unknown'} for {share} %")
    return "; ".join(found) or "none"


def _config_map(manifest: Manifest, metadata: Manifest) -> Thing | None:
    name, pool = str(metadata["name"]), labels_of(manifest).get(POOL_LABEL)
    if not name.startswith(("mig-", "ai-platform-mig-")):
        return None
    subject = f"pool {pool}" if pool else "MIG layouts"
    says: Says = {(Aspect.MIG_LAYOUT, f"layout {layout}"): text for layout, text in _layouts(manifest)}
    return Thing(subject, f"ConfigMap {name}", says)


def _layouts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    # mig-parted's document is YAML, and what we write of it is JSON: that of others is compared as a text.
    text = str(_mapping(manifest.get("data")).get("config.yaml", ""))
    try:
        layouts = _mapping(_mapping(json.loads(text)).get("mig-configs"))
    except ValueError:
        layouts = {"(not written by the platform)": text}
    for name, said in layouts.items():
        yield name, _plain(said)


def _amount(value: object, default: str) -> str:
    return default if value is None else canonical(str(value))


def _plain(value: object) -> str:
    """JSON in which what a server adds is not told from what was left out."""
    return json.dumps(_bare(value), sort_keys=True, ensure_ascii=False) if value else "none"


def _bare(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _bare(part) for key, part in value.items() if part not in (None, [])}
    return [_bare(part) for part in value] if isinstance(value, list | tuple) else value


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


_READERS: Mapping[str, Callable[[Manifest, Manifest], Thing | None]] = {
    "ClusterQueue": _cluster_queue,
    "Cohort": _cohort,
    "LocalQueue": _local_queue,
    "ResourceFlavor": _flavor,
    "Namespace": _namespace,
    "NetworkPolicy": _network_policy,
    "InferenceService": _service,
    "ConfigMap": _config_map,
}
