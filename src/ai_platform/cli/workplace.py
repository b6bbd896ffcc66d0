"""What the engine keeps below ``.ai-platform``: its state, its secrets' passphrase, a marker of each run."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..components.state_spec import StateSpec
from ..local.toolchain import RECIPES, Tool

PLUGINS = {
    Tool.PULUMI_KUBERNETES.value: f"resource-kubernetes-v{RECIPES[Tool.PULUMI_KUBERNETES].version}",
}
"""Where Pulumi looks for a provider. From PATH it takes it too, but warns about it in every run."""


_SIMULATED = {
    "PULUMI_SKIP_CHECKPOINTS": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
}


class EngineError(Exception):
    """Pulumi could not do what it was asked. Holds what it said about it, ready to print."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where the engine keeps what is its own; all of it lies below ``.ai-platform`` of a project."""

    root: Path
    """The project: the folder with Pulumi.yaml."""

    @property
    def home(self) -> Path:
        """The folder of everything that we make."""
        return self.root / ".ai-platform"

    @property
    def clusters(self) -> Path:
        """The folder of the simulated clusters."""
        return self.home / "clusters"

    @property
    def state(self) -> Path:
        """The folder of the backend."""
        return self.home / "state"

    @property
    def config(self) -> Path:
        """``stackConfigDir`` of Pulumi.yaml: there Pulumi writes the salt that goes with the passphrase."""
        return self.home / "config"

    @property
    def passphrase(self) -> Path:
        """The file with the passphrase of the state's secrets."""
        return self.home / "passphrase"

    def kubeconfig(self, stack: str) -> Path:
        """How to reach the simulated cluster of a stack."""
        return self.clusters / stack / "kubeconfig"

    def marker(self, stack: str) -> Path:
        """Is there while a run goes on, and after one that was killed."""
        return self.home / f"running-{stack}.json"


def settings(
    place: Workplace, tools: Mapping[str, Path], state: StateSpec | None = None, *, simulated: bool = True
) -> dict[str, str]:
    """The environment variables with which ``pulumi`` uses these tools and ``state``, or else local files.

    What lives in a simulated cluster can be made again after a kill, so that no step needs a checkpoint. What
    a cloud holds can't, and its provider is fetched by Pulumi itself.
    """
    for folder in (place.home, place.state, place.config):
        folder.mkdir(parents=True, exist_ok=True)
    for name, path in tools.items():
        if name in PLUGINS:
            _link(path, place.home / "pulumi-home" / "plugins" / PLUGINS[name] / name)
    folders = dict.fromkeys(str(path.parent) for name, path in tools.items() if name not in PLUGINS)
    return {
        "PATH": os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)]),
        "PULUMI_HOME": str(place.home / "pulumi-home"),
        **_backend(place, state),
        **(_SIMULATED if simulated else {}),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
    }


def _backend(place: Workplace, state: StateSpec | None) -> dict[str, str]:
    if state:
        # Who has not made the stack here lacks its file with the encrypted key; the state has it too.
        return {"PULUMI_BACKEND_URL": state.backend, "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"}
    _make_passphrase(place.passphrase)
    return {
        "PULUMI_BACKEND_URL": place.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(place.passphrase),
    }


def _link(target: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    # In a shell that `env` has set up, the installed plugin that is found is this very link.
    target = target.resolve()
    if not link.is_symlink() or link.readlink() != target:
        part = link.with_name(f"{link.name}.{_own()}")
        part.symlink_to(target)
        part.replace(link)


def _make_passphrase(path: Path) -> None:
    if path.is_file() and path.stat().st_size:
        return
    part = path.with_suffix(f".{_own()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        # Of several that make one at once the first counts: what it encrypts must be read by all.
        path.hardlink_to(part)
        part.unlink()
    except FileExistsError:
        if path.stat().st_size:
            part.unlink()
        else:
            part.replace(path)


def _own() -> str:
    """A name that no other run and no other thread of this one has."""
    return f"{os.getpid()}-{threading.get_ident()}"


@dataclass(frozen=True, slots=True)
class Marker:
    """A locked file that says of a run that it goes on and, while it is filled, that it was not finished."""

    file: IO[str]
    unclean: bool
    """Whether a run before was killed: it left the marker filled."""
    session: int | None
    """Session of the pulumi that the killed run had started."""

    def write(self, session: int | None = None) -> None:
        """Fills the marker: who runs, since when, and pulumi in which session."""
        entry = {"pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S"), "session": session}
        self.file.truncate(0)
        self.file.write(json.dumps(entry))
        self.file.flush()

    def clear(self) -> None:
        """Empties the marker: the run has left nothing behind."""
        self.file.truncate(0)


@contextmanager
def marked(path: Path) -> Iterator[Marker]:
    """Locks the marker and fills it. Raises EngineError while another run holds it."""
    with path.open("a+") as file:
        file.seek(0)
        text = file.read()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError(f"another run holds this stack{_by(text)}: wait for it, or stop it") from None
        marker = Marker(file, bool(text), _session_in(text))
        marker.write(marker.session)
        yield marker


def _by(text: str) -> str:
    """Who runs and since when, as a marker says it; nothing where it says nothing yet."""
    try:
        said = json.loads(text)
        return f", process {said['pid']} since {said['since']}"
    except (ValueError, TypeError, KeyError):
        return ""


def _session_in(text: str) -> int | None:
    try:
        return int(json.loads(text)["session"])
    except (ValueError, TypeError, KeyError):
        return None


@contextmanager
def held(place: Workplace, stack: str) -> Iterator[None]:
    """Keeps runs away while a stack and its cluster are removed. Raises EngineError while one goes on."""
    if not place.home.is_dir():
        yield
        return
    with marked(place.marker(stack)):
        yield
        place.marker(stack).unlink()


def forget(place: Workplace, stack: str) -> None:
    """Removes what the engine knows of a stack, whose cluster has gone with everything in it."""
    _remove_state(place, stack)
    if not place.clusters.is_dir() or not any(place.clusters.iterdir()):
        _remove_all(place)


def _remove_state(place: Workplace, stack: str) -> None:
    names = {stack, *(f"{stack}.json{end}" for end in ("", ".bak", ".attrs", ".bak.attrs"))}
    for path in sorted(place.state.rglob("*")):
        if path.name in names and path.is_dir():
            shutil.rmtree(path)
        elif path.name in names:
            path.unlink(missing_ok=True)
    (place.config / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)


def _remove_all(place: Workplace) -> None:
    for folder in (place.state, place.config, place.home / "pulumi-home", place.clusters):
        shutil.rmtree(folder, ignore_errors=True)
    place.passphrase.unlink(missing_ok=True)
