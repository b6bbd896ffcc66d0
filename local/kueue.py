"""Kueue's controller on the host, behind its own webhook configurations.

The API server reaches it through a Service that leads to the host. The controller has the identity of the
cluster's admin: what its service account may do is not what this cluster is there to test.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..components.kueue_configuration import kueue_configuration, managed_namespaces
from .api import LABELS, Api
from .files import write_private
from .layout import LOOPBACK, Layout, encoded
from .objects import apply_crds, client_config, digest, host_service, namespace, read_webhooks
from .process import Probe, Program

NAMESPACE = "kueue-system"
_SERVICE = "kueue-webhook-service"
_SECRET = "kueue-webhook-server-cert"  # noqa: S105
_OWN_GROUP = "kueue.x-k8s.io"
_CONVERTED = ("clusterqueues", "cohorts", "localqueues", "multikueueclusters", "workloads")


def program(layout: Layout, tools: Mapping[str, Path], *, fair_sharing: bool = False) -> Program:
    """Kueue's controller."""
    roles = ("kueue-webhook", "kueue-health", "kueue-metrics")
    return Program(
        name="kueue",
        command=(str(tools["kueue"]), f"--config={_settings_path(layout)}", "--zap-stacktrace-level=panic"),
        probe=Probe(layout.ports["kueue-health"], "/readyz"),
        ports={role: layout.ports[role] for role in roles},
        environment={
            "KUBECONFIG": str(layout.kubeconfig),
            "TMPDIR": str(layout.directory / "temporary"),
        },
        settings=_settings_text(layout, fair_sharing),
    )


def shares_fairly(layout: Layout) -> bool:
    """Whether the configuration that was written last says so."""
    path = _settings_path(layout)
    return path.is_file() and "fairSharing" in yaml.safe_load(path.read_text())


def write_settings(layout: Layout, *, fair_sharing: bool = False) -> None:
    """Writes the configuration, and the files of the Secret that a kubelet would have mounted."""
    directory = _certificates_directory(layout)
    directory.mkdir(mode=0o700, exist_ok=True)
    for file, content in _secret_files(layout).items():
        write_private(directory / file, content.read_bytes())
    _settings_path(layout).write_text(_settings_text(layout, fair_sharing))


def objects_digest(layout: Layout, manifests: Path) -> str:
    """Changes when what `install` applies changes."""
    return digest([*_crds(manifests), _webhooks(manifests), str(layout.ports["kueue-webhook"]), __file__])


def install(api: Api, layout: Layout, manifests: Path) -> None:
    """Applies the definitions, the webhook configurations and the certificate.

    The certificate is ours. Kueue's own rotation finds it valid and keeps it, so nobody has to wait for a new
    one and copy it.
    """
    port = layout.ports["kueue-webhook"]
    bundle = encoded(layout.pair("webhook-authority").certificate)
    conversion = {
        "strategy": "Webhook",
        "webhook": {
            "clientConfig": client_config(_SERVICE, NAMESPACE, port, bundle, "/convert"),
            "conversionReviewVersions": ["v1"],
        },
    }
    api.apply_all([namespace(NAMESPACE), host_service(_SERVICE, NAMESPACE), _secret(layout)])
    apply_crds(api, _crds(manifests), {f"{_OWN_GROUP}_{plural}": conversion for plural in _CONVERTED})
    configurations = read_webhooks(
        _webhooks(manifests), service=_SERVICE, namespace=NAMESPACE, port=port, ca_bundle=bundle
    )
    api.apply_all(_fit_upstream_names(configuration) for configuration in configurations)


def answers(api: Api) -> bool:
    """Whether the webhook answers: it is asked about a flavor that is not kept."""
    flavor = {
        "apiVersion": f"{_OWN_GROUP}/v1beta2",
        "kind": "ResourceFlavor",
        "metadata": {"name": "ai-platform-probe"},
    }
    return api.accepts(flavor)


def settings(layout: Layout, *, fair_sharing: bool = False) -> dict[str, Any]:
    """Kueue's configuration. With ``fair_sharing``, idle quota goes by the weights of queues and cohorts."""
    return kueue_configuration(fair_sharing=fair_sharing) | {
        "namespace": NAMESPACE,
        "health": {"healthProbeBindAddress": f"{LOOPBACK}:{layout.ports['kueue-health']}"},
        "metrics": {
            "bindAddress": f"{LOOPBACK}:{layout.ports['kueue-metrics']}",
            "enableClusterQueueResources": True,
        },
        "webhook": {
            "host": LOOPBACK,
            "port": layout.ports["kueue-webhook"],
            "certDir": str(_certificates_directory(layout)),
        },
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {
            "enable": True,
            "webhookServiceName": _SERVICE,
            "webhookSecretName": _SECRET,
        },
        # It would listen on a fixed port of every interface, for an APIService that is not installed.
        "featureGates": {"VisibilityOnDemand": False},
    }


def _fit_upstream_names(configuration: dict[str, Any]) -> dict[str, Any]:
    """What upstream's kustomization does: a prefix, and no webhooks for jobs in the system's namespaces."""
    configuration["metadata"]["name"] = f"kueue-{configuration['metadata']['name']}"
    for webhook in configuration["webhooks"]:
        if all(_OWN_GROUP not in rule["apiGroups"] for rule in webhook["rules"]):
            webhook["namespaceSelector"] = managed_namespaces()
    return configuration


def _secret(layout: Layout) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _SECRET, "namespace": NAMESPACE, "labels": LABELS},
        "data": {file: encoded(path) for file, path in _secret_files(layout).items()},
    }


def _secret_files(layout: Layout) -> dict[str, Path]:
    authority, webhook = layout.pair("webhook-authority"), layout.pair("webhook")
    return {
        "ca.crt": authority.certificate,
        "ca.key": authority.key,
        "tls.crt": webhook.certificate,
        "tls.key": webhook.key,
    }


def _settings_path(layout: Layout) -> Path:
    return layout.directory / "kueue.yaml"


def _settings_text(layout: Layout, fair_sharing: bool) -> str:
    return yaml.safe_dump(settings(layout, fair_sharing=fair_sharing), sort_keys=False)


def _certificates_directory(layout: Layout) -> Path:
    return layout.directory / "kueue-certificates"


def _crds(manifests: Path) -> list[Path]:
    return sorted((manifests / "config" / "components" / "crd" / "bases").glob("*.yaml"))


def _webhooks(manifests: Path) -> Path:
    return manifests / "config" / "components" / "webhook" / "manifests.yaml"
