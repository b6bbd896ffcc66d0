"""What nodes do at their first start."""

from __future__ import annotations

import base64
import json
import tomllib
from email import message_from_string

import pytest

from ai_platform.gpu.aws.user_data import user_data
from ai_platform.gpu.spec import NodeImage


def text(image, **wanted):
    return base64.b64decode(user_data(image, **wanted)).decode()


def test_amazon_linux_makes_one_disk_and_sets_huge_pages_aside():
    document = message_from_string(text(NodeImage.AL2023, local_disk=True, efa=True))
    assert document.is_multipart()
    config, script = list(document.walk())[1:]
    assert config.get_content_type() == "application/node.eks.aws"
    assert json.loads(config.get_payload()) == {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
    }
    assert script.get_content_type() == "text/x-shellscript"
    assert script.get_payload().startswith("#!/bin/bash\n")
    assert "vm.nr_hugepages = 5128" in script.get_payload()


def test_bottlerocket_gets_the_same_as_settings():
    settings = tomllib.loads(text(NodeImage.BOTTLEROCKET, local_disk=True, efa=True))["settings"]
    assert settings["kernel"]["sysctl"] == {"vm.nr_hugepages": "5128"}
    disk = settings["bootstrap-commands"]["local-disk"]
    assert disk["commands"][0] == ["apiclient", "ephemeral-storage", "init"]
    assert disk["mode"] == "always"


@pytest.mark.parametrize("image", [NodeImage.AL2023, NodeImage.BOTTLEROCKET])
def test_each_is_left_out_where_it_is_not_wanted(image):
    assert "hugepages" not in text(image, local_disk=True, efa=False)
    assert "hugepages" in text(image, local_disk=False, efa=True)
    assert user_data(image, local_disk=False, efa=False) is None
