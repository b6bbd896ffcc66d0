"""Files that other processes read at any moment."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

from ai_platform.local.files import write_private


def test_a_reader_sees_the_old_content_or_the_new_but_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    contents = {bytes([letter]) * 100_000 for letter in b"ab"}
    write_private(path, min(contents))
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        for content in contents:
            write_private(path, content)
    done.set()
    reader.join()
    assert seen <= contents
    assert [item.name for item in tmp_path.iterdir()] == ["kubeconfig"]


def test_only_the_owner_reads_it_and_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"secret")
    path.chmod(0o644)
    before = path.stat().st_ino
    write_private(path, b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_ino == before
    write_private(path, b"other")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
