"""Every project has gates: those of its own pack, else ours, also where only a wheel is installed."""

import json
import runpy
import sys

import pytest

from ai_platform import gates_pack
from ai_platform.components.errors import InvalidInput
from ai_platform.gates_pack import pack_folder


def test_a_project_without_a_pack_has_ours_for_the_python_that_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/opt/it's a venv")
    folder = pack_folder(tmp_path, tmp_path / ".ai-platform")
    assert folder == tmp_path / ".ai-platform" / "policy"
    manifest = json.loads((folder / "PulumiPolicy.yaml").read_text())
    assert manifest["name"] == "ai-platform"
    assert manifest["runtime"]["options"]["virtualenv"] == "/opt/it's a venv"


def test_without_a_virtual_environment_pulumi_chooses_the_python(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    manifest = json.loads((pack_folder(tmp_path, tmp_path) / "PulumiPolicy.yaml").read_text())
    assert manifest["runtime"] == {"name": "python", "options": {"toolchain": "pip"}}


def test_what_is_written_serves_every_rule(tmp_path, monkeypatch):
    served = {}
    monkeypatch.setattr("pulumi_policy.PolicyPack", lambda name, policies: served.update({name: policies}))
    monkeypatch.delitem(sys.modules, "ai_platform.policy.__main__", raising=False)
    runpy.run_path(str(pack_folder(tmp_path, tmp_path) / "__main__.py"), run_name="__main__")
    monkeypatch.delitem(sys.modules, "ai_platform.policy.__main__", raising=False)
    assert {"cost-tags", "budget", "exceptions"} <= {policy.name for policy in served["ai-platform"]}


def test_a_project_s_own_pack_comes_first(tmp_path):
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    assert pack_folder(tmp_path, tmp_path / ".ai-platform") == tmp_path / "policy"
    assert not (tmp_path / ".ai-platform").exists()


def test_a_pack_that_is_as_it_should_be_is_not_written_again(tmp_path):
    program = pack_folder(tmp_path, tmp_path) / "__main__.py"
    first = program.stat().st_ino
    pack_folder(tmp_path, tmp_path)
    assert program.stat().st_ino == first


def test_gates_that_can_not_be_asked_are_an_error_and_not_a_pass(tmp_path, monkeypatch):
    monkeypatch.setattr(gates_pack, "find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match=r"pip install 'ai-platform\[policy\]'"):
        pack_folder(tmp_path, tmp_path)
