"""Reads from a cluster what ``wait`` judges: Deployments, pods, workloads, the last line of a log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from ..components.kserve_names import KSERVE, SERVED_LABEL
from ..components.kueue_names import KUEUE
from ..drift.live import UnreadError
from ..endpoint_evidence import endpoint_args
from ..environment import Environment
from ..local.api import Api, Manifest, connect, explain
from ..plan import Plan
from ..serving.held_back import Cause
from .following import State, TransientError, state_of

_Answer = TypeVar("_Answer")
_LINES, _LONGEST_LINE = 20, 300


class EndpointWatch:
    """The endpoints of a plan in a cluster."""

    limits: Mapping[str, int]
    """Team and name of each to the seconds that its next step may take."""

    def __init__(self, kubeconfig: Path, context: str | None, environment: Environment, plan: Plan) -> None:
        self._connect: Callable[[], Api] = partial(connect, kubeconfig, context=context)
        self._api = self._connect()
        self._specs = {
            f"{endpoint.team}/{endpoint.name}": endpoint_args(environment, endpoint)
            for endpoint in plan.endpoints
        }
        self.limits = {
            f"{endpoint.team}/{endpoint.name}": endpoint.ready_within_seconds for endpoint in plan.endpoints
        }

    def look(self, names: Collection[str]) -> dict[str, State]:
        """The state of these. Raises ``TransientError`` or ``UnreadError``."""
        return self._asked(lambda api: self._states(api, names))

    def last_line(self, name: str, cause: Cause) -> str:
        """The last line of the log that the cause names; empty where there is none."""
        if cause.container is None:
            return ""
        container, previous = cause.container, cause.previous
        path = f"/api/v1/namespaces/{self._specs[name].namespace}/pods/{cause.pod}/log"
        query = {"container": container, "previous": str(previous).lower(), "tailLines": str(_LINES)}
        try:
            text = self._asked(lambda api: api.text(path, query))
        except (TransientError, UnreadError):
            return ""
        lines = [line for line in text.splitlines() if line.strip()]
        return "".join(filter(str.isprintable, lines[-1] if lines else "")).strip()[:_LONGEST_LINE]

    def _states(self, api: Api, names: Collection[str]) -> dict[str, State]:
        services = {
            _key(item, item["metadata"]["name"]): item for item in api.list(KSERVE, "InferenceService")
        }
        made: dict[tuple[str, str], list[Manifest]] = {}
        for item in api.list("apps/v1", "Deployment", labels=SERVED_LABEL):
            made.setdefault(_key(item, item["metadata"]["labels"][SERVED_LABEL]), []).append(item)

        @cache
        def loads(namespace: str) -> list[Manifest]:
            return api.list(KUEUE, "Workload", namespace)

        states = {}
        for name in names:
            spec = self._specs[name]
            key = (spec.namespace, spec.name)
            states[name] = state_of(
                spec,
                services.get(key),
                made.get(key, []),
                lambda key=key: api.list("v1", "Pod", key[0], labels=f"{SERVED_LABEL}={key[1]}"),  # type: ignore[misc]
                lambda key=key: loads(key[0]),  # type: ignore[misc]
            )
        return states

    def _asked(self, ask: Callable[[Api], _Answer]) -> _Answer:
        try:
            try:
                return ask(self._api)
            except ApiException as error:
                if error.status != HTTPStatus.UNAUTHORIZED:
                    raise
                # Tokens of clouds last for minutes.
                self._api = self._connect()
                return ask(self._api)
        except ApiException as error:
            status = int(error.status or HTTPStatus.INTERNAL_SERVER_ERROR)
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
                raise TransientError(explain(error)) from None
            raise UnreadError(explain(error)) from None
        except (HTTPError, OSError, ValueError) as error:
            raise TransientError(str(error)) from None


def _key(item: Manifest, name: str) -> tuple[str, str]:
    return item["metadata"]["namespace"], name
