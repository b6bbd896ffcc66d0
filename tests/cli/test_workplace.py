"""The workplace of the commands, as several of them find it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from ai_platform.cli.workplace import Workplace, settings

AT_ONCE = 8


def test_runs_that_begin_at_once_share_one_passphrase_and_its_plugins(tmp_path: Path) -> None:
    tools = {name: tmp_path / "tools" / name for name in ("pulumi", "pulumi-resource-kubernetes")}
    for tool in tools.values():
        tool.parent.mkdir(exist_ok=True)
        tool.write_text("")
    for attempt in range(20):
        place = Workplace(tmp_path / str(attempt))
        meet = Barrier(AT_ONCE)

        def begin(place: Workplace = place, meet: Barrier = meet) -> str:
            meet.wait(timeout=30)
            return Path(settings(place, tools, None)["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = {future.result() for future in [pool.submit(begin) for _ in range(AT_ONCE)]}
        assert len(found) == 1
        assert place.passphrase.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in place.passphrase.parent.glob("passphrase*")] == ["passphrase"]
