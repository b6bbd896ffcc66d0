"""Processes that outlive us, and what we may do to them."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ai_platform.local import process
from ai_platform.local.errors import ClusterError
from ai_platform.local.layout import choose_ports
from ai_platform.local.process import Probe, Program
from ai_platform.local.waiting import wait_until

PYTHON = (sys.executable, "-I", "-S")
"""Starts in a quarter of the time: these programs need the standard library alone."""
HOLDING = ExitStack()
LIMIT_S = 120.0
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    for folder in ("pids", "logs"):
        (tmp_path / folder).mkdir()
    yield tmp_path
    process.stop([path.stem for path in (tmp_path / "pids").iterdir()], tmp_path)
    HOLDING.close()


def free_port() -> int:
    """A port that nobody else gets before the end of the test."""
    return choose_ports({}, HOLDING)["etcd"]


def server(port: int | None = None, *, settings: str = "") -> Program:
    port = port or free_port()
    command = (*PYTHON, "-m", "http.server", "--bind", "127.0.0.1", str(port))
    return Program("server", command, Probe(port, "/"), {"server": port}, settings=settings)


def script(code: str) -> Program:
    return Program("server", (*PYTHON, "-c", code), Probe(free_port(), "/"), {})


def test_a_program_runs_until_it_is_stopped(directory: Path) -> None:
    program = server()
    assert process.ensure_running(program, directory)
    process.wait_healthy(program, directory, limit_s=LIMIT_S)
    pid = process.find_pid("server", directory)
    assert pid
    process.stop(["server"], directory)
    assert process.find_pid("server", directory) is None
    assert not Path(f"/proc/{pid}").exists()
    assert not process.is_healthy(program.probe)


def test_a_healthy_program_is_left_alone(directory: Path) -> None:
    program = server()
    process.ensure_running(program, directory)
    process.wait_healthy(program, directory, limit_s=LIMIT_S)
    pid = process.find_pid("server", directory)
    assert not process.ensure_running(program, directory)
    assert process.find_pid("server", directory) == pid


def test_a_program_whose_settings_changed_is_started_anew(directory: Path) -> None:
    program = server()
    process.ensure_running(program, directory)
    process.wait_healthy(program, directory, limit_s=LIMIT_S)
    pid = process.find_pid("server", directory)
    assert process.ensure_running(dataclasses.replace(program, settings="other"), directory)
    assert process.find_pid("server", directory) != pid


def test_a_program_that_dies_while_starting_is_told_with_its_last_words(directory: Path) -> None:
    program = script("import sys; sys.exit('no such licence')")
    process.ensure_running(program, directory)
    with pytest.raises(ClusterError, match=r"(?s)server stopped while starting.*no such licence"):
        process.wait_healthy(program, directory, limit_s=LIMIT_S)


def test_a_program_that_never_answers_is_told_so(directory: Path) -> None:
    program = script("import time; time.sleep(600)")
    process.ensure_running(program, directory)
    with pytest.raises(ClusterError, match="server did not become ready within 0 s"):
        process.wait_healthy(program, directory, limit_s=0.2)


def test_a_program_that_does_not_exist_is_told_so(directory: Path) -> None:
    program = dataclasses.replace(server(), command=("/nowhere/server",))
    with pytest.raises(ClusterError, match="could not be started from /nowhere/server"):
        process.ensure_running(program, directory)


def test_a_program_that_ignores_the_request_to_stop_is_killed(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_STOP_LIMIT_S", 0.2)
    process.ensure_running(script(DEAF), directory)
    assert wait_until(lambda: "deaf" in process.log_tail("server", directory), limit_s=LIMIT_S)
    process.stop(["server"], directory)
    assert process.find_pid("server", directory) is None


def test_a_pid_that_was_given_to_another_process_is_never_signalled(directory: Path) -> None:
    with subprocess.Popen([*PYTHON, "-c", "import time; time.sleep(600)"]) as stranger:
        record = {"pid": stranger.pid, "started": "long ago", "digest": ""}
        (directory / "pids" / "server.json").write_text(json.dumps(record))
        assert process.find_pid("server", directory) is None
        process.stop(["server"], directory)
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"pid": "x"}'])
def test_a_broken_record_counts_as_none(directory: Path, record: str) -> None:
    (directory / "pids" / "server.json").write_text(record)
    assert process.find_pid("server", directory) is None


def test_the_callers_proxies_do_not_reach_a_program(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    process.ensure_running(script("import os; print(sorted(os.environ), flush=True)"), directory)
    assert wait_until(lambda: "HOME" in process.log_tail("server", directory), limit_s=LIMIT_S)
    assert "PROXY" not in process.log_tail("server", directory)


def test_the_tail_of_a_log_is_short_in_both_directions(directory: Path) -> None:
    process.log_path("server", directory).write_text(
        "\n".join(f"{line} " + "x " * 2000 for line in range(50))
    )
    tail = process.log_tail("server", directory).splitlines()
    assert [line.split()[0] for line in tail] == [str(line) for line in range(35, 50)]
    assert max(map(len, tail)) <= 603


def test_a_process_of_an_earlier_command_is_found_and_stopped(directory: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ai_platform.local import process;"
        "from ai_platform.local.process import *;"
        f"process.ensure_running(Program('server', (sys.executable, '-c', {DEAF!r}), Probe(1, '/'), {{}}),"
        f" Path({str(directory)!r}))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    pid = process.find_pid("server", directory)
    assert pid
    assert os.getsid(pid) == pid
    process.stop(["server"], directory)
    assert process.find_pid("server", directory) is None
