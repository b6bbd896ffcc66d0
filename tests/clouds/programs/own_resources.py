"""What users have in a stack beside the platform: resources as a file lists them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import yaml


def make_own(path: Path, kubeconfig: pulumi.Input[str]) -> None:
    """Makes each resource of the file; ``{ref: name.output}`` in its inputs is an output of one before it."""
    listed: dict[str, Any] = yaml.safe_load(path.read_text())
    provider = kubernetes.Provider(
        "own", kubeconfig=kubeconfig, cluster_identifier=listed["cluster_identifier"]
    )
    made: dict[str, pulumi.CustomResource] = {}
    for name, item in listed["resources"].items():
        of_cluster = item["type"].startswith("kubernetes:")
        made[name] = pulumi.CustomResource(
            item["type"],
            name,
            _filled(item["inputs"], made),
            pulumi.ResourceOptions(
                protect=item.get("protect", False),
                retain_on_delete=item.get("retain", False),
                provider=provider if of_cluster else None,
                version="4.25.0" if of_cluster else None,
                depends_on=[made[need] for need in item.get("needs", [])],
                aliases=[pulumi.Alias(name=old) for old in item.get("aliases", [])],
            ),
        )


def _filled(value: Any, made: Mapping[str, pulumi.CustomResource]) -> Any:
    if isinstance(value, dict):
        if "ref" in value:
            return made[value["ref"]].id
        if "secret" in value:
            return pulumi.Output.secret(value["secret"])
        return {key: _filled(item, made) for key, item in value.items()}
    return [_filled(item, made) for item in value] if isinstance(value, list) else value
