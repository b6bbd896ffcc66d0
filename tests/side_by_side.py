"""``--side-by-side``: a second process takes its share of the tests that need the engine.

Those wait for one process after the other, so that one of two cores often has nothing to do. The second
process begins with them while the first runs the others. Both take a file at a time. What the second finds is
reported by the first, which counts it like its own: the closing line is about all tests.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

import pytest

PATIENCE_S = 120.0
LAST_LINES = 30
Files = deque[list[pytest.Item]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The switch, and what tells the second process that it is one."""
    group = parser.getgroup("side by side")
    group.addoption("--side-by-side", action="store_true", help="run tests of the engine in two processes")
    group.addoption("--second", metavar="READ,WRITE", help="used by --side-by-side")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """In the place of pytest's own loop, where there is something to share."""
    option = session.config.option
    if option.second:
        _second(session, *map(int, option.second.split(",")))
        return True
    if not option.side_by_side or option.collectonly or session.testsfailed:
        return None
    files = _by_file(item for item in session.items if item.get_closest_marker("engine"))
    if len(files) < 2:
        return None
    quick = [item for item in session.items if not item.get_closest_marker("engine")]
    second = Second(session.config, files)
    try:
        _run(session, _one_after_the_other(quick, files), lambda: second.report(wait=False))
        second.report(wait=True)
        _stop_if_asked(session)
    finally:
        second.end()
    return True


class Second:
    """The second process, seen from the first."""

    def __init__(self, config: pytest.Config, files: Files) -> None:
        self.config = config
        self.files = files
        self.given: dict[str, pytest.Item] = {}
        """What it has to run and has not ended yet."""
        self.said: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self.over = False
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as the process
        self.process, self.asked, self.answers = _started(config, files, self.log)
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def report(self, *, wait: bool) -> None:
        """Reports what it has found since the last call; with ``wait`` until its end."""
        while not self.over and (wait or not self.said.empty()):
            said = self.said.get()
            if said is None:
                self.over = True
                self._blame_it()
            else:
                self._tell(self.config.hook.pytest_report_from_serializable(config=self.config, data=said))

    def end(self) -> None:
        """Ends it, should it still run; it takes its clusters down first."""
        self.files.clear()
        if self.process.poll() is None and not self.over:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        for file in (self.asked, self.answers, self.log):
            file.close()

    def _read(self) -> None:
        for line in self.asked:
            said = json.loads(line)
            if said is not None:
                self.said.put(said)
                continue
            try:
                items = self.files.popleft()
            except IndexError:
                items = []
            self.given |= {item.nodeid: item for item in items}
            try:
                self.answers.write(json.dumps([item.nodeid for item in items]) + "\n")
                self.answers.flush()
            except BrokenPipeError:
                break
        self.said.put(None)

    def _tell(self, report: pytest.TestReport) -> None:
        hook = self.config.hook
        if report.when == "setup":
            hook.pytest_runtest_logstart(nodeid=report.nodeid, location=report.location)
        hook.pytest_runtest_logreport(report=report)
        if report.when == "teardown":
            del self.given[report.nodeid]
            hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)

    def _blame_it(self) -> None:
        """A test that it never ended has failed."""
        if not self.given:
            return
        self.log.seek(0)
        last = "".join(self.log.readlines()[-LAST_LINES:])
        for nodeid, item in self.given.items():
            why = f"the second process ended before this test did; its last lines:\n{last}"
            self._tell(pytest.TestReport(nodeid, item.location, {}, "failed", why, "call"))


def _started(
    config: pytest.Config, files: Files, log: IO[str]
) -> tuple[subprocess.Popen[bytes], IO[str], IO[str]]:
    asked, told = os.pipe()
    answered, answers = os.pipe()
    option = config.option
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--second={answered},{told}"]
    command += [f"--rootdir={config.rootpath}", "-k", option.keyword, "-m", option.markexpr]
    command += [f"--basetemp={option.basetemp}-second"] if option.basetemp else []
    command += [str(items[0].path) for items in files]
    process = subprocess.Popen(
        command,
        cwd=config.rootpath,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=(answered, told),
    )
    os.close(answered)
    os.close(told)
    return process, os.fdopen(asked), os.fdopen(answers, "w")


def _second(session: pytest.Session, answered: int, told: int) -> None:
    """Runs what the first process gives, a file at a time, and tells it every report."""
    for descriptor in (answered, told):
        os.set_inheritable(descriptor, False)
    config, known = session.config, {item.nodeid: item for item in session.items}
    with os.fdopen(answered) as answers, os.fdopen(told, "w") as tells:

        def tell(what: Any) -> None:
            tells.write(json.dumps(what) + "\n")
            tells.flush()

        class Reports:
            def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
                tell(config.hook.pytest_report_to_serializable(config=config, report=report))

        def given() -> Iterator[pytest.Item]:
            while True:
                tell(None)
                names = json.loads(answers.readline() or "[]")
                if not names:
                    return
                yield from (known[name] for name in names)

        reports = Reports()
        config.pluginmanager.register(reports)
        try:
            _run(session, given(), lambda: None)
        finally:
            config.pluginmanager.unregister(reports)


def _run(session: pytest.Session, items: Iterator[pytest.Item], afterwards: Callable[[], None]) -> None:
    """Like pytest's own loop. The next item is known before one runs, so that what both use is kept."""
    following = next(items, None)
    while following is not None:
        item, following = following, next(items, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        afterwards()
        _stop_if_asked(session)


def _stop_if_asked(session: pytest.Session) -> None:
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


def _by_file(items: Iterator[pytest.Item]) -> Files:
    files: dict[Any, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    return deque(files.values())


def _one_after_the_other(quick: list[pytest.Item], files: Files) -> Iterator[pytest.Item]:
    yield from quick
    while True:
        try:
            items = files.popleft()
        except IndexError:
            return
        yield from items
