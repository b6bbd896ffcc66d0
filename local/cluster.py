"""The simulated cluster: seven programs on the host that are a real Kubernetes with Kueue and KServe.

Only the machines are simulated. Everything of a cluster lies in one folder, `<root>/<name>`, and nothing
listens beyond the loopback interface but KServe's webhook.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from . import control_plane, kserve, kueue, process, simulator
from .api import Api, connect, explain
from .errors import ClusterError
from .layout import Layout, cluster_directory, locked, prepare_layout, read_layout
from .process import Program
from .waiting import wait_until

TOOLS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kueue",
    "kserve-manager",
)
MANIFESTS = ("kwok", "kueue", "kserve-manager")
# The API server ends its work while nobody watches it any more, and the store goes last.
_STOP_ORDER = (TOOLS[:1:-1], TOOLS[1:2], TOOLS[:1])
_READY_LIMIT_S = 180.0
_WEBHOOK_LIMIT_S = 180.0


@dataclass(frozen=True)
class Cluster:
    """A running simulated cluster."""

    name: str
    directory: Path
    kubeconfig: Path
    server: str


@dataclass(frozen=True)
class ProcessStatus:
    """How one program of the cluster is doing."""

    name: str
    pid: int | None
    running: bool
    ports: Mapping[str, int]
    healthy: bool
    log_tail: str
    """The last lines of its log if it is not healthy, else empty."""


def up(
    name: str,
    *,
    root: Path,
    tools: Mapping[str, Path],
    manifests: Mapping[str, Path],
    ports: Mapping[str, int] | None = None,
    fair_sharing: bool | None = None,
    report: Callable[[str], None],
) -> Cluster:
    """Starts the cluster, or whatever of it is missing; a healthy one is kept as it is.

    `tools` has the program of each of TOOLS, `manifests` the folder with upstream's files for MANIFESTS.
    `ports` fixes ports by role (see layout.PORTS); all others are free ones, chosen once and kept.
    `fair_sharing` turns Kueue's on or off; None leaves it as it is, at first off.
    """
    _require_files(tools, manifests)
    directory = cluster_directory(name, root)
    # Seconds lie between the choice of a port and the start of its program; others ask for ports meanwhile.
    with _told_plainly(name), locked(directory), contextlib.ExitStack() as holding:
        layout = prepare_layout(name, root, ports or {}, holding)
        _start_servers(layout, tools, report)
        fair = kueue.shares_fairly(layout) if fair_sharing is None else fair_sharing
        _start_controllers(layout, tools, manifests, fair, report)
        return Cluster(name, layout.directory, layout.kubeconfig, layout.server)


def status(name: str, *, root: Path) -> list[ProcessStatus]:
    """How each program is doing; empty when there is no such cluster."""
    layout = read_layout(name, root)
    if layout is None:
        return []
    with ThreadPoolExecutor() as threads:
        return list(threads.map(lambda program: _status(program, layout.directory), _programs(layout)))


def down(name: str, *, root: Path, report: Callable[[str], None]) -> None:
    """Stops every program and removes the cluster's folder. Does nothing when there is none."""
    directory = cluster_directory(name, root)
    if not directory.exists():
        return
    with _told_plainly(name), locked(directory):
        for group in _STOP_ORDER:
            if running := [tool for tool in group if process.find_pid(tool, directory)]:
                report(f"stopping {', '.join(running)}")
            process.stop(group, directory)
        shutil.rmtree(directory)


@dataclass(frozen=True)
class _Unit:
    """A controller with the objects that must be in the cluster before it starts."""

    program: Program
    digest: str
    install: Callable[[Api], None]
    answers: Callable[[Api], bool]


# Kueue first: it takes seconds to see that its certificate is in place, while the others are applied.
def _units(
    layout: Layout, tools: Mapping[str, Path], manifests: Mapping[str, Path], fair_sharing: bool
) -> list[_Unit]:
    return [
        _Unit(
            kueue.program(layout, tools, fair_sharing=fair_sharing),
            kueue.objects_digest(layout, manifests["kueue"]),
            lambda api: kueue.install(api, layout, manifests["kueue"]),
            kueue.answers,
        ),
        _Unit(
            kserve.program(layout, tools),
            kserve.objects_digest(layout, manifests["kserve-manager"]),
            lambda api: kserve.install(api, layout, manifests["kserve-manager"]),
            kserve.answers,
        ),
        _Unit(
            simulator.program(layout, tools),
            simulator.objects_digest(manifests["kwok"]),
            lambda api: simulator.install(api, manifests["kwok"]),
            lambda api: True,
        ),
    ]


def _start_servers(layout: Layout, tools: Mapping[str, Path], report: Callable[[str], None]) -> None:
    servers = [control_plane.etcd(layout, tools), control_plane.api_server(layout, tools)]
    if _ensure_running(servers, layout, report):
        # Controllers that lost their server ask for it ever more rarely: new ones are there at once.
        process.stop(_STOP_ORDER[0], layout.directory)
    _wait_healthy(servers, layout)


def _start_controllers(
    layout: Layout,
    tools: Mapping[str, Path],
    manifests: Mapping[str, Path],
    fair_sharing: bool,
    report: Callable[[str], None],
) -> None:
    kueue.write_settings(layout, fair_sharing=fair_sharing)
    kserve.write_settings(layout)
    own = [control_plane.controller_manager(layout, tools), control_plane.scheduler(layout, tools)]
    units = _units(layout, tools, manifests, fair_sharing)
    api = connect(layout.kubeconfig)
    _ensure_running(own, layout, report)
    with ThreadPoolExecutor(len(units)) as threads:
        started = []
        for unit in units:
            _install(unit, api, layout, report)
            started.append(threads.submit(_start_unit, unit, api, layout, report))
    # All threads have ended: the first failure is told, and nothing goes on behind it.
    for start in started:
        start.result()
    _wait_healthy(own, layout)


def _install(unit: _Unit, api: Api, layout: Layout, report: Callable[[str], None]) -> None:
    marker = layout.directory / "applied" / unit.program.name
    if marker.is_file() and marker.read_text() == unit.digest:
        return
    report(f"applying the objects of {unit.program.name}")
    unit.install(api)
    marker.parent.mkdir(exist_ok=True)
    marker.write_text(unit.digest)


def _start_unit(unit: _Unit, api: Api, layout: Layout, report: Callable[[str], None]) -> None:
    _ensure_running([unit.program], layout, report)
    _wait_healthy([unit.program], layout)
    if not wait_until(lambda: unit.answers(api), limit_s=_WEBHOOK_LIMIT_S, interval_s=0.1):
        what = "does not answer the webhook calls of the API server"
        raise ClusterError(process.failure(unit.program.name, layout.directory, what))


def _ensure_running(programs: list[Program], layout: Layout, report: Callable[[str], None]) -> bool:
    started = [program.name for program in programs if process.ensure_running(program, layout.directory)]
    if started:
        report(f"starting {', '.join(started)}")
    return bool(started)


def _wait_healthy(programs: list[Program], layout: Layout) -> None:
    for program in programs:
        process.wait_healthy(program, layout.directory, limit_s=_READY_LIMIT_S)


def _programs(layout: Layout) -> list[Program]:
    # Their paths don't matter to someone who only asks how they are.
    tools = {tool: Path(tool) for tool in TOOLS}
    return [
        control_plane.etcd(layout, tools),
        control_plane.api_server(layout, tools),
        control_plane.controller_manager(layout, tools),
        control_plane.scheduler(layout, tools),
        simulator.program(layout, tools),
        kueue.program(layout, tools),
        kserve.program(layout, tools),
    ]


def _status(program: Program, directory: Path) -> ProcessStatus:
    pid = process.find_pid(program.name, directory)
    healthy = pid is not None and process.is_healthy(program.probe)
    tail = "" if healthy else process.log_tail(program.name, directory)
    return ProcessStatus(program.name, pid, pid is not None, program.ports, healthy, tail)


def _require_files(tools: Mapping[str, Path], manifests: Mapping[str, Path]) -> None:
    wanted = {f"the program {tool}": tools.get(tool) for tool in TOOLS}
    wanted |= {f"the manifests of {source}": manifests.get(source) for source in MANIFESTS}
    missing = [
        f"{what} ({path or 'not given'})" for what, path in wanted.items() if not path or not path.exists()
    ]
    if missing:
        raise ClusterError(f"a simulated cluster needs {', '.join(missing)}")


@contextlib.contextmanager
def _told_plainly(name: str) -> Iterator[None]:
    """Says in one message what the API server, the connection to it or the file system refused."""
    try:
        yield
    except ApiException as error:
        raise ClusterError(f"the API server of cluster {name} refused: {explain(error)}") from error
    except (HTTPError, OSError) as error:
        raise ClusterError(f"cluster {name}: {error}") from error
