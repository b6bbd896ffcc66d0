"""The upstream manifests of the controllers, made to fit a controller that runs outside the cluster."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client.exceptions import ApiException

from .api import FIELD_MANAGER, LABELS, Api, Manifest
from .errors import ClusterError
from .waiting import wait_until

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ESTABLISHED_LIMIT_S = 180.0
_THREADS = 4


def namespace(name: str) -> dict[str, Any]:
    """A namespace of ours."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": LABELS}}


def host_service(name: str, namespace: str) -> dict[str, Any]:
    """A Service that leads to the host: the API server follows it when it calls a webhook."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": LABELS},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }


def client_config(service: str, namespace: str, port: int, ca_bundle: str, path: str) -> dict[str, Any]:
    """How the API server reaches a webhook on the host."""
    return {
        "caBundle": ca_bundle,
        "service": {"name": service, "namespace": namespace, "port": port, "path": path},
    }


def read_yaml(path: Path) -> list[Any]:
    """The documents of a file."""
    return [document for document in yaml.load_all(path.read_text(), yaml.CSafeLoader) if document]


def read_webhooks(
    path: Path, *, service: str, namespace: str, port: int, ca_bundle: str
) -> list[dict[str, Any]]:
    """The webhook configurations of a file, with every webhook on the host."""
    configurations = [entry for entry in read_yaml(path) if entry["kind"].endswith("WebhookConfiguration")]
    for configuration in configurations:
        configuration["metadata"] = {"name": configuration["metadata"]["name"], "labels": LABELS}
        for webhook in configuration["webhooks"]:
            upstream = webhook["clientConfig"]["service"]["path"]
            webhook["clientConfig"] = client_config(service, namespace, port, ca_bundle, upstream)
    return configurations


def apply_crds(api: Api, paths: Sequence[Path], conversions: Mapping[str, Manifest]) -> None:
    """Applies the definitions side by side and returns when the API server serves them.

    Some are megabytes long, so they travel as the text they are: parsing them here would take longer than
    everything else. `conversions` has the `spec.conversion` of definitions that need one, by the file's stem.
    """
    with ThreadPoolExecutor(_THREADS) as threads:
        # Largest first: they are what takes long.
        ordered = sorted(paths, key=lambda path: path.stat().st_size, reverse=True)
        names = list(threads.map(lambda path: _apply_crd(api, path, conversions.get(path.stem)), ordered))
    missing = set(names)

    def served() -> bool:
        missing.difference_update([name for name in missing if _is_served(api, name)])
        return not missing

    if not wait_until(served, limit_s=_ESTABLISHED_LIMIT_S, interval_s=0.1):
        raise ClusterError(f"the API server does not serve {', '.join(sorted(missing))}")


def digest(parts: Iterable[str | Path]) -> str:
    """One value for these texts and the content of these files."""
    value = hashlib.sha256()
    for part in parts:
        value.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        value.update(b"\0")
    return value.hexdigest()


def _apply_crd(api: Api, path: Path, conversion: Manifest | None) -> str:
    text = path.read_text()
    text = text.replace("\nmetadata:\n", f"\nmetadata:\n  labels: {json.dumps(LABELS)}\n", 1)
    if conversion:
        text = text.replace("\nspec:\n", f"\nspec:\n  conversion: {json.dumps(conversion)}\n", 1)
    group, _, plural = path.stem.rpartition("_")
    name = f"{plural}.{group}"
    body = text.encode()
    try:
        # A new one is created: server-side apply of a definition this long costs the server seconds.
        api.send("POST", _CRDS, body, content_type="application/yaml", query={"fieldManager": FIELD_MANAGER})
    except ApiException as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        api.send("PATCH", f"{_CRDS}/{name}", body, content_type="application/apply-patch+yaml", query=query)
    return name


def _is_served(api: Api, name: str) -> bool:
    plural, _, group = name.partition(".")
    try:
        versions = api.send("GET", f"/apis/{group}")["versions"]
        listed = [api.send("GET", f"/apis/{version['groupVersion']}")["resources"] for version in versions]
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return any(resource["name"] == plural for resources in listed for resource in resources)
