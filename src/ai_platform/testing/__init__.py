"""Run a Pulumi program without an engine and look at what it would register.

    recording = record(lambda: NodePool("train", {"machine": "p5.48xlarge"}))
    group = recording.only("aws:eks/nodeGroup:NodeGroup")
    assert group.options.protect

Nothing is contacted. Provider functions are refused unless ``calls`` answers them, default providers are not
listed (the real engine makes those itself), and transforms and resource hooks do not run.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio.tasks import _unregister_task
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable
from typing import Any, TypeVar, TypeVarTuple, cast

from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.settings import Settings, configure, set_root_resource
from pulumi.runtime.stack import Stack, wait_for_rpcs

from .marks import UNKNOWN, Asset, Reference, Secret, Unknown
from .monitor import Calls, Outputs, RecordingMonitor
from .resources import Options, Recording, RecordingError, Resource

__all__ = [
    "UNKNOWN",
    "Asset",
    "Options",
    "Recording",
    "RecordingError",
    "Reference",
    "Resource",
    "Secret",
    "Unknown",
    "record",
]

_Answer = TypeVar("_Answer")
_Arguments = TypeVarTuple("_Arguments")


def record(
    program: Callable[[], object],
    *,
    preview: bool = False,
    stack: str = "test",
    project: str = "test",
    config: Mapping[str, str] | None = None,
    outputs: Outputs | None = None,
    calls: Calls | None = None,
    timeout_s: float = 60,
) -> Recording:
    """Run ``program`` as a stack's program and return what it registered.

    :param preview: As in ``pulumi preview``: ids, and outputs that nobody gave, are unknown.
    :param config: The stack's configuration, by full key (``project:name``).
    :param outputs: What a provider would add to the inputs of a resource. Default: nothing.
    :param calls: Answers of provider functions, by token and arguments. Default: calling one is an error.
    :param timeout_s: How long to wait for work that the program left behind.
    :raises RecordingError: Two resources with one URN, an unanswered call, or work that never ends.

    Whatever the program raises comes out as it is.
    """
    monitor = RecordingMonitor(stack, project, preview, outputs, calls)

    def run() -> None:
        set_root_resource(cast(Any, None))
        configure(
            Settings(
                project=project,
                stack=stack,
                organization="organization",
                monitor=monitor,
                engine=MockEngine(logging.getLogger("pulumi")),
                dry_run=preview,
            )
        )
        set_all_config(dict(config or {}), [])
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(_drained(program, timeout_s))

    # Pulumi keeps its settings in context variables and its loop in thread locals: a thread of its own is a
    # clean start, and takes everything with it when it ends.
    with ThreadPoolExecutor(1, thread_name_prefix="record") as thread:
        thread.submit(run).result()
    return monitor.recording()


async def _drained(program: Callable[[], object], timeout_s: float) -> None:
    failures: list[BaseException] = []
    loop = asyncio.get_running_loop()
    loop.set_task_factory(_KeptTasks())
    try:
        Stack(lambda: _watched(program, failures))
    except Exception as error:
        failures.append(error)
    try:
        async with asyncio.timeout(timeout_s):
            await _nothing_left()
    except TimeoutError:
        failures.append(RecordingError(f"work that never ended after {timeout_s:g} s: {_left()}"))
    except Exception as error:
        failures.append(error)
    if failures:
        # Outputs of what failed carry the same error again, and nobody is left to ask for it.
        loop.set_exception_handler(lambda _loop, _context: None)
        raise failures[0]


def _watched(program: Callable[[], object], failures: list[BaseException]) -> Awaitable[None] | None:
    try:
        result = program()
    except Exception as error:
        failures.append(error)
        raise
    return result if isawaitable(result) else None


async def _nothing_left() -> None:
    # Pulumi looks at all that is left each time that one ends, which takes the square of the resources.
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, return_when=asyncio.FIRST_EXCEPTION)
    await wait_for_rpcs()
    while left := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in (await asyncio.wait(left))[0]:
            task.result()
        await wait_for_rpcs()


class _Loop(asyncio.SelectorEventLoop):
    """Lets Pulumi ask the monitor at once: it only writes down, which takes less than to start a thread."""

    def run_in_executor(
        self, executor: Any, func: Callable[[*_Arguments], _Answer], *args: *_Arguments
    ) -> asyncio.Future[_Answer]:
        if not getattr(func, "__module__", "").startswith("pulumi."):
            return super().run_in_executor(executor, func, *args)
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class _KeptTasks:
    """Holds on to every task until it is done.

    A loop only has weak references: without this, a task that waits for something that nobody else knows is
    collected as garbage, and the program seems to have ended well.

    What is done is taken from asyncio's list at once: each look for what is left walks the whole list, where
    the tasks of earlier recordings would stand until they are collected.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __call__(self, loop: asyncio.AbstractEventLoop, work: Any, **settings: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **settings)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        _unregister_task(task)


def _left() -> str:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    names = Counter(getattr(task.get_coro(), "__qualname__", "?") for task in tasks)
    return ", ".join(f"{name} (×{count})" if count > 1 else name for name, count in sorted(names.items()))
