"""Finding and building tools, without Go: a script plays the compiler."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ai_platform.local import gobuild, toolchain, tools
from ai_platform.local.toolchain import RECIPES, Modules, Tool
from ai_platform.local.tools import ToolError, ensure, find, manifests
from ai_platform.local.waiting import wait_until

LIMIT_S = 120.0


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{textwrap.dedent(body)}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH but for the shell, with the cache and the home beside it."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("AI_PLATFORM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    # What the machine itself has must not decide a test.
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: real(name, path=str(tmp_path / "bin")))
    return tmp_path / "bin"


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time goes by for what is said of it."""
    monkeypatch.setattr(tools, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=time.sleep))


@pytest.fixture
def modules(tmp_path: Path) -> Modules:
    """Our Go modules, as small as they can be, in a folder that nobody may write to."""
    root = tmp_path / "modules"
    for folder in {recipe.folder for recipe in RECIPES.values()}:
        (root / folder).mkdir(parents=True)
        (root / folder / "go.mod").write_text(f"module {folder}\n")
        (root / folder / "go.sum").write_text("sum\n")
    (root / "provider" / "main.go").write_text("package main\n")
    return Modules(root)


@pytest.fixture
def go(path: Path, tmp_path: Path) -> Path:
    """A go that writes what it was asked to build, and downloads from a folder."""
    module = tmp_path / "module"
    for recipe in RECIPES.values():
        for copy in (*recipe.inputs, *recipe.beside):
            target = module / copy.source
            if copy.target.startswith("manifests/"):
                target.mkdir(parents=True, exist_ok=True)
                (target / "one.yaml").write_text("kind: One\n")
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(copy.change[0] if copy.change else "{}")
            target.chmod(0o555 if target.is_dir() else 0o444)
    return script(
        path / "go",
        f"""
        case "$1" in
        env) echo go1.26.8 ;;
        mod) echo '{{"Dir": "{module}"}}' ;;
        build)
            echo "$@ in $PWD GOFLAGS=$GOFLAGS GOGC=$GOGC" >> {tmp_path}/builds
            while [ "$1" != -o ]; do shift; done
            echo built > "$2"; chmod +x "$2" ;;
        esac
        """,
    )


def builds(tmp_path: Path) -> list[str]:
    log = tmp_path / "builds"
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize(
    ("tool", "answer", "fits"),
    [
        (Tool.PULUMI, "v3.246.0", True),
        (Tool.PULUMI, "v3.301.2", True),
        (Tool.PULUMI, "v3.245.9", False),
        (Tool.PULUMI, "v4.0.0", False),
        (Tool.ETCD, "etcd Version: 3.6.1\nGit SHA: 1234567", True),
        (Tool.ETCD, "etcd Version: 3.5.21", False),
        (Tool.KUBE_APISERVER, "Kubernetes v1.36.0", True),
        (Tool.KUBE_APISERVER, "Kubernetes v1.35.4", False),
        (Tool.KUBECTL, "Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", True),
        (Tool.KUBECTL, "Client Version: v1.29.0", False),
        (Tool.KWOK, "kwok version v0.8.2 go1.25.0 (linux/amd64)", True),
        (Tool.KUBE_SCORE, "kube-score version: v1.20.0, commit: N/A, built: N/A", True),
        (Tool.KUEUE, "v0.19.2", False),
        (Tool.KSERVE, "v0.20.0", False),
        (Tool.ETCD, "no version here", False),
    ],
)
def test_a_program_on_path_is_used_when_its_version_fits(
    path: Path, modules: Modules, tool: Tool, answer: str, fits: bool
) -> None:
    script(path / "pulumi-language-python", "")
    found = script(path / tool, f"cat <<'END'\n{answer}\nEND\n")
    assert find(tool, modules) == (found if fits else None)


def test_a_program_on_path_that_fails_is_not_used(path: Path, modules: Modules) -> None:
    script(path / "etcd", "echo etcd Version: 3.6.5; exit 1")
    assert find(Tool.ETCD, modules) is None


def test_the_engine_and_its_language_host_are_both_taken_from_path_or_neither(
    path: Path, modules: Modules
) -> None:
    host = script(path / "pulumi-language-python", "exit 1")
    assert find(Tool.PULUMI_PYTHON, modules) is None
    engine = script(path / "pulumi", "echo v3.246.0")
    assert find(Tool.PULUMI_PYTHON, modules) == host
    assert find(Tool.PULUMI, modules) == engine
    host.unlink()
    assert find(Tool.PULUMI, modules) is None


def test_an_installed_provider_is_used_at_the_pinned_version_only(
    path: Path, modules: Modules, tmp_path: Path
) -> None:
    plugins = tmp_path / "home" / ".pulumi" / "plugins"
    script(plugins / "resource-kubernetes-v4.24.0" / "pulumi-resource-kubernetes", "")
    script(path / "pulumi-resource-kubernetes", "")
    assert find(Tool.PULUMI_KUBERNETES, modules) is None
    right = script(plugins / "resource-kubernetes-v4.25.0" / "pulumi-resource-kubernetes", "")
    assert find(Tool.PULUMI_KUBERNETES, modules) == right


def test_tools_that_path_has_are_not_built(path: Path, modules: Modules, tmp_path: Path, go: Path) -> None:
    etcd = script(path / "etcd", "echo etcd Version: 3.6.5")
    lines: list[str] = []
    assert ensure([Tool.ETCD], lines.append, modules) == {Tool.ETCD: etcd}
    assert (builds(tmp_path), lines) == ([], [])


def test_only_what_was_asked_for_is_built_and_only_once(
    path: Path, modules: Modules, tmp_path: Path, go: Path, still: None
) -> None:
    lines: list[str] = []
    first = ensure([Tool.KUEUE, Tool.ETCD, Tool.KUEUE], lines.append, modules)
    assert first == ensure([Tool.ETCD, Tool.KUEUE], lines.append, modules)
    assert list(first) == [Tool.ETCD, Tool.KUEUE]
    assert all(os.access(binary, os.X_OK) for binary in first.values())
    assert len(builds(tmp_path)) == 2
    assert lines == [
        "building etcd 3.6.8 (1 of 2, about 1 min; 0:00 so far)",
        "building kueue 0.19.2 (2 of 2, about 1 min; 0:00 so far)",
        "ready after 0:00: etcd 0:00, kueue 0:00",
    ]


def test_a_build_leaves_the_sources_alone_and_nothing_in_the_cache_but_the_result(
    path: Path, modules: Modules, tmp_path: Path, go: Path
) -> None:
    before = sorted(modules.root.rglob("*"))
    binary = ensure([Tool.PULUMI_KUBERNETES], lambda _: None, modules)[Tool.PULUMI_KUBERNETES]
    assert sorted(modules.root.rglob("*")) == before
    assert [entry.name for entry in binary.parent.iterdir()] == [Tool.PULUMI_KUBERNETES]
    left = {entry.name for entry in binary.parent.parent.iterdir()}
    assert left == {binary.parent.name, f".{binary.parent.name}.lock"}


def test_the_users_go_flags_stay_but_for_those_that_leave_the_pins(
    path: Path, modules: Modules, tmp_path: Path, go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=mod -p=1 -modcacherw")
    ensure([Tool.ETCD], lambda _: None, modules)
    (line,) = builds(tmp_path)
    assert "-mod=readonly" in line
    assert "GOFLAGS=-p=1 -modcacherw " in line


@pytest.mark.parametrize(("own", "used"), [(None, "400"), ("50", "50")])
def test_a_build_writes_nothing_for_debuggers_and_looks_for_garbage_as_often_as_the_user_says(
    path: Path,
    modules: Modules,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    go: Path,
    own: str | None,
    used: str,
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    if own:
        monkeypatch.setenv("GOGC", own)
    ensure([Tool.ETCD], lambda _: None, modules)
    (line,) = builds(tmp_path)
    assert "-gcflags=all=-dwarf=false" in line
    assert line.endswith(f"GOGC={used}")


@pytest.mark.parametrize("asked", [[Tool.PULUMI], [Tool.PULUMI_PYTHON], [Tool.PULUMI, Tool.PULUMI_PYTHON]])
def test_the_engine_has_its_language_host_beside_it_and_that_its_script(
    path: Path, modules: Modules, tmp_path: Path, go: Path, still: None, asked: list[Tool]
) -> None:
    lines: list[str] = []
    paths = ensure(asked, lines.append, modules)
    assert list(paths) == asked
    (folder,) = {binary.parent for binary in paths.values()}
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
        assert os.access(folder / name, os.X_OK)
    assert lines[0] == "building pulumi 3.246.0 (1 of 1, about 5 min; 0:00 so far)"


def test_manifests_come_with_the_binary_and_can_be_changed(
    path: Path, modules: Modules, tmp_path: Path, go: Path
) -> None:
    folder = manifests(Tool.KSERVE, lambda _: None, modules)
    assert sorted(entry.name for entry in (folder / "config").iterdir()) == [
        "configmap", "crd", "default", "rbac", "webhook",
    ]  # fmt: skip
    assert os.access(folder / "config" / "crd" / "one.yaml", os.W_OK)
    assert manifests(Tool.KSERVE, lambda _: None, modules) == folder
    assert len(builds(tmp_path)) == 1


def test_a_tool_without_manifests_says_so(modules: Modules) -> None:
    with pytest.raises(ToolError, match="etcd has no manifests"):
        manifests(Tool.ETCD, lambda _: None, modules)


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "main.go", "sub/new.go"])
def test_a_changed_source_makes_another_cache_entry(modules: Modules, file: str) -> None:
    before = modules.key(Tool.PULUMI_KUBERNETES)
    source = modules.root / "provider" / file
    source.parent.mkdir(exist_ok=True)
    source.write_text("changed")
    assert modules.key(Tool.PULUMI_KUBERNETES) != before
    assert before.startswith("pulumi-resource-kubernetes-4.25.0-")


def test_what_a_build_left_or_another_module_does_not_change_a_cache_entry(modules: Modules) -> None:
    before = modules.key(Tool.PULUMI_KUBERNETES)
    (modules.root / "provider" / "schema.json").write_text("{}")
    (modules.root / "kwok" / "go.mod").write_text("changed")
    assert modules.key(Tool.PULUMI_KUBERNETES) == before


def test_every_tool_has_a_recipe_and_its_module_is_in_the_package() -> None:
    assert set(RECIPES) == set(Tool)
    assert all(Modules().sources(recipe.folder) for recipe in RECIPES.values())


def test_the_pins_of_the_recipes_are_those_of_the_modules() -> None:
    for tool, recipe in RECIPES.items():
        text = Modules().sources(recipe.folder)[Path("go.mod")].decode()
        assert recipe.package.startswith(".") or f"{recipe.package}\n" in text, tool
        # The provider's module is at a commit without a tag of its own.
        assert tool is Tool.PULUMI_KUBERNETES or f" v{recipe.version}" in text, tool


def test_the_schema_of_the_provider_gets_its_version(
    path: Path, modules: Modules, tmp_path: Path, go: Path
) -> None:
    (source, output) = (tmp_path / "source", tmp_path / "output")
    source.mkdir()
    output.mkdir()
    gobuild.build(Tool.PULUMI_KUBERNETES, modules, source, output, lambda: None)
    assert json.loads((source / "schema.json").read_text()) == {"version": "4.25.0"}


def test_the_webhooks_of_kserve_are_told_to_stay_on_the_loopback_interface(
    path: Path, modules: Modules, tmp_path: Path, go: Path
) -> None:
    for folder in ("source", "output", "again"):
        (tmp_path / folder).mkdir()
    gobuild.build(Tool.KSERVE, modules, tmp_path / "source", tmp_path / "output", lambda: None)
    changed = (tmp_path / "source" / "manager" / "main.go").read_text()
    assert 'Host: "127.0.0.1"' in changed

    (tmp_path / "module" / "cmd" / "manager" / "main.go").chmod(0o644)
    (tmp_path / "module" / "cmd" / "manager" / "main.go").write_text("package main")
    with pytest.raises(ToolError, match="0 times"):
        gobuild.build(Tool.KSERVE, modules, tmp_path / "again", tmp_path / "output", lambda: None)


def test_a_killed_build_leaves_nothing_usable_and_is_repeated(
    path: Path, modules: Modules, tmp_path: Path, go: Path
) -> None:
    entry = tmp_path / "cache" / "tools" / modules.key(Tool.ETCD)
    half = entry.parent / f".{entry.name}.part-killed" / "output"
    half.mkdir(parents=True)
    (half / "etcd").write_text("half")
    assert find(Tool.ETCD, modules) is None
    assert ensure([Tool.ETCD], lambda _: None, modules)[Tool.ETCD].read_text() == "built\n"
    assert not half.exists()


def test_an_interrupt_says_one_line_ends_the_compiler_and_leaves_nothing(
    path: Path, modules: Modules, tmp_path: Path
) -> None:
    script(
        path / "go",
        f"""
        [ "$1" = env ] && {{ echo go1.26.8; exit; }}
        sleep 60 & echo $! > {tmp_path}/child
        wait
        """,
    )
    program = (
        "import signal, sys; from pathlib import Path;"
        "from ai_platform.local import gobuild, tools, toolchain;"
        # Who starts the tests in the background of a shell has them ignore interrupts.
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "tools.Modules = lambda: toolchain.Modules(Path(sys.argv[1]));"
        "gobuild.TICK_SECONDS = 0.05;"
        "sys.exit(tools.build(['kueue']))"
    )
    command = [sys.executable, "-c", program, str(modules.root)]
    log = tmp_path / "log"
    with log.open("w") as file, subprocess.Popen(command, stderr=file) as process:
        try:
            child = wait_for(tmp_path / "child")
            # From here on it waits for the compiler, and no longer starts it.
            assert wait_until(lambda: "  building kueue: " in log.read_text(), limit_s=LIMIT_S)
            process.send_signal(signal.SIGINT)
            process.wait(LIMIT_S)
        finally:
            process.kill()
    assert process.returncode == 130
    assert [line for line in log.read_text().splitlines() if not line.startswith("  ")][1:] == [
        "stopped; what was compiled is kept, the same command goes on from there"
    ]
    # A killed process is there for a moment yet where the machine is busy.
    assert wait_until(lambda: ended(child), limit_s=LIMIT_S)
    assert [entry.name for entry in (tmp_path / "cache" / "tools").iterdir()] == [
        f".{modules.key(Tool.KUEUE)}.lock"
    ]


def ended(pid: int) -> bool:
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for(file: Path) -> int:
    assert wait_until(lambda: file.exists() and bool(file.read_text().strip()), limit_s=LIMIT_S)
    return int(file.read_text())


def test_a_second_process_waits_for_the_first_and_uses_its_result(
    path: Path, modules: Modules, tmp_path: Path, go: Path, still: None
) -> None:
    entry = tmp_path / "cache" / "tools" / modules.key(Tool.ETCD)
    entry.parent.mkdir(parents=True)
    lines: list[str] = []
    with (entry.parent / f".{entry.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=ensure, args=([Tool.ETCD], lines.append, modules))
        second.start()
        while len(lines) < 2:
            time.sleep(0.01)
        entry.mkdir()
        script(entry / "etcd", "")
    second.join(LIMIT_S)
    assert not second.is_alive()
    assert builds(tmp_path) == []
    assert lines[1] == "  another process is building etcd: 0:00 (0:00 so far)"


def test_a_long_build_says_how_long_it_has_run(
    path: Path, modules: Modules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, still: None
) -> None:
    monkeypatch.setattr(gobuild, "TICK_SECONDS", 0.05)
    script(
        path / "go",
        f"""
        [ "$1" = env ] && {{ echo go1.26.8; exit; }}
        while [ "$1" != -o ]; do shift; done
        while [ ! -e {tmp_path}/told ]; do sleep 0.02; done
        echo built > "$2"
        """,
    )
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        if line.startswith("  "):
            (tmp_path / "told").touch()

    ensure([Tool.ETCD], report, modules)
    assert "  building etcd: 0:00 (0:00 so far)" in lines


def test_without_go_the_error_says_what_to_install(path: Path, modules: Modules) -> None:
    with pytest.raises(ToolError) as error:
        ensure([Tool.ETCD], lambda _: None, modules)
    assert str(error.value).splitlines() == [
        "building the tools needs Go",
        "  why: there is no go on PATH",
        "  fix: install Go 1.26 or newer, or put the tools themselves on PATH",
    ]


def test_an_old_go_is_named_with_what_it_says(path: Path, modules: Modules) -> None:
    script(path / "go", "echo go1.22.3")
    with pytest.raises(ToolError, match=r"needs Go 1\.26 or newer\n  why: \S+/go says go1\.22\.3\n  fix: "):
        ensure([Tool.ETCD], lambda _: None, modules)


def test_a_failed_build_shows_the_last_lines_and_leaves_nothing(
    path: Path, modules: Modules, tmp_path: Path
) -> None:
    script(
        path / "go",
        """
        [ "$1" = env ] && { echo go1.26.8; exit; }
        for line in $(seq 30); do echo "line $line" >&2; done
        exit 1
        """,
    )
    with pytest.raises(ToolError) as error:
        ensure([Tool.KWOK], lambda _: None, modules)
    assert error.value.what == "building kwok 0.8.0 failed"
    assert [line.strip() for line in error.value.why.splitlines()] == [f"line {n}" for n in range(11, 31)]
    assert find(Tool.KWOK, modules) is None


@pytest.mark.parametrize(
    ("output", "fix"),
    [
        ("write /tmp/x: no space left on device", "free some disk"),
        ("verifying module: checksum mismatch", "GOPROXY"),
        ("dial tcp 10.0.0.1:443: i/o timeout", "network"),
    ],
)
def test_known_causes_of_a_failed_build_come_with_their_remedy(
    path: Path, modules: Modules, output: str, fix: str
) -> None:
    script(path / "go", f'[ "$1" = env ] && {{ echo go1.26.8; exit; }}; echo "{output}"; exit 1')
    with pytest.raises(ToolError) as error:
        ensure([Tool.KWOK], lambda _: None, modules)
    assert fix in error.value.fix


def test_a_full_disk_is_said_before_the_build(
    path: Path, modules: Modules, tmp_path: Path, go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "_FREE_BYTES", 2**62)
    with pytest.raises(ToolError, match="not enough disk to build in"):
        ensure([Tool.ETCD], lambda _: None, modules)
    assert builds(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_one_error(
    path: Path, modules: Modules, tmp_path: Path, go: Path
) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(ToolError, match="can't be written to"):
        ensure([Tool.ETCD], lambda _: None, modules)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ToolError, match=r"unknown: minikube\n.*\n  fix: choose from pulumi, "):
        tools.build(["minikube"])


@pytest.mark.parametrize(
    ("own", "xdg", "expected"),
    [
        ("/own", "/xdg", "/own"),
        (None, "/xdg", "/xdg/ai-platform"),
        (None, "relative", "/home/me/.cache/ai-platform"),
        (None, None, "/home/me/.cache/ai-platform"),
    ],
)
def test_the_cache_lies_where_the_user_wants_it(
    monkeypatch: pytest.MonkeyPatch, own: str | None, xdg: str | None, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    for name, value in (("AI_PLATFORM_CACHE", own), ("XDG_CACHE_HOME", xdg)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
    assert tools.cache_root() == Path(expected)


def test_flags_keep_the_builders_paths_out_of_the_binary() -> None:
    assert all(
        {"-trimpath", "-buildvcs=false"} <= set(recipe.flags()) for recipe in toolchain.RECIPES.values()
    )
