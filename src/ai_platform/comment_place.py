"""The pull or merge request that a pipeline runs for, and how the API of its comments is spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from .components.errors import InvalidInput, Problem


@dataclass(frozen=True, slots=True)
class Place:
    """Where comments of one request live, and how this API is spoken to."""

    comments: str
    """Address of the list of comments, where new ones are made as well."""
    changes: str
    """Address that changes one; ``{id}`` stands for its number."""
    change_method: str
    """``PATCH`` or ``PUT``."""
    whoami: str
    """Address that says whose the token is."""
    author: str
    """Key of a comment's author: ``user`` or ``author``."""
    bot: str | None
    """Name under which a token writes that may not ask whose it is."""
    headers: Mapping[str, str] = field(repr=False)
    """Headers of every request, the token among them."""


def place_from(env: Mapping[str, str]) -> Place:
    """The pull or merge request that the pipeline runs for. Raises ``InvalidInput``."""
    if env.get("GITHUB_ACTIONS") == "true" or (env.get("GITHUB_REPOSITORY") and not env.get("CI_PROJECT_ID")):
        return _github(env)
    if env.get("GITLAB_CI") == "true" or env.get("CI_PROJECT_ID"):
        return _gitlab(env)
    expected = "the variables of a GitHub workflow or a GitLab pipeline"
    fix = "run it in one, or set GITHUB_REPOSITORY and GITHUB_REF, or CI_PROJECT_ID and CI_MERGE_REQUEST_IID"
    raise InvalidInput("comment", [Problem("environment", "neither", expected, fix)])


def _github(env: Mapping[str, str]) -> Place:
    token = _needed(
        env, "GITHUB_TOKEN", "pass github.token, in a job with `permissions: pull-requests: write`"
    )
    repository = quote(_needed(env, "GITHUB_REPOSITORY", "run it in a workflow"))
    base = f"{_base(env, 'GITHUB_API_URL', 'https://api.github.com')}/repos/{repository}/issues"
    number = _pull_request(env.get("GITHUB_REF", ""))
    return Place(
        comments=f"{base}/{number}/comments",
        changes=f"{base}/comments/{{id}}",
        change_method="PATCH",
        whoami=f"{_base(env, 'GITHUB_API_URL', 'https://api.github.com')}/user",
        author="user",
        bot="github-actions[bot]",
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )


def _pull_request(ref: str) -> int:
    parts = ref.split("/")
    if len(parts) == 4 and parts[:2] == ["refs", "pull"] and parts[2].isdecimal():
        return int(parts[2])
    fix = "run it on the event pull_request"
    raise InvalidInput("comment", [Problem("GITHUB_REF", ref, "refs/pull/NUMBER/merge", fix)])


def _gitlab(env: Mapping[str, str]) -> Place:
    token = _needed(env, "GITLAB_TOKEN", "a project access token with the scope api, masked, not protected")
    base = _base(env, "CI_API_V4_URL", "https://gitlab.com/api/v4")
    project = env.get("CI_MERGE_REQUEST_PROJECT_ID") or _needed(env, "CI_PROJECT_ID", "run it in a pipeline")
    number = _needed(env, "CI_MERGE_REQUEST_IID", "run it in a merge request pipeline")
    notes = f"{base}/projects/{quote(project, safe='')}/merge_requests/{quote(number, safe='')}/notes"
    return Place(
        comments=notes,
        changes=f"{notes}/{{id}}",
        change_method="PUT",
        whoami=f"{base}/user",
        author="author",
        bot=None,
        headers={"PRIVATE-TOKEN": token},
    )


def _needed(env: Mapping[str, str], name: str, fix: str) -> str:
    value = env.get(name, "").strip()
    if not value or not value.isprintable():
        got = "nothing" if not value else "a value with characters that are not printable"
        raise InvalidInput("comment", [Problem(name, got, "an environment variable", fix)])
    return value


def _base(env: Mapping[str, str], name: str, default: str) -> str:
    base = (env.get(name) or default).rstrip("/")
    if base.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        return base
    # A token is not sent over a line that others can read.
    raise InvalidInput("comment", [Problem(name, base, "an address with https", "take the one with https")])
