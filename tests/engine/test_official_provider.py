"""A provider of AWS that PATH has: the engine takes it, against moto."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import boto3
import pytest

from tests.clouds.moto_server import running_moto
from tests.clouds.project import ROOT, make_cloud_project

pytestmark = pytest.mark.engine
PROGRAM = """
import pulumi
from ai_platform.components.cloud_objects import cloud_object
from ai_platform.components.aws.provider import aws_provider

aws = aws_provider("aws", "eu-central-1", {"environment": "test"})
cloud_object("data", "aws:s3/bucket:Bucket", {"bucket": "data-of-ours"}, pulumi.ResourceOptions(provider=aws))
"""


def provider_on_path(folder: Path, cloud: str) -> Path:
    """Stands for an official provider: a program of its name, which tells that it was started."""
    folder.mkdir(exist_ok=True)
    told = folder / f"{cloud}-was-started"
    program = folder / f"pulumi-resource-{cloud}"
    run = f'exec "{sys.executable}" -m tests.clouds.plugin {cloud} "$1"'
    program.write_text(f'#!/bin/sh\ntouch "{told}"\nPYTHONPATH="{ROOT}" {run}\n')
    program.chmod(0o755)
    return told


def test_the_engine_takes_the_provider_that_path_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = provider_on_path(tmp_path / "bin", "aws")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "project").mkdir()
    with running_moto() as moto:
        project = make_cloud_project(tmp_path / "project", PROGRAM, moto)
        done = project.up()
        assert done.code == 0, done.output
        assert started.exists()
        s3 = boto3.client(
            "s3",
            endpoint_url=moto.url,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["data-of-ours"]
    assert not list(project.root.rglob("resource-aws-*"))
    assert project.attempts() == []


def test_google_cloud_stays_with_its_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = provider_on_path(tmp_path / "bin", "gcp")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "project").mkdir()
    program = """
import pulumi
from ai_platform.components.cloud_objects import cloud_object

cloud_object("net", "gcp:compute/network:Network", {"project": "a-project"}, pulumi.ResourceOptions())
"""
    project = make_cloud_project(tmp_path / "project", program)
    done = project.up()
    assert done.code == 0, done.output
    assert not started.exists()
