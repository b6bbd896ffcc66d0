"""``pulumi-resource-aws`` and ``pulumi-resource-gcp`` for tests: they check and compare, and call no cloud.

Run as ``python -m tests.clouds.plugin aws ENGINE``. The SDK's ``experimental.Provider`` can't say which
inputs a resource was made with, nor answer that a value is not known yet; so this serves the protocol itself.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from . import aws, gcp, made_up, store
from .aws_calls import Aws
from .check import check
from .diff import difference
from .force_new import NoRowError, replaced_by
from .sdk_types import Kind, ResourceType, UnknownTypeError, resource_type
from .tags import aws_tags_all, google_labels
from .values import UNKNOWN, has_unknown, read, written

VERSIONS = {"aws": "7.51.1", "gcp": "10.2.0"}
REFRESHED = {"aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion"}}
"""Outputs that an update may change, so that a preview can't know them."""
_KINDS = {"add": 0, "delete": 2, "update": 4}
"""``PropertyDiff.Kind``; one more each when it replaces."""
_AUTONAMED = {"aws:eks/nodeGroup:NodeGroup": "nodeGroupName", "aws:s3/bucket:Bucket": "bucket"}


def _answering(method: Any) -> Any:
    """Gives an error its words, which the engine shows."""

    @wraps(method)
    def run(self: Any, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except Exception as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")
            raise

    return run


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One cloud."""

    def __init__(self, cloud: str, engine: str) -> None:
        self.cloud = cloud
        self.config: dict[str, Any] = {}
        self.engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Which version this stands for."""
        return plugin_pb2.PluginInfo(version=VERSIONS[self.cloud])

    @_answering
    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Checks the provider's own configuration."""
        news = _configuration(read(request.news))
        verdict = check(
            {k: v for k, v in news.items() if k != "version"}, resource_type(_type(request.urn)).inputs
        )
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(verdict.wrong))

    @_answering
    def DiffConfig(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """No change of the configuration replaces a provider, as with the real ones."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_UNKNOWN)

    @_answering
    def Configure(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Keeps the configuration."""
        self.config = _configuration(read(request.args))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_answering
    def Check(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Compares the inputs with the SDK's types, names what has no name, adds default tags."""
        kind = _type(request.urn)
        news, olds = read(request.news), read(request.olds)
        try:
            described = resource_type(kind)
            replaced_by(kind)
        except UnknownTypeError:
            return _refused(f"the SDK has no resource {kind}")
        except NoRowError as error:
            return _refused(str(error))
        verdict = check(news, described.inputs)
        for old in verdict.deprecated:
            self._warn(request.urn, f"deprecated property {old.path}: {old.reason}")
        news |= self._named(kind, request, described, news, olds)
        if self.cloud == "aws":
            news |= aws_tags_all(news, self.config, described.outputs)
        return provider_pb2.CheckResponse(inputs=written(news), failures=_failures(verdict.wrong))

    @_answering
    def Diff(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Says what changes, and what that replaces."""
        kind = _type(request.urn)
        found = difference(
            kind,
            resource_type(kind),
            read(request.old_inputs) | self._labels_before(kind, read(request.olds)),
            read(request.news) | self._labels(kind, read(request.news)),
            tuple(request.ignoreChanges),
        )
        diffs = {path.replace("[", ".").partition(".")[0] for path in found.changed}
        replaces = {path.replace("[", ".").partition(".")[0] for path in found.replacing}
        changes = (
            provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE
        )
        return provider_pb2.DiffResponse(
            changes=changes,
            diffs=sorted(diffs),
            replaces=sorted(replaces),
            deleteBeforeReplace=found.delete_first,
            hasDetailedDiff=True,
            detailedDiff={
                path: provider_pb2.PropertyDiff(kind=_KINDS[how] + (path in found.replacing), inputDiff=True)
                for path, how in found.changed.items()
            },
        )

    @_answering
    def Create(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Makes it; in a preview, says what will be known of it."""
        kind = _type(request.urn)
        new = read(request.properties)
        described = resource_type(kind)
        if request.preview:
            outputs = {name: UNKNOWN for name, field in described.outputs.items() if field.required}
            return provider_pb2.CreateResponse(properties=self._answer(kind, outputs, new))
        if has_unknown(new):
            raise ValueError(f"{kind} is to be made of what is not known")
        if self.cloud == "aws":
            made = aws.calls(kind).create(self._aws(new), _plain(new))
            identity, outputs = made.identity, dict(made.outputs)
        else:
            identity, outputs = gcp.create(kind, _plain(new), self._places())
        return provider_pb2.CreateResponse(
            id=identity, properties=self._answer(kind, _filled(described, identity, new, outputs), new)
        )

    @_answering
    def Update(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Changes it in place."""
        kind = _type(request.urn)
        old, new = read(request.old_inputs), read(request.news)
        state = _added(read(request.olds), old) or {}
        if request.preview:
            outputs = state | dict.fromkeys(REFRESHED.get(kind, ()), UNKNOWN)
        elif self.cloud == "aws":
            changed = aws.calls(kind).update(self._aws(new), request.id, _plain(old), _plain(new))
            outputs = state | dict(changed)
        else:
            gcp.update(kind, request.id, _plain(new))
            outputs = state
        return provider_pb2.UpdateResponse(properties=self._answer(kind, outputs, new))

    @_answering
    def Delete(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Removes it."""
        kind, old = _type(request.urn), read(request.old_inputs)
        if self.cloud == "aws":
            aws.calls(kind).delete(self._aws(old), request.id, _plain(old))
        else:
            store.remove(kind, request.id)
        return empty_pb2.Empty()

    @_answering
    def Read(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Looks where the table has a call for it; else gives back what the state has."""
        look = aws.calls(_type(request.urn)).read if self.cloud == "aws" and request.id else None
        if look is None:
            return provider_pb2.ReadResponse(
                id=request.id, properties=request.properties, inputs=request.inputs
            )
        state, inputs = read(request.properties), read(request.inputs)
        found = look(self._aws(inputs), request.id)
        if found is None:
            return provider_pb2.ReadResponse()
        # The real provider takes for a resource's own what is there beyond the default tags.
        default = self.config.get("defaultTags", {}).get("tags", {})
        own = {key: value for key, value in found["tagsAll"].items() if default.get(key) != value}
        state |= {"tagsAll": found["tagsAll"], "tags": own}
        inputs |= {"tags": own} if own or "tags" in inputs else {}
        return provider_pb2.ReadResponse(id=request.id, properties=written(state), inputs=written(inputs))

    @_answering
    def Invoke(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Refuses look-ups: a preview must not need the cloud."""
        raise ValueError(f"{request.tok} looks something up in the cloud")

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Nothing runs for long here."""
        return empty_pb2.Empty()

    def _answer(self, kind: str, outputs: dict[str, Any], new: dict[str, Any]) -> Any:
        known = {name: value for name, value in new.items() if name != "__defaults"}
        known |= self._places_of(kind, known)
        merged = _completed(known, outputs)
        merged |= self._labels(kind, known)
        described = resource_type(kind)
        return written({name: value for name, value in merged.items() if name in described.outputs})

    def _labels(self, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return google_labels(inputs, self.config, resource_type(kind).outputs) if self.cloud == "gcp" else {}

    def _labels_before(self, kind: str, state: dict[str, Any]) -> dict[str, Any]:
        # The real provider compares with what it wrote, so that new default labels reach what is there.
        return {name: state[name] for name in self._labels(kind, {}) if name in state}

    def _places(self) -> dict[str, str]:
        names = {"project": "GOOGLE_PROJECT", "region": "GOOGLE_REGION", "zone": "GOOGLE_ZONE"}
        found = {
            name: self.config.get(name) or os.environ.get(variable, "") for name, variable in names.items()
        }
        return found | {"location": found["region"] or found["zone"]}

    def _places_of(self, kind: str, known: dict[str, Any]) -> dict[str, Any]:
        described = resource_type(kind).outputs
        if self.cloud == "aws":
            return {"region": known.get("region", self._region())} if "region" in described else {}
        here = self._places()
        missing = [name for name in gcp.PLACES if name in described and name not in known and here[name]]
        return {name: here[name] for name in missing}

    def _region(self) -> str:
        return str(self.config.get("region") or os.environ.get("AWS_REGION") or "us-east-1")

    def _aws(self, inputs: dict[str, Any]) -> Aws:
        return Aws(inputs.get("region") or self._region())

    def _named(
        self, kind: str, request: Any, described: ResourceType, news: dict[str, Any], olds: dict[str, Any]
    ) -> dict[str, Any]:
        """A name for what has none, kept from then on, as the real providers give one."""
        name = _AUTONAMED.get(kind, "name")
        field, given = described.inputs.get(name), described.outputs.get(name)
        if name in news or not field or field.required or not given or not given.required:
            return {"__defaults": []}
        if field.kind != Kind("string") or f"{name}Prefix" in news:
            return {"__defaults": []}
        if name in olds.get("__defaults", []):
            return {name: olds[name], "__defaults": [name]}
        logical = request.urn.rpartition("::")[2]
        suffix = made_up.token(request.randomSeed.hex(), logical, length=7)
        plain = logical.lower() if self.cloud == "gcp" or kind.startswith("aws:s3") else logical
        return {name: f"{plain}-{suffix}", "__defaults": [name]}

    def _warn(self, urn: str, message: str) -> None:
        self.engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn))


def _type(urn: str) -> str:
    return str(urn.split("::")[2].rpartition("$")[2])


def _plain(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name != "__defaults"}


def _configuration(properties: dict[str, Any]) -> dict[str, Any]:
    """The SDK sends what is not a string as JSON."""
    return {name: _parsed(value) for name, value in properties.items() if name != "version"}


def _parsed(value: Any) -> Any:
    is_json = isinstance(value, str) and (value[:1] in {"{", "["} or value in {"true", "false"})
    return json.loads(value) if is_json else value


def _completed(given: Any, made: Any) -> Any:
    """What was asked for, with what the cloud adds to it."""
    if isinstance(given, dict) and isinstance(made, dict):
        both = {name: _completed(given[name], made[name]) for name in given if name in made}
        return made | given | both
    if isinstance(given, list) and isinstance(made, list) and len(given) == len(made):
        return [_completed(*pair) for pair in zip(given, made, strict=True)]
    return given


def _added(made: Any, given: Any) -> Any:
    """What the cloud added to what was asked for; None for nothing."""
    if isinstance(made, dict) and isinstance(given, dict):
        parts = {name: _added(part, given[name]) if name in given else part for name, part in made.items()}
        return {name: part for name, part in parts.items() if part is not None} or None
    if isinstance(made, list) and isinstance(given, list) and len(made) == len(given):
        added = [_added(*pair) for pair in zip(made, given, strict=True)]
        return [part or {} for part in added] if any(added) else None
    return None


def _failures(wrong: Any) -> list[Any]:
    return [provider_pb2.CheckFailure(property=found.path, reason=found.reason) for found in wrong]


def _refused(reason: str) -> Any:
    return provider_pb2.CheckResponse(failures=[provider_pb2.CheckFailure(property="", reason=reason)])


def _filled(
    described: ResourceType, identity: str, new: dict[str, Any], outputs: dict[str, Any]
) -> dict[str, Any]:
    """Also what the cloud gives beyond that, of the right type."""
    rest = {
        name: made_up.value(name, field.kind, identity)
        for name, field in described.outputs.items()
        if field.required and name not in outputs and name not in new
    }
    return {name: value for name, value in rest.items() if value is not None} | outputs


def main() -> None:
    """Serves until the engine ends it."""
    cloud, engine = sys.argv[1:3]
    server = grpc.server(ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", 1 << 28)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(cloud, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
