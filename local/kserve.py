"""KServe's controller on the host, behind its own webhook configurations.

Like Kueue's it has the identity of the cluster's admin. Upstream has no setting for the address of its
webhook server; the build changes it to loopback.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .api import LABELS, Api
from .files import write_private
from .layout import LOOPBACK, Layout, encoded
from .objects import apply_crds, digest, host_service, namespace, read_webhooks, read_yaml
from .process import Probe, Program

NAMESPACE = "kserve"
CRDS = (
    "serving.kserve.io_inferenceservices.yaml",
    "serving.kserve.io_servingruntimes.yaml",
    "serving.kserve.io_clusterservingruntimes.yaml",
    "serving.kserve.io_inferencegraphs.yaml",
    "serving.kserve.io_trainedmodels.yaml",
    "clusterstoragecontainer/serving.kserve.io_clusterstoragecontainers.yaml",
)
_SERVICE = "kserve-webhook-server-service"
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "deploy": {"defaultDeploymentMode": "Standard"},
    # No gateway runs here, and an inference service would wait for one.
    "ingress": {"disableIngressCreation": True, "disableIstioVirtualHost": True},
}


def program(layout: Layout, tools: Mapping[str, Path]) -> Program:
    """KServe's controller."""
    roles = ("kserve-webhook", "kserve-health", "kserve-metrics")
    return Program(
        name="kserve-manager",
        command=(
            str(tools["kserve-manager"]),
            f"--webhook-port={layout.ports['kserve-webhook']}",
            f"--health-probe-addr={LOOPBACK}:{layout.ports['kserve-health']}",
            f"--metrics-addr={LOOPBACK}:{layout.ports['kserve-metrics']}",
            "--leader-elect=false",
            "--zap-stacktrace-level=panic",
        ),
        probe=Probe(layout.ports["kserve-health"], "/readyz"),
        ports={role: layout.ports[role] for role in roles},
        environment={
            "KUBECONFIG": str(layout.kubeconfig),
            "POD_NAMESPACE": NAMESPACE,
            # The only way to say where the webhook's certificate lies.
            "TMPDIR": str(_temporary_directory(layout)),
        },
        # It reads the ConfigMap once, at its start.
        settings=json.dumps(_SETTINGS, default=dict),
    )


def write_settings(layout: Layout) -> None:
    """Puts the webhook's certificate where the controller looks for it."""
    directory = _temporary_directory(layout) / "k8s-webhook-server" / "serving-certs"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    pair = layout.pair("webhook")
    for file, content in {"tls.crt": pair.certificate, "tls.key": pair.key}.items():
        write_private(directory / file, content.read_bytes())


def objects_digest(layout: Layout, manifests: Path) -> str:
    """Changes when what `install` applies changes."""
    files = [*_crds(manifests), _webhooks(manifests), _config_map(manifests)]
    return digest([*files, str(layout.ports["kserve-webhook"]), __file__])


def install(api: Api, layout: Layout, manifests: Path) -> None:
    """Applies the definitions, the settings and the webhook configurations."""
    api.apply_all([namespace(NAMESPACE), host_service(_SERVICE, NAMESPACE), settings(manifests)])
    apply_crds(api, _crds(manifests), {})
    api.apply_all(
        read_webhooks(
            _webhooks(manifests),
            service=_SERVICE,
            namespace=NAMESPACE,
            port=layout.ports["kserve-webhook"],
            ca_bundle=encoded(layout.pair("webhook-authority").certificate),
        )
    )


def answers(api: Api) -> bool:
    """Whether the webhook answers: it is asked about a runtime that is not kept."""
    runtime = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "ai-platform-probe"},
        "spec": {"containers": [{"name": "kserve-container", "image": "probe"}]},
    }
    return api.accepts(runtime)


def settings(manifests: Path) -> dict[str, Any]:
    """Upstream's ConfigMap, for plain Deployments and no gateway."""
    (upstream,) = read_yaml(_config_map(manifests))
    data = {key: value for key, value in upstream["data"].items() if key != "_example"}
    for key, changes in _SETTINGS.items():
        data[key] = json.dumps(json.loads(data[key]) | changes, indent=2)
    metadata = {"name": upstream["metadata"]["name"], "namespace": NAMESPACE, "labels": LABELS}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _temporary_directory(layout: Layout) -> Path:
    return layout.directory / "temporary" / "kserve"


def _crds(manifests: Path) -> list[Path]:
    return [manifests / "config" / "crd" / "full" / name for name in CRDS]


def _webhooks(manifests: Path) -> Path:
    return manifests / "config" / "webhook" / "manifests.yaml"


def _config_map(manifests: Path) -> Path:
    return manifests / "config" / "configmap" / "inferenceservice.yaml"
