"""KServe's controller: the values of its chart."""

from __future__ import annotations

from typing import Any


def kserve_values() -> dict[str, Any]:
    """Values of the chart kserve-resources v0.20.0: plain Deployments, reached inside the cluster only.

    Its default is Knative, which waits for a gateway. Endpoints have a Service of their own; what
    reaches them from outside is a gateway's business.
    """
    gateway = {"disableIngressCreation": True, "disableIstioVirtualHost": True}
    return {
        "kserve": {
            "controller": {
                "deploymentMode": "Standard",
                "gateway": gateway,
                "imagePullPolicy": "IfNotPresent",
            }
        }
    }
