"""What a user writes about a prompt, and reading its text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..components.config_maps import CONFIG_MAP_BYTES
from ..components.errors import Problem
from ..components.names import Name
from .evidence import EvaluationSpec


def _quoted(version: object) -> object:
    # YAML reads 1.10 as the number 1.1, and 2026-11-21 as a day.
    if not isinstance(version, str):
        raise ValueError('a text in quotes, for example "1.4.0"')
    return version


class PromptSpec(BaseModel):
    """A text that applications of a team send to a model, under a version."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the prompt, once per team."""
    team: Name
    """Team in whose namespace applications find it."""
    version: Annotated[
        str, BeforeValidator(_quoted), Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$")
    ]
    """Your own version of the text, of any scheme that fits into a Kubernetes label, such as ``1.4.0``."""
    file: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """Path of the text relative to this file, in its folder or below. UTF-8. Default: ``text``."""
    text: str | None = None
    """The text itself. Default: ``file``."""
    endpoint: Name | None = None
    """Endpoint of the same team that it is written for. Default: none in particular."""
    evaluation: EvaluationSpec | None = None
    """Evidence that it does its work; the gates ask for it in production. Default: none."""


def with_texts(specs: Sequence[PromptSpec], folder: Path) -> tuple[list[PromptSpec], list[Problem]]:
    """The prompts with the text of their files in place of the paths, relative to ``folder``."""
    read: list[PromptSpec] = []
    problems: list[Problem] = []
    for index, spec in enumerate(specs):
        if spec.file is None or spec.text is not None:
            read.append(spec)
            continue
        found = _read(folder, spec.file)
        if isinstance(found, str):
            read.append(
                PromptSpec.model_validate(
                    {**spec.model_dump(exclude={"file"}, exclude_unset=True), "text": found}
                )
            )
        else:
            problems.append(Problem(f"prompts[{index}].file", *found))
    return read, problems


def why_no_prompt(text: str) -> tuple[str, str, str] | None:
    """What is wrong with a text, what is expected and the fix; ``None`` for one that a ConfigMap can hold."""
    if not text.strip():
        return "an empty text", "a prompt", "write it, or remove the entry"
    if "\0" in text:
        return "a text with the character NUL", "text", "check that it is the right file"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "a text with half of a character", "UTF-8", "save it as UTF-8"
    if size > CONFIG_MAP_BYTES:
        expected = f"at most {CONFIG_MAP_BYTES}, which is what a ConfigMap holds"
        return f"a text of {size} bytes", expected, "shorten it, or have the application fetch what is long"
    return None


def _read(folder: Path, name: str) -> str | tuple[str, str, str]:
    """The text of a file, or got, expected and fix."""
    inside = "a file in the folder of the description or below"
    try:
        home = folder.resolve()
        path = (home / name).resolve()
        # The report shows texts: a change from a fork must not make it show what else lies on that machine.
        if not path.is_relative_to(home):
            return name, inside, "put the file beside the description"
        if not path.is_file():
            return f"{name}, where no file is", inside, "correct the path or add the file"
        with path.open("rb") as file:
            content = file.read(CONFIG_MAP_BYTES + 1)
            size = path.stat().st_size
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return f"{name}, which can't be read: {reason}", inside, "check the path and its rights"
    if len(content) > CONFIG_MAP_BYTES:
        expected = f"at most {CONFIG_MAP_BYTES}, which is what a ConfigMap holds"
        fix = "shorten it, or have the application fetch what is long"
        return f"{name}, of {size} bytes", expected, fix
    try:
        # Byte for byte: the digest is that of the file.
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"{name}, whose byte {error.start} is not UTF-8", "UTF-8", "save it as UTF-8"
    wrong = why_no_prompt(text)
    return (f"{name}: {wrong[0]}", wrong[1], wrong[2]) if wrong else text
