"""What a node does at its first start, before it joins the cluster."""

from __future__ import annotations

import base64
import json
from typing import Any

from ..spec import NodeImage

HUGE_PAGES = 5128
"""2-MiB pages that EFA needs on each node (EKS user guide, node-efa, read 2026-11)."""

_SCRIPT = f"""#!/bin/bash
set -euo pipefail
echo 'vm.nr_hugepages = {HUGE_PAGES}' > /etc/sysctl.d/90-efa.conf
sysctl --load /etc/sysctl.d/90-efa.conf"""

# Karpenter's instanceStorePolicy RAID0 writes the same commands (bottlerocket.go, v1.14.1).
_BIND = ["apiclient", "ephemeral-storage", "bind", "--dirs"]
_DIRECTORIES = ["/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"]


def user_data(image: NodeImage, *, local_disk: bool, efa: bool) -> str | None:
    """User data in base64, or ``None`` when the image needs none.

    ``local_disk``: one volume out of all NVMe disks. EKS adds to it what makes the node join.
    """
    write = _bottlerocket if image is NodeImage.BOTTLEROCKET else _amazon_linux
    text = write(local_disk, efa)
    return base64.b64encode(text.encode()).decode() if text else None


def _amazon_linux(local_disk: bool, efa: bool) -> str:
    parts = []
    if local_disk:
        config = _node_config({"instance": {"localStorage": {"strategy": "RAID0"}}})
        parts.append(("application/node.eks.aws", config))
    if efa:
        # cloud-init runs scripts before nodeadm starts the kubelet, which counts huge pages once.
        parts.append(('text/x-shellscript; charset="us-ascii"', _SCRIPT))
    if not parts:
        return ""
    head = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n'
    body = "".join(f"--//\nContent-Type: {kind}\n\n{text}\n\n" for kind, text in parts)
    return f"{head}{body}--//--\n"


def _node_config(spec: dict[str, Any]) -> str:
    return json.dumps({"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec}, indent=1)


def _bottlerocket(local_disk: bool, efa: bool) -> str:
    lines = []
    if efa:
        lines += ["[settings.kernel.sysctl]", f'"vm.nr_hugepages" = "{HUGE_PAGES}"']
    if local_disk:
        commands = [["apiclient", "ephemeral-storage", "init"], [*_BIND, *_DIRECTORIES]]
        lines += [
            "[settings.bootstrap-commands.local-disk]",
            f"commands = {json.dumps(commands)}",
            "essential = true",
            'mode = "always"',
        ]
    return "\n".join([*lines, ""]) if lines else ""
