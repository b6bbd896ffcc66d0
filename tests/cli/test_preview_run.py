"""What the command line makes of previews that pulumi wrote into files."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ai_platform.cli import preview_run
from ai_platform.cli.engine import Engine, Recorded
from ai_platform.cli.preview_run import preview_in, previewed
from ai_platform.cli.workplace import EngineError
from tests.report.recordings import FOLDER, recorded


def files(folder: Path, name: str = "", *, code: int = 0, errors: str = "") -> Recorded:
    """A recording as pulumi leaves it; without a name it wrote nothing."""
    document, events = folder / "a.json", folder / "a.events"
    document.write_text(recorded(f"{name}.json") if name else "")
    if (FOLDER / f"{name}.events").is_file():
        events.write_text(recorded(f"{name}.events"))
    return Recorded("test", code, document, events, errors)


def test_a_run_gives_places_from_its_document_and_policies_from_its_events(tmp_path: Path) -> None:
    preview = preview_in(files(tmp_path, "policy", code=1))
    assert [violation.policy for violation in preview.violations] == ["has-a", "few"]
    assert any(found.file == "program/__main__.py" for found in preview.resources)
    # It ends as failed, and says no other reason than the policies.
    assert (preview.complete, preview.errors) == (True, ())


def test_pulumi_that_ends_before_its_first_word_is_told_by_what_it_said_on_standard_error(
    tmp_path: Path,
) -> None:
    said = "error: could not decrypt the state: /home/me/.pulumi/x.json\n"
    preview = preview_in(files(tmp_path, code=255, errors=said))
    assert preview.stack == "test"
    assert preview.errors[0] == "could not decrypt the state: x.json"
    assert not preview.complete


def test_a_failed_program_is_told_by_its_own_error(tmp_path: Path) -> None:
    preview = preview_in(files(tmp_path, "bad", code=1, errors="noise"))
    assert len(preview.errors) == 1
    assert preview.errors[0].startswith("dev.yaml: 1 problem")


@dataclass
class Fake:
    """An engine that writes a recording, once another one is at it too."""

    stack: str
    meet: threading.Barrier
    fails: bool = False
    folders: list[Path] = field(default_factory=list)

    def record_preview(
        self, folder: Path, started: Callable[[subprocess.Popen[str]], None], pack: object = None
    ) -> Recorded:
        self.meet.wait(timeout=30)
        self.folders.append(folder)
        if self.fails:
            raise EngineError("another run holds this stack")
        own = folder / self.stack
        own.mkdir()
        return files(own, "small")


def test_stacks_are_previewed_at_once_and_one_that_fails_does_not_take_the_others_along(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    meet = threading.Barrier(2)
    engines = [Fake("one", meet), Fake("two", meet, fails=True)]
    first, second = previewed(cast("list[Engine]", engines))
    assert (first.stack, first.complete, len(first.resources)) == ("test", True, 13)
    assert (second.stack, second.complete, second.errors) == ("two", False, ("another run holds this stack",))
    assert not engines[0].folders[0].exists()


def test_a_second_interrupt_ends_what_the_first_one_only_asked_to_end(monkeypatch: Any) -> None:
    ended: list[int] = []
    monkeypatch.setattr(preview_run, "end_leader", ended.append)
    waits = iter([KeyboardInterrupt, KeyboardInterrupt, None])

    class Workers:
        def shutdown(self, *, wait: bool, cancel_futures: bool) -> None:
            if error := next(waits):
                raise error

    with subprocess.Popen(["/bin/sleep", "100"]) as hangs, subprocess.Popen(["/bin/true"]) as over:
        over.wait()
        running = preview_run._Running([cast("subprocess.Popen[str]", child) for child in (over, hangs)])
        preview_run._ended(cast("Any", Workers()), running)
        hangs.kill()
    assert ended == [hangs.pid, hangs.pid]


def test_plain_words_of_a_pulumi_that_did_not_begin_are_the_error(tmp_path: Path) -> None:
    ended = files(tmp_path, code=255)
    ended.document.write_text("Loading policy packs...\nerror: the pack can't be loaded: /home/me/x.py\n")
    preview = preview_in(ended)
    assert (preview.stack, preview.complete) == ("test", False)
    assert any("the pack can't be loaded: x.py" in error for error in preview.errors)
