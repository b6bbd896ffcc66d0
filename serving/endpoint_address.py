"""The address of an endpoint: one for all its replicas, also those of a canary."""

from __future__ import annotations

from typing import Any

from ..components.kserve_names import SERVED_LABEL


def address_manifest(name: str, namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    """A Service of all Ready pods of an InferenceService; connections go to each of them alike.

    KServe v0.20.0 makes a Service for each Deployment of an InferenceService and none for all.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            # An endpoint that waits for quota has no pod yet, which is its InferenceService's to say.
            "annotations": {"pulumi.com/skipAwait": "true"},
        },
        "spec": {
            "selector": {SERVED_LABEL: name, "component": "predictor"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
        },
    }
