"""Looks at the node again and again, and says over HTTP what it found."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .finding import Grade
from .reading import NodeReading
from .report import log_line, metrics
from .verdict import Verdict

Look = Callable[[], tuple[NodeReading, Verdict]]

_STALE_AFTER_LOOKS = 3
_GRACE_S = 60


class Watch:
    """The last look, for those who ask. A look may hang in the driver; the answers then say so."""

    def __init__(self, look: Look, every_s: float, log: Callable[[str], None]) -> None:
        self._look, self._every_s, self._log = look, every_s, log
        self._stop = threading.Event()
        self._seen: tuple[NodeReading, Verdict, float] | None = None
        self._began = time.time()

    def run(self) -> None:
        """Looks until ``stop``. Writes a line at first and whenever the findings change."""
        while True:
            self.look_once()
            if self._stop.wait(self._every_s):
                return

    def stop(self) -> None:
        """Ends ``run`` after the look that it is at."""
        self._stop.set()

    def look_once(self) -> None:
        """One look, kept for those who ask."""
        reading, verdict = self._look()
        if self._seen is None or _told(self._seen[1]) != _told(verdict):
            self._log(log_line(verdict))
        self._seen = (reading, verdict, time.time())

    def answer(self, path: str, now: float) -> tuple[int, str]:
        """Status and text for a request: ``/metrics``, ``/livez``, ``/readyz``."""
        if path == "/livez":
            last = self._seen[2] if self._seen else self._began
            stale = now - last > _STALE_AFTER_LOOKS * self._every_s + _GRACE_S
            return (503, "the last look is too long ago\n") if stale else (200, "ok\n")
        if path not in {"/metrics", "/readyz"}:
            return 404, "see /metrics, /livez and /readyz\n"
        if self._seen is None:
            return 503, "not looked yet\n"
        reading, verdict, when = self._seen
        if path == "/metrics":
            return 200, metrics(reading, verdict, when)
        if verdict.grade is Grade.FAILURE:
            return 503, log_line(verdict) + "\n"
        return 200, "ok\n"


def _told(verdict: Verdict) -> tuple[object, ...]:
    # Temperatures and counts in the texts move with every look.
    return verdict.layout, *((one.grade, one.check, one.where) for one in verdict.findings)


def server_of(watch: Watch, host: str, port: int) -> ThreadingHTTPServer:
    """An HTTP server that answers for the watch; port 0 takes a free one."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = watch.answer(self.path, time.time())
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
            """Says nothing: probes ask every few seconds."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    return Server((host, port), Answers)
