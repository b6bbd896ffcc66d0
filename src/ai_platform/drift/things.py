"""What an object of Kubernetes says, in the words of the platform, whoever holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..components.manifest import Manifest
from ..components.node_labels import POOL_LABEL
from ..components.objects import MANAGED_BY
from ..components.quantities import canonical
from ..finops.cost_tags import KUBERNETES_PREFIX
from ..serving.prompt_names import PROMPT_LABEL, TEXT_KEY, VERSION_KEY, digest_of_text
from .model import Aspect

Says = dict[tuple[Aspect, str], str]
_TEAM = f"{KUBERNETES_PREFIX}team"
_SECURITY = "pod-security.kubernetes.io/"
_COMPLETE = ("ClusterQueue", "Cohort", "LocalQueue", "ResourceFlavor", "Namespace", "InferenceService")
_SHOWN_DIGEST = 12
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
    unset: frozenset[tuple[Aspect, str]] = frozenset()
    """What of it our objects leave to the server's default: no `up` puts that back."""
    at: str = ""
    """The object as kubectl takes it, where ``unset`` says something."""


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
        if (manifest.get("kind") in _COMPLETE or _is_prompt(manifest))
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
    says: Says = {
        (Aspect.QUOTA, "cohort"): str(spec.get("cohortName") or spec.get("cohort") or "none"),
        (Aspect.QUOTA, "namespaces that may use it"): _selected(spec.get("namespaceSelector")),
        (Aspect.QUOTA, "order"): str(spec.get("queueingStrategy") or "BestEffortFIFO"),
        (Aspect.QUOTA, "stop policy"): _stopped(spec),
        (Aspect.QUOTA, "admission checks"): _plain(
            spec.get("admissionChecksStrategy") or spec.get("admissionChecks")
        ),
        **_preemption(_mapping(spec.get("preemption"))),
    }
    says |= dict(_quotas(spec))
    name = metadata["name"]
    unset = frozenset({(Aspect.QUOTA, "order"), (Aspect.QUOTA, "stop policy")})
    return Thing(f"team {name}", f"ClusterQueue {name}", says, unset, f"clusterqueue {name}")


def _preemption(spec: Manifest) -> Says:
    """Whom a queue's work may end, with Kueue's defaults where nothing is said (v0.19, CRD reference)."""
    borrowing = _mapping(spec.get("borrowWithinCohort"))
    return {
        (Aspect.QUOTA, "takes back what others borrowed"): str(spec.get("reclaimWithinCohort") or "Never"),
        (Aspect.QUOTA, "preempts within the queue"): str(spec.get("withinClusterQueue") or "Never"),
        (Aspect.QUOTA, "preempts to borrow"): str(borrowing.get("policy") or "Never"),
    }


def _selected(selector: object) -> str:
    return "none" if selector is None else _plain(selector) if _bare(selector) else "all"


def _stopped(spec: Manifest) -> str:
    return str(spec.get("stopPolicy") or "None")


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
    spec, queue = _mapping(manifest.get("spec")), f"queue {metadata['name']}"
    says: Says = {
        (Aspect.QUOTA, f"{queue} leads to"): str(spec.get("clusterQueue")),
        (Aspect.QUOTA, f"stop policy of {queue}"): _stopped(spec),
    }
    namespace, name = metadata.get("namespace"), metadata["name"]
    unset = frozenset({(Aspect.QUOTA, f"stop policy of {queue}")})
    return Thing(f"team {namespace}", f"LocalQueue {name}", says, unset, f"localqueue {name} -n {namespace}")


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


def _is_prompt(manifest: Manifest) -> bool:
    return manifest.get("kind") == "ConfigMap" and PROMPT_LABEL in labels_of(manifest)


def _prompt(manifest: Manifest, metadata: Manifest) -> Thing:
    data = _mapping(manifest.get("data"))
    text = data.get(TEXT_KEY)
    # What applications read counts, not what labels and annotations claim.
    says: Says = {
        (Aspect.VERSION, "version of the prompt"): str(data.get(VERSION_KEY, "none")),
        (Aspect.VERSION, "text of the prompt"): _text_of(text) if isinstance(text, str) else "none",
    }
    named = f"{metadata.get('namespace')}/{labels_of(manifest)[PROMPT_LABEL]}"
    return Thing(f"prompt {named}", f"Prompt {named}", says)


def _text_of(text: str) -> str:
    return f"{len(text.encode())} bytes, sha256 {digest_of_text(text)[:_SHOWN_DIGEST]}"


def _config_map(manifest: Manifest, metadata: Manifest) -> Thing | None:
    if _is_prompt(manifest):
        return _prompt(manifest, metadata)
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
