"""One comment on a pull or merge request, made the first time and changed from then on.

The comment is found by its first line, which nobody sees. Anybody may write such a line: a comment of someone
else is never touched. A token is sent to the API that the environment names and to nobody else: redirects are
not followed.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from .comment_place import Place
from .components.errors import InvalidInput, Problem
from .report.plain import plain

PER_PAGE = 100
MOST_PAGES = 100
"""Ten thousand comments: after that a new one is better than waiting."""

_TIMEOUT_S = 30
_TRIES = 4
_BUSY = (429, 500, 502, 503, 504)
_MOST_BYTES = 16 * 2**20
_MARKER = "<!-- ai-platform "


class CommentError(Exception):
    """The comment can't be written; says why and what to do."""


class _BusyError(Exception):
    """The API may answer when it is asked again."""


def upsert(place: Place, body: str, pause: Callable[[float], None] = time.sleep, *, make: bool = True) -> str:
    """Changes our comment that begins as ``body`` does, or makes it: ``changed`` or ``made``.

    Where it may not be made and is not there, nothing is done: ``not needed``.

    Raises ``CommentError``. What fails for the moment is tried four times, each time from looking for the
    comment on: one that was made though its answer was lost is found and not made twice.
    """
    for attempt in range(_TRIES):
        try:
            return _upsert(place, body, make=make)
        except _BusyError as error:
            if attempt + 1 == _TRIES:
                raise CommentError(f"{error}; tried {_TRIES} times: run the job again later") from None
        pause(2.0**attempt)
    raise AssertionError("unreachable")


def marker_of(body: str) -> str:
    """The first line of a report, by which its comment is found. Raises ``InvalidInput``."""
    first = body.split("\n", 1)[0].strip()
    if is_marker(first):
        return first
    expected = "a report in Markdown, whose first line is a comment of ours"
    fix = "write it with: ai-platform report --format markdown --output FILE"
    raise InvalidInput("comment", [Problem("--file", first[:80], expected, fix)])


def is_marker(line: str) -> bool:
    """Whether a line is one by which a comment is found."""
    return line.startswith(_MARKER) and line.rstrip().endswith("-->")


def _upsert(place: Place, body: str, *, make: bool) -> str:
    marker = marker_of(body)
    name = _own_name(place)
    for comment in _comments(place):
        author = (comment.get(place.author) or {}).get("login" if place.author == "user" else "username")
        first = str(comment.get("body") or "").split("\n", 1)[0].strip()
        if author == name and first == marker:
            address = place.changes.format(id=int(comment["id"]))
            if _asked(place, place.change_method, address, {"body": body}, missing=None) is not None:
                return "changed"
    if not make:
        return "not needed"
    _asked(place, "POST", place.comments, {"body": body})
    return "made"


def _own_name(place: Place) -> str:
    found = _asked(place, "GET", place.whoami, **({"forbidden": {}} if place.bot else {}))
    name = found.get("login") or found.get("username") or place.bot
    if not name:
        raise CommentError(f"{place.whoami} does not say whose the token is; take one with the scope api")
    return str(name)


def _comments(place: Place) -> Iterator[Mapping[str, Any]]:
    for page in range(1, MOST_PAGES + 1):
        query = urlencode({"per_page": PER_PAGE, "page": page})
        found = _asked(place, "GET", f"{place.comments}?{query}")
        if not isinstance(found, Sequence):
            raise CommentError(f"{place.comments} answers with something else than a list")
        yield from (comment for comment in found if isinstance(comment, Mapping))
        if len(found) < PER_PAGE:
            return


_NEVER = object()


def _asked(
    place: Place,
    method: str,
    address: str,
    data: object = None,
    *,
    missing: Any = _NEVER,
    forbidden: Any = _NEVER,
) -> Any:
    """The answer as JSON. ``missing`` and ``forbidden`` stand for 404 and 403 where these are no errors."""
    request = urllib.request.Request(  # noqa: S310 - comment_place takes https alone
        address,
        None if data is None else json.dumps(data).encode(),
        {**place.headers, "Content-Type": "application/json", "User-Agent": "ai-platform"},
        method=method,
    )
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
            return json.loads(answer.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            if error.code in _BUSY:
                raise _BusyError(f"{method} {address} answers {error.code}") from None
            if error.code == 404 and missing is not _NEVER:
                return missing
            if error.code == 403 and forbidden is not _NEVER:
                return forbidden
            raise CommentError(_told(place, error, method, address)) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _BusyError(f"{method} {address} can't be asked: {plain(str(reason))}") from None
    except ValueError:
        raise CommentError(f"{method} {address} answers with something else than JSON") from None


_FIXES = {
    401: "the token is wrong or has run out",
    403: "the token may not write comments; on GitHub give the job `permissions: pull-requests: write`, "
    "and on a fork write the report to the job's summary instead",
    404: "the token does not see the request, or it is not there",
    422: "the report is too long or not allowed; write it with --format markdown",
}


def _told(place: Place, error: urllib.error.HTTPError, method: str, address: str) -> str:
    text = error.read(10_000).decode(errors="replace")
    try:
        message = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        message = text
    said = plain(str(message), 200)
    for secret in place.headers.values():
        said = said.replace(secret.removeprefix("Bearer "), "[secret]")
    fix = (
        "the API has moved; set the address of the new one"
        if 300 <= error.code < 400
        else _FIXES.get(error.code)
    )
    parts = [f"{method} {address} answers {error.code}", *([said] if said else []), *([fix] if fix else [])]
    return ": ".join(parts)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


def opener(proxies: Mapping[str, str] | None = None) -> urllib.request.OpenerDirector:
    """What opens addresses: through the environment's proxies, or through these."""
    handler = urllib.request.ProxyHandler(None if proxies is None else dict(proxies))
    return urllib.request.build_opener(_NoRedirect, handler)


_OPENER = opener()
