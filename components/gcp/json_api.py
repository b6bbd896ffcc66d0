"""The JSON APIs of Google Cloud that have no client library here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..bootstrap import BootstrapError

HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "storage": "https://storage.googleapis.com",
        "kms": "https://cloudkms.googleapis.com",
        "iam": "https://iam.googleapis.com",
    }
)
"""Where the JSON APIs are."""
_NOT_FOUND = 404
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Api:
    """The JSON APIs."""

    session: Any
    hosts: Mapping[str, str]

    def found(self, api: str, path: str) -> Any:
        """What stands there, or ``None``. Raises ``BootstrapError``."""
        return self._asked("GET", api, path, None, missing=True)

    def ask(self, method: str, api: str, path: str, body: Any = None) -> Any:
        """The answer. Raises ``BootstrapError``."""
        return self._asked(method, api, path, body)

    def _asked(self, method: str, api: str, path: str, body: Any, *, missing: bool = False) -> Any:
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        try:
            said = self.session.request(method, f"{self.hosts[api]}{path}", json=body, timeout=_TIMEOUT_S)
        except (RequestException, GoogleAuthError) as error:
            raise BootstrapError(f"Google Cloud can't be asked: {error}") from None
        if missing and said.status_code == _NOT_FOUND:
            return None
        if not said.ok:
            raise BootstrapError(
                f"Google Cloud refused {method} {path}: {said.status_code}: {_why(said)}; "
                "the same command goes on from here"
            )
        return said.json()


def _why(said: Any) -> str:
    try:
        return str(said.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(said.text)[:200]


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """Who may do what with a key."""

    api: Api
    key: str
    there: bool
    """Whether there is one yet."""

    def read(self) -> Any:
        """The policy."""
        return self.api.ask("GET", "kms", f"/v1/{self.key}:getIamPolicy")

    def write(self, policy: Any) -> None:
        """Puts another in its place; its etag must be the latest."""
        self.api.ask("POST", "kms", f"/v1/{self.key}:setIamPolicy", {"policy": policy})


@dataclass(frozen=True, slots=True)
class BucketPolicy:
    """Who may do what with a bucket."""

    api: Api
    bucket: str
    there: bool
    """Whether there is one yet."""

    def read(self) -> Any:
        """The policy."""
        return self.api.ask(
            "GET", "storage", f"/storage/v1/b/{self.bucket}/iam?optionsRequestedPolicyVersion=3"
        )

    def write(self, policy: Any) -> None:
        """Puts another in its place; its etag must be the latest."""
        self.api.ask("PUT", "storage", f"/storage/v1/b/{self.bucket}/iam", policy)
