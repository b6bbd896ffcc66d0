"""Asks Prometheus, or what speaks its HTTP API, for numbers over time."""

from __future__ import annotations

import datetime
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_TIMEOUT_SECONDS = 60
_MOST_POINTS = 10_000
"""Prometheus refuses more than 11,000 points of one series."""
_LONGEST_ANSWER = 512 * 1024 * 1024


class PrometheusError(Exception):
    """Prometheus can't be asked, or did not answer. Ready to print."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one set of labels."""

    labels: Mapping[str, str]
    values: tuple[tuple[datetime.datetime, Decimal], ...]
    """Time in UTC, and the number then."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Where to ask."""

    url: str
    """``http://127.0.0.1:9090``, with the path before ``/api/v1`` if there is one."""
    token: str | None = None
    """Bearer token."""

    def range(
        self, query: str, start: datetime.datetime, end: datetime.datetime, step: datetime.timedelta
    ) -> Iterator[Series]:
        """Numbers from ``start`` to ``end``, both included. Raises ``PrometheusError``.

        A series may come in several parts, one after the other.
        """
        while start <= end:
            last = min(end, start + step * (_MOST_POINTS - 1))
            yield from self._range(query, start, last, step)
            start = last + step

    def _range(
        self, query: str, start: datetime.datetime, end: datetime.datetime, step: datetime.timedelta
    ) -> Iterator[Series]:
        data = self._ask(
            "query_range",
            {
                "query": query,
                "start": f"{start.timestamp():.0f}",
                "end": f"{end.timestamp():.0f}",
                "step": f"{step.total_seconds():.0f}",
            },
        )
        for row in data["result"]:
            values = [(_time(at), Decimal(text)) for at, text in row["values"]]
            yield Series(row["metric"], tuple((at, number) for at, number in values if number.is_finite()))

    def _ask(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        try:
            request = urllib.request.Request(  # noqa: S310 - the scheme is checked below
                f"{self.url.rstrip('/')}/api/v1/{path}",
                data=urllib.parse.urlencode(parameters).encode(),
                headers={"Authorization": f"Bearer {self.token}"} if self.token else {},
            )
            if request.type not in ("http", "https"):
                raise PrometheusError(f"{self.url} is no address of Prometheus; write http://HOST:PORT")
            with _OPENER.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                text = answer.read(_LONGEST_ANSWER + 1)
        except urllib.error.HTTPError as error:
            raise PrometheusError(f"{self.url} refused: {_reason(error)}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise PrometheusError(f"{self.url} does not answer: {reason}") from error
        if len(text) > _LONGEST_ANSWER:
            raise PrometheusError(f"{self.url} answers with more than 512 MiB; ask for fewer days at once")
        try:
            found = json.loads(text)
            if found["status"] != "success":
                raise PrometheusError(f"{self.url} refused: {found.get('error', 'no reason given')}")
            data: dict[str, Any] = found["data"]
        except (KeyError, TypeError, ValueError) as error:
            raise PrometheusError(f"{self.url} is not Prometheus: its answer can't be read") from error
        return data


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(65_536))["error"])
    except (KeyError, TypeError, ValueError, OSError):
        return f"{error.code} {error.reason}"


def _time(at: str | float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(float(at), datetime.UTC)
