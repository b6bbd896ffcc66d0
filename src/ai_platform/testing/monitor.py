"""The engine's side of a recording."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import alias_pb2, provider_pb2, resource_pb2

from .marks import plain_fields, wire
from .resources import Options, Recording, RecordingError, Resource

STACK_TYPE = "pulumi:pulumi:Stack"

Calls = Callable[[str, dict[str, Any]], Mapping[str, Any]]
Outputs = Callable[[Resource], Mapping[str, Any]]


class RecordingMonitor(MockMonitor):
    """Keeps whole requests; the base class keeps a few fields, and the later of two with one URN."""

    def __init__(
        self, stack: str, project: str, preview: bool, outputs: Outputs | None, calls: Calls | None
    ) -> None:
        self._stack = stack
        self._project = project
        self._preview = preview
        self._given = outputs
        self._calls = calls
        self._lock = threading.Lock()
        self._found: dict[str, Resource] = {}
        self._states: dict[str, tuple[str, struct_pb2.Struct]] = {}
        self._registered: dict[str, Mapping[str, Any]] = {}

    def recording(self) -> Recording:
        stack_urn = self.make_urn("", STACK_TYPE, f"{self._project}-{self._stack}")
        listed = tuple(
            replace(found, _outputs=self._registered.get(urn, {}))
            for urn, found in sorted(self._found.items())
        )
        return Recording(listed, self._registered.get(stack_urn, {}))

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        return _urn(self._stack, self._project, parent, type_, name)

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802 - gRPC's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        options = Options(
            **_common_options(request),
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace,
            providers={package: _without_id(ref) for package, ref in sorted(request.providers.items())},
            aliases=tuple(self._alias(request, alias) for alias in request.aliases),
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            custom_timeouts=_timeouts(request),
            import_id=request.importId,
            deleted_with=request.deletedWith,
        )
        resource = _resource(request, urn, request.object, options, custom=request.custom, read=False)
        known_id = request.importId or ("" if self._preview else f"{request.name}-id")
        id_, state = self._keep(resource, known_id if request.custom else "", request.object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=state)

    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:  # noqa: N802 - gRPC's name
        urn = self.make_urn(request.parent, request.type, request.name)
        options = Options(**_common_options(request), import_id=request.id)
        resource = _resource(request, urn, request.properties, options, custom=True, read=True)
        _, state = self._keep(resource, request.id, request.properties)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=state)

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:  # noqa: N802 - gRPC's name
        self._registered[request.urn] = plain_fields(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> provider_pb2.InvokeResponse:  # noqa: N802 - gRPC's name
        arguments = plain_fields(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            id_, state = self._states[arguments["urn"]]
            answer = struct_pb2.Struct()
            answer.update({"urn": arguments["urn"], "id": id_, "state": state})
        elif self._calls is not None:
            answer = wire(self._calls(request.tok, arguments))
        else:
            raise RecordingError(f"the program called {request.tok}; answer it with record(..., calls=...)")
        return provider_pb2.InvokeResponse(**cast(Any, {"return": answer}))

    def _keep(self, resource: Resource, id_: str, inputs: struct_pb2.Struct) -> tuple[str, struct_pb2.Struct]:
        with self._lock:
            if resource.urn in self._found:
                raise RecordingError(f"two resources have the URN {resource.urn}; name or parent must differ")
            self._found[resource.urn] = resource
        state = struct_pb2.Struct()
        state.CopyFrom(inputs)
        if self._given is not None:
            state.MergeFrom(wire(self._given(resource)))
        self._states[resource.urn] = (id_, state)
        return id_, state

    def _alias(self, request: Any, alias: alias_pb2.Alias) -> str:
        if alias.WhichOneof("alias") == "urn":
            return alias.urn
        spec = alias.spec
        parent = "" if spec.noParent else spec.parentUrn or request.parent
        return _urn(
            spec.stack or self._stack,
            spec.project or self._project,
            parent,
            spec.type or request.type,
            spec.name or request.name,
        )


def _urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    above = parent.split("::")[2] if parent else STACK_TYPE
    chain = type_ if above == STACK_TYPE else f"{above}${type_}"
    return f"urn:pulumi:{stack}::{project}::{chain}::{name}"


def _resource(
    request: Any, urn: str, inputs: struct_pb2.Struct, options: Options, *, custom: bool, read: bool
) -> Resource:
    return Resource(
        urn, request.type, request.name, request.parent, custom, read, options, plain_fields(inputs)
    )


def _common_options(request: Any) -> dict[str, Any]:
    return {
        "depends_on": tuple(sorted(request.dependencies)),
        "provider": _without_id(request.provider),
        "additional_secret_outputs": tuple(request.additionalSecretOutputs),
        "version": request.version,
    }


def _without_id(provider: str) -> str:
    return provider.rpartition("::")[0]


def _timeouts(request: Any) -> dict[str, str]:
    if not request.HasField("customTimeouts"):
        return {}
    return {setting.name: value for setting, value in request.customTimeouts.ListFields()}
