"""Server processes that outlive the command which starts them.

A process is known by its pid *and* its start time, so that a pid that the system gave away again is never
signalled.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import hashlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ClusterError
from .files import write_private
from .waiting import wait_until

LOG_TAIL_LINES = 15
_LOG_LINE_LIMIT = 600
_LOG_LIMIT_BYTES = 32 * 1024 * 1024
_STOP_LIMIT_S = 4.0
_KILL_LIMIT_S = 60.0
_PROBE_LIMIT_S = 10.0
_HUNG_AFTER_S = 30.0

_children: dict[int, subprocess.Popen[bytes]] = {}


@atexit.register
def _let_run_on() -> None:
    # What still runs is meant to: Popen would call it forgotten.
    for child in _children.values():
        if child.poll() is None:
            child.returncode = 0


@dataclass(frozen=True)
class _Record:
    pid: int
    started: str
    digest: str


@dataclass(frozen=True)
class Probe:
    """An HTTP path on the loopback interface that answers 200 when the process works."""

    port: int
    path: str
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Program:
    """One process of the cluster: what to run, and how to see that it works."""

    name: str
    command: tuple[str, ...]
    probe: Probe
    ports: Mapping[str, int]
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: str = ""
    """The text of its configuration files: the process is started anew when it changes."""

    @property
    def digest(self) -> str:
        content = json.dumps([self.command, sorted(self.environment.items()), self.settings])
        return hashlib.sha256(content.encode()).hexdigest()


def ensure_running(program: Program, directory: Path) -> bool:
    """Starts the program unless it runs as wanted; says whether it had to."""
    record = _read_record(directory, program.name)
    if record and record.digest == program.digest:
        # One that was just killed may still look alive: it is given up as soon as it isn't.
        wait_until(lambda: not _is_alive(record) or is_healthy(program.probe), limit_s=_HUNG_AFTER_S)
        if _is_alive(record) and is_healthy(program.probe):
            return False
    stop([program.name], directory)
    _start(program, directory)
    return True


def wait_healthy(program: Program, directory: Path, *, limit_s: float) -> None:
    """Returns when the program answers its probe; raises with the end of its log otherwise."""

    def settled() -> bool:
        return is_healthy(program.probe) or find_pid(program.name, directory) is None

    if not wait_until(settled, limit_s=limit_s):
        raise ClusterError(failure(program.name, directory, f"did not become ready within {limit_s:.0f} s"))
    if find_pid(program.name, directory) is None:
        raise ClusterError(failure(program.name, directory, "stopped while starting"))


def stop(names: Sequence[str], directory: Path) -> None:
    """Stops those processes that we started, side by side: first asks, then kills."""
    records = {name: record for name in names if (record := _read_record(directory, name))}
    for number, limit_s in ((signal.SIGTERM, _STOP_LIMIT_S), (signal.SIGKILL, _KILL_LIMIT_S)):
        alive = [record for record in records.values() if _is_alive(record)]
        for record in alive:
            _signal(record, number)
        wait_until(lambda alive=alive: not any(map(_is_alive, alive)), limit_s=limit_s)  # type: ignore[misc]
    if left := [f"{name} (pid {record.pid})" for name, record in records.items() if _is_alive(record)]:
        raise ClusterError(f"{', '.join(left)} does not stop, even when killed")
    for name in names:
        _record_path(directory, name).unlink(missing_ok=True)


def find_pid(name: str, directory: Path) -> int | None:
    """The pid of the running process, or None."""
    record = _read_record(directory, name)
    return record.pid if record and _is_alive(record) else None


def is_healthy(probe: Probe) -> bool:
    """Whether the probe answers 200."""
    connection: http.client.HTTPConnection
    if probe.tls:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", probe.port, timeout=_PROBE_LIMIT_S, context=probe.tls
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", probe.port, timeout=_PROBE_LIMIT_S)
    try:
        connection.request("GET", probe.path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def log_path(name: str, directory: Path) -> Path:
    """The file that holds what the process wrote."""
    return directory / "logs" / f"{name}.log"


def log_tail(name: str, directory: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of the process's log."""
    path = log_path(name, directory)
    if not path.is_file():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 64 * 1024))
        last = log.read().decode(errors="replace").splitlines()[-lines:]
    return "\n".join(_shortened(line) for line in last)


def _shortened(line: str) -> str:
    # What went wrong stands at the end of a line as often as at its beginning.
    half = _LOG_LINE_LIMIT // 2
    return line if len(line) <= _LOG_LINE_LIMIT else f"{line[:half]} … {line[-half:]}"


def _start(program: Program, directory: Path) -> None:
    path = log_path(program.name, directory)
    if path.is_file() and path.stat().st_size > _LOG_LIMIT_BYTES:
        path.unlink()
    # Proxy settings of the caller must not reach the servers: they would send webhook calls through it.
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG")}
    environment |= {"HOME": str(directory), **program.environment}
    try:
        with path.open("ab") as log:
            child = subprocess.Popen(
                program.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise ClusterError(
            f"{program.name} could not be started from {program.command[0]}: {error}"
        ) from error
    # Kept so that a child that dies is reaped; the process itself may outlive us.
    _children[child.pid] = child
    record = _Record(child.pid, _start_time(child.pid) or "", program.digest)
    # Whole at any moment: `status` reads it without the lock.
    write_private(_record_path(directory, program.name), json.dumps(dataclasses.asdict(record)).encode())


def failure(name: str, directory: Path, what: str) -> str:
    """A message about the process, with the end of its log."""
    tail = log_tail(name, directory) or "(nothing)"
    return f"{name} {what}. The end of {log_path(name, directory)}:\n{tail}"


def _record_path(directory: Path, name: str) -> Path:
    return directory / "pids" / f"{name}.json"


def _read_record(directory: Path, name: str) -> _Record | None:
    try:
        return _Record(**json.loads(_record_path(directory, name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _is_alive(record: _Record) -> bool:
    if child := _children.get(record.pid):
        return child.poll() is None
    return _start_time(record.pid) == record.started


def _signal(record: _Record, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(record.pid, number)


def _start_time(pid: int) -> str | None:
    """When the process with this pid was started, as a text that no other process with that pid shares."""
    if Path("/proc/self/stat").is_file():
        return _start_time_from_proc(pid)
    ps = shutil.which("ps") or "/bin/ps"
    shown = subprocess.run([ps, "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def _start_time_from_proc(pid: int) -> str | None:
    try:
        # The name in parentheses may itself hold spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, started = fields[0], fields[17], fields[19]
    # A dead process stays in the table until its parent asks. One with threads left still holds its ports.
    return None if state in "ZX" and int(threads) <= 1 else f"{boot}/{started}"
