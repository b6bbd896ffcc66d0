"""moto's clouds behind one address on loopback, as a process of its own. moto's own server needs Flask.

``GET /_test/calls`` gives what was asked since the start or the last ``POST /_test/reset``, which also
empties the clouds. ``POST /_test/cluster`` sets the ``endpoint`` and ``certificateAuthority`` of the EKS
clusters, so that what the same program puts into its cluster reaches a real API server.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from .made_up import certificate_authority

ROOT = Path(__file__).resolve().parents[2]
_GLOBAL = {"budgets", "iam", "sts", "route53", "cloudfront"}
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Moto:
    """A running server."""

    url: str

    def calls(self) -> list[str]:
        """What was asked, as ``service Action``."""
        return list(json.loads(self._ask("calls", None)))

    def reset(self) -> None:
        """Empties the clouds."""
        self._ask("reset", {})

    def runs_clusters_at(self, endpoint: str, certificate_authority: str) -> None:
        """Where EKS clusters seem to run: the address and the base64 of the certificate authority."""
        self._ask("cluster", {"endpoint": endpoint, "certificateAuthority": certificate_authority})

    def _ask(self, what: str, body: dict[str, Any] | None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_test/{what}", data)  # noqa: S310 - loopback
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return bytes(answer.read())


@contextmanager
def running_moto() -> Iterator[Moto]:
    """Starts a server and ends it with the block."""
    command = [sys.executable, "-m", "tests.clouds.moto_server"]
    keys = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        # So that only managed policies that exist can be attached.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    }
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | keys, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            yield Moto(process.stdout.readline().strip())
        finally:
            process.kill()


class _State:
    """What the handlers share."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.cluster: dict[str, str] = {}
        # moto's stores take no care of two requests at a time.
        self.lock = Lock()


STATE = _State()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with STATE.lock:
            if self.path.startswith("/_test/"):
                status, headers = 200, dict[str, Any]()
                answer: bytes | str = _of_test(self.path.removeprefix("/_test/"), body)
            else:
                status, headers, answer = self._cloud(body)
        content = answer.encode() if isinstance(answer, str) else answer
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value if isinstance(value, str) else str(value))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _any  # noqa: N815

    def _cloud(self, body: bytes) -> tuple[int, dict[str, Any], bytes | str]:
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.compat import HTTPHeaders

        found = _SCOPE.search(self.headers.get("Authorization", ""))
        region, service = found.groups() if found else ("us-east-1", "s3")
        host = f"{service}.amazonaws.com" if service in _GLOBAL else f"{service}.{region}.amazonaws.com"
        headers = HTTPHeaders()
        for name, value in {**dict(self.headers.items()), "Host": host}.items():
            headers[name] = value
        STATE.calls.append(f"{service} {_action(self.command, self.path, self.headers, body)}")
        request = AWSPreparedRequest(self.command, f"https://{host}{self.path}", headers, body, False)
        status, answered, answer = _asked(request) or (
            501,
            {},
            b"not known to moto",
        )
        if service == "eks" and status < 300:
            answer = _placed(answer)
        return status, dict(answered), answer

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def _asked(request: Any) -> Any:
    from moto.core.botocore_stubber import BotocoreStubber

    try:
        return BotocoreStubber().process_request(request)
    except Exception as error:
        # The caller is to see it rather than a closed connection.
        return 500, {}, f"moto: {type(error).__name__}: {error}"


def _of_test(what: str, body: bytes) -> str:
    if what == "cluster":
        STATE.cluster = json.loads(body)
    elif what == "reset":
        from moto.core.models import override_responses_real_send  # noqa: F401 - moto's stores load with it
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()
        STATE.calls, STATE.cluster = [], {}
    return json.dumps(STATE.calls)


def _action(method: str, path: str, headers: Any, body: bytes) -> str:
    if target := headers.get("X-Amz-Target"):
        return str(target).rpartition(".")[2]
    found = re.search(rb"(?:^|&)Action=(\w+)", body)
    return found[1].decode() if found else f"{method} {path}"


def _placed(answer: bytes | str) -> bytes | str:
    """moto's certificate authority is no certificate; and its endpoint leads nowhere."""
    document = json.loads(answer or "{}")
    if not isinstance(document, dict) or "cluster" not in document:
        return answer
    place = {"certificateAuthority": certificate_authority(), **STATE.cluster}
    document["cluster"]["certificateAuthority"] = {"data": place.pop("certificateAuthority")}
    return json.dumps(document | {"cluster": document["cluster"] | place})


def main() -> None:
    """Serves until it is killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
