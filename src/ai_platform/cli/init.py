"""The command ``ai-platform init``: the bucket and key of Pulumi's state, and the rights to them."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..components.bootstrap import BootstrapError, Outcome
from ..components.errors import InvalidInput, Problem
from ..components.names import NAME_PATTERN
from ..gpu.machines import Cloud
from ..local.tools import say
from .command import FAILED, Add
from .output import write

if TYPE_CHECKING:
    from ..components.bootstrap import Backend, Step

_GCP_REGION = "us-central1"
_LONGEST_NAME = 24
"""A bucket takes 63 characters; ``-state-`` and the longest project of Google Cloud take 37."""


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("init", _init, "make the bucket, the key and the rights for Pulumi's state")
    parser.add_argument("cloud", choices=[Cloud.AWS.value, Cloud.GCP.value])
    parser.add_argument("--name", default="ai-platform", help="start of all names; default: ai-platform")
    parser.add_argument("--region", metavar="R", help="default: that of the credentials; gcp: us-central1")
    parser.add_argument("--project", metavar="ID", help="gcp: default: that of the credentials")
    for right in ("preview", "apply"):
        parser.add_argument(
            f"--{right}-member",
            metavar="MEMBER",
            action="append",
            default=[],
            help=f"gcp: who may {right}, for example group:ml@example.com; may be repeated",
        )
    parser.add_argument("--dry-run", action="store_true", help="change nothing; show steps and rights")


def _init(options: argparse.Namespace) -> int:
    _check(options)
    steps: list[Step] = []

    def report(step: Step) -> None:
        steps.append(step)
        say(f"{step.what}: {_said(step, options.dry_run)}")

    try:
        backend = _bootstrapped(options, report)
    except BootstrapError as error:
        say(f"error: {error}")
        return FAILED
    if all(step.outcome is Outcome.KEPT for step in steps):
        say("nothing changed: all of it is there")
    if options.dry_run:
        write(json.dumps(backend.rights, indent=2))
    write(_next_steps(backend))
    return 0


def _bootstrapped(options: argparse.Namespace, report: Callable[[Step], None]) -> Backend:
    if options.cloud == Cloud.AWS:
        from ..components.aws import state as aws

        session = aws.session_for(options.region)
        return aws.bootstrap(session, aws.state_of(session, options.name), report, dry_run=options.dry_run)
    from ..components.gcp import state as gcp

    session, project = gcp.session_for(options.project)
    state = gcp.GcpState(
        options.name,
        project,
        options.region or _GCP_REGION,
        preview_members=tuple(options.preview_member),
        apply_members=tuple(options.apply_member),
    )
    return gcp.bootstrap(session, state, report, dry_run=options.dry_run)


def _check(options: argparse.Namespace) -> None:
    problems = []
    if not re.fullmatch(NAME_PATTERN, options.name) or len(options.name) > _LONGEST_NAME:
        expected = f"at most {_LONGEST_NAME} lower-case letters, digits and dashes, starting with a letter"
        problems.append(Problem("--name", options.name, expected, "take another name"))
    if options.cloud == Cloud.AWS:
        problems += [
            Problem(f"--{key.replace('_', '-')}", value, "nothing on AWS", "leave it out")
            for key in ("project", "preview_member", "apply_member")
            if (value := getattr(options, key))
        ]
    if problems:
        raise InvalidInput(f"init {options.cloud}", problems)


def _said(step: Step, dry_run: bool) -> str:
    return f"would be {step.outcome}" if dry_run and step.outcome is not Outcome.KEPT else step.outcome


def _next_steps(backend: Backend) -> str:
    return "\n".join(
        [
            "",
            "in the description, stacks/ENV.yaml:",
            "",
            "state:",
            f"  backend: {backend.backend}",
            f"  secrets_provider: {backend.secrets_provider}",
            "",
            "or by hand, in any project of Pulumi:",
            "",
            f"  pulumi login '{backend.backend}'",
            f"  pulumi stack init ENV --secrets-provider='{backend.secrets_provider}'",
            "",
            "to give the rights to somebody:",
            "",
            *(f"  {command}" for command in backend.hand_out),
        ]
    )
