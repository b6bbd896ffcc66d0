"""A thin wrapper of the official Kubernetes client: server-side apply and plain dictionaries.

Not its dynamic client, whose discovery can't be used by several threads.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes import config
from kubernetes.client import Configuration
from kubernetes.client.api_client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.config.incluster_config import InClusterConfigLoader

from .errors import ClusterError

FIELD_MANAGER = "ai-platform-local"
LABELS = {"app.kubernetes.io/managed-by": FIELD_MANAGER}
_REQUEST_LIMIT_S = 60
_POOL_SIZE = 16

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class _Kind:
    plural: str
    namespaced: bool


@dataclass(frozen=True)
class Api:
    """The API of one cluster, for any number of threads."""

    client: ApiClient
    _kinds: dict[tuple[str, str], _Kind] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def apply(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Server-side apply, as the owner of these fields."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        path = self._path(manifest)
        return self.send("PATCH", path, manifest, content_type="application/apply-patch+yaml", query=query)

    def apply_all(self, manifests: Iterable[Manifest]) -> None:
        """Applies one after the other."""
        for manifest in manifests:
            self.apply(manifest)

    def accepts(self, manifest: Manifest) -> bool:
        """Whether the API server and every webhook would take the object."""
        try:
            self.apply(manifest, dry_run=True)
        except ApiException:
            return False
        return True

    def patch(
        self, api_version: str, kind: str, name: str, change: Manifest, namespace: str | None = None
    ) -> Manifest:
        """Merges the change into the object."""
        path = self._path(reference(api_version, kind, name, namespace))
        return self.send("PATCH", path, change, content_type="application/merge-patch+json")

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Manifest | None:
        """The object, or None when there is none."""
        try:
            return self.send("GET", self._path(reference(api_version, kind, name, namespace)))
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, *, labels: str = ""
    ) -> list[Manifest]:
        """The objects of a kind, in one namespace or all."""
        path = _collection(api_version, self._kind(api_version, kind).plural, namespace)
        return list(self.send("GET", path, query={"labelSelector": labels} if labels else None)["items"])

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> None:
        """Deletes the object, and what it owns, if it exists."""
        path = self._path(reference(api_version, kind, name, namespace))
        try:
            self.send("DELETE", path, query={"propagationPolicy": "Background"})
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def send(
        self,
        method: str,
        path: str,
        body: Manifest | bytes | None = None,
        *,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> Manifest:
        """One request; the answer is the JSON that came back. Raises `ApiException` if it is an error."""
        content = self._content(method, path, body, content_type=content_type, query=query)
        answer: Manifest = json.loads(content)
        return answer

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """What a GET brings that is no JSON, such as a log. Raises `ApiException` if it is an error."""
        return self._content("GET", path, None, query=query).decode("utf-8", errors="replace")

    def _content(
        self,
        method: str,
        path: str,
        body: Manifest | bytes | None,
        *,
        content_type: str = "application/json",
        query: Mapping[str, str] | None,
    ) -> bytes:
        request = self.client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json", "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        response = self.client.call_api(*request, _request_timeout=_REQUEST_LIMIT_S)
        content: bytes = response.read()
        if response.status >= HTTPStatus.BAD_REQUEST:
            self.client.response_deserialize(response, {})
        return content

    def _path(self, manifest: Manifest) -> str:
        metadata = manifest["metadata"]
        kind = self._kind(manifest["apiVersion"], manifest["kind"])
        namespace = metadata.get("namespace", "default") if kind.namespaced else None
        return f"{_collection(manifest['apiVersion'], kind.plural, namespace)}/{metadata['name']}"

    def _kind(self, api_version: str, kind: str) -> _Kind:
        with self._lock:
            if (api_version, kind) not in self._kinds:
                for resource in self.send("GET", _root(api_version))["resources"]:
                    if "/" not in resource["name"]:
                        found = _Kind(resource["name"], resource["namespaced"])
                        self._kinds[api_version, resource["kind"]] = found
            if (api_version, kind) not in self._kinds:
                reason = f"there is no kind {kind} in {api_version}"
                raise ApiException(status=HTTPStatus.NOT_FOUND, reason=reason)
            return self._kinds[api_version, kind]


def reference(api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
    """The part of a manifest that names the object."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def connect(kubeconfig: Path, *, context: str | None = None) -> Api:
    """The API that the kubeconfig leads to, in its current context or another one."""
    settings = Configuration()
    settings.connection_pool_maxsize = _POOL_SIZE
    try:
        config.load_kube_config(str(kubeconfig), context, client_configuration=settings)
    except (OSError, config.ConfigException) as error:
        raise ClusterError(f"{kubeconfig} is no kubeconfig: {error}") from error
    if urlsplit(settings.host).hostname in ("127.0.0.1", "localhost", "::1"):
        # A proxy in the caller's environment can't reach it.
        settings.proxy = None
    return Api(ApiClient(settings))


def connect_inside(account: Path) -> Api:
    """The API of the cluster that this pod runs in.

    ``account`` is the folder with its token and ``ca.crt``. Raises ``ClusterError`` outside a pod.
    """
    settings = Configuration()
    try:
        loader = InClusterConfigLoader(str(account / "token"), str(account / "ca.crt"))
        loader.load_and_set(settings)
    except (OSError, config.ConfigException) as error:
        raise ClusterError(f"this is no pod that may ask its cluster: {error}") from error
    # The API server is next to the pod: a proxy is for what lies outside.
    settings.proxy = None
    return Api(ApiClient(settings))


def explain(error: ApiException) -> str:
    """What the API server said, in one line."""
    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}"


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _collection(api_version: str, plural: str, namespace: str | None) -> str:
    return f"{_root(api_version)}/{f'namespaces/{namespace}/' if namespace else ''}{plural}"
