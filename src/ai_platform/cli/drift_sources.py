"""Reads what ``ai-platform drift`` compares: states, clouds, a cluster, prices. Tells what can't be read."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalogs import machines_of
from ..drift.described import described_config_maps
from ..drift.described_vs_live import described_vs_live
from ..drift.described_vs_state import described_vs_state
from ..drift.live import Read, UnreadError, read_live
from ..drift.model import DriftLine, DriftReport, SourceRead, report_of
from ..drift.prices import changed_prices, old_prices
from ..drift.refresh_tags import tags_in
from ..drift.state_vs_live import state_vs_live
from ..environment import Environment
from ..finops.price_file import RefreshError
from ..gpu.machines import Cloud
from ..layers import stacks_of
from ..local.errors import ClusterError
from ..local.tools import ToolError
from ..plan import Plan
from ..report.messages import message
from . import project
from .cluster_access import kubeconfig_of
from .preview_run import preview_in
from .prices import refreshed
from .workplace import EngineError, Workplace

if TYPE_CHECKING:
    from ..local.api import Api

_NOT_ASKED = "not asked for"
_MOST_CHARACTERS = 300
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""kubernetes.io, "Accessing the Kubernetes API from a Pod"."""


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    lines: list[DriftLine] = field(default_factory=list)
    sources: list[SourceRead] = field(default_factory=list)

    def read(self, name: str, look: Callable[[], Iterable[DriftLine]], *, asked: bool = True) -> None:
        """Adds what a source says, or why it could not be read."""
        if not asked:
            self.sources.append(SourceRead(name=name, asked=False, read=False, why=_NOT_ASKED))
            return
        try:
            self.lines += look()
        except (EngineError, ClusterError, ToolError, UnreadError, RefreshError) as error:
            self.missed(name, str(error))
        else:
            self.sources.append(SourceRead(name=name, asked=True, read=True))

    def missed(self, name: str, why: str) -> None:
        """Notes a source that could not be read."""
        said = " ".join(message(why).split())[:_MOST_CHARACTERS]
        self.sources.append(SourceRead(name=name, asked=True, read=False, why=said))


def looked_at(
    place: Workplace,
    environment: Environment,
    plan: Plan,
    *,
    today: datetime.date,
    cloud: bool = True,
    cluster: bool = True,
    prices: bool = False,
    kubeconfig: Path | None = None,
) -> DriftReport:
    """All that differs, and what was looked at. Raises ``InvalidInput``."""
    found = _Found()
    exported: dict[str, Mapping[str, Any]] = {}
    for stack in stacks_of(environment.name, environment.stacks):

        def state(stack: str = stack) -> Iterable[DriftLine]:
            exported[stack] = _exported(place, environment, stack)
            return ()

        found.read(f"state of {stack}", state)

        def refresh(stack: str = stack) -> Iterable[DriftLine]:
            return _refreshed(place, environment.name, stack)

        if stack in exported or not cloud:
            found.read(f"refresh of {stack}", refresh, asked=cloud)
        else:
            found.missed(f"refresh of {stack}", "its state could not be read")
    found.lines += described_vs_state(environment, plan, exported) if exported else ()

    def live() -> Iterable[DriftLine]:
        with tempfile.TemporaryDirectory(prefix="ai-platform-drift-") as folder:
            path, context = kubeconfig_of(place, environment, exported.values(), kubeconfig, Path(folder))
            return _compared(found, environment, plan, _reader(path, context))

    found.read("cluster", live, asked=cluster)
    found.lines += old_prices(environment, plan, today)
    for asked in _clouds(environment, plan):

        def ask(asked: Cloud = asked) -> Iterable[DriftLine]:
            return list(changed_prices(environment, plan, refreshed(asked, environment.region).rows))

        found.read(f"prices of {asked}", ask, asked=prices)
    return report_of(environment.name, found.lines, found.sources)


def looked_at_from_inside(environment: Environment, plan: Plan, *, today: datetime.date) -> DriftReport:
    """What differs in the cluster that this pod runs in. Asks no cloud, reads no state."""
    from ..local.api import connect_inside

    found = _Found()
    for stack in stacks_of(environment.name, environment.stacks):
        for name in (f"state of {stack}", f"refresh of {stack}"):
            found.read(name, tuple, asked=False)

    def live() -> Iterable[DriftLine]:
        return _compared(found, environment, plan, _read_by(connect_inside(SERVICE_ACCOUNT)))

    found.read("cluster", live)
    found.lines += old_prices(environment, plan, today)
    return report_of(environment.name, found.lines, found.sources)


def _compared(found: _Found, environment: Environment, plan: Plan, read: Read) -> list[DriftLine]:
    seen = read_live(read, described_config_maps(environment, plan))
    for kind, why in seen.unread.items():
        found.missed(f"{kind} in the cluster", why)
    return list(described_vs_live(environment, plan, seen))


def _clouds(environment: Environment, plan: Plan) -> list[Cloud]:
    """The clouds whose price API knows machines of the plan."""
    machines = machines_of(environment)
    there = {machines[pool.machine].cloud for pool in plan.pools if pool.machine in machines}
    return [cloud for cloud in (Cloud.AWS, Cloud.GCP) if cloud in there]


def _exported(place: Workplace, environment: Environment, stack: str) -> Mapping[str, Any]:
    if environment.state is None and not place.state.is_dir():
        raise EngineError(f"there is none: nothing was applied from here; run: ai-platform up {stack}")
    return project.engine(place, stack).exported()


def _refreshed(place: Workplace, environment: str, stack: str) -> list[DriftLine]:
    """What a refresh of the stack would find. Raises ``EngineError`` where it does not reach its end."""
    engine = project.engine(place, stack)
    with tempfile.TemporaryDirectory(prefix="ai-platform-drift-") as folder:
        recorded = engine.record_refresh(Path(folder))
        preview = preview_in(recorded)
        if not preview.complete:
            raise EngineError(
                "; ".join(preview.errors)
                or f"it ended early; see: pulumi refresh --preview-only --stack {stack}"
            )
        tags = tags_in(recorded.document.read_text(encoding="utf-8", errors="replace"))
    return list(state_vs_live(preview, environment, tags))


def _reader(kubeconfig: Path, context: str | None) -> Read:
    from ..local.api import connect

    if not kubeconfig.is_file():
        raise UnreadError(f"there is no kubeconfig at {kubeconfig}; give one with --kubeconfig FILE")
    return _read_by(connect(kubeconfig, context=context))


def _read_by(api: Api) -> Read:
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    from ..local.api import explain

    def read(path: str) -> Mapping[str, Any]:
        try:
            return api.send("GET", path)
        except ApiException as error:
            if error.status == 404:
                raise LookupError(path) from None
            raise UnreadError(explain(error)) from None
        except (HTTPError, OSError, ValueError) as error:
            raise UnreadError(
                f"the cluster does not answer; see that this machine reaches it: {error}"
            ) from None

    return read
