"""Asks Google Cloud what a preflight needs to know. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Any

from ...components.cluster_spec import GkeSpec
from ..machines import Machine
from ..preflight import Finding, NoCredentials, Unread
from ..spec import NodePoolSpec
from . import preflight as judge
from .quotas import Limit, RunningVm, in_use_by_others, quota_findings, quotas_of, tpu_quota_findings

_CALL: Mapping[str, Any] = MappingProxyType({"timeout": 30, "retry": None})
"""Seconds; a preflight that waits for a cloud that does not answer is no help."""
_CLUSTER_LABEL = "goog-k8s-cluster-name"
_PREEMPTIBLE = {"SPOT", "FLEX_START"}


@dataclass(frozen=True, slots=True)
class Clients:
    """Google's clients, one for each kind of thing."""

    quotas: Any
    services: Any
    instances: Any
    machine_types: Any
    reservations: Any
    subnetworks: Any


def clients_of(endpoint: str | None = None, credentials: Any = None) -> Clients:
    """Clients with the caller's own credentials. ``endpoint``, with its scheme, takes the place of all hosts.

    Raises ``ImportError`` without the extra ``gcp``, ``NoCredentials`` where there are none.
    """
    from google.auth.exceptions import DefaultCredentialsError
    from google.cloud import cloudquotas_v1, compute_v1, service_usage_v1

    options = {"api_endpoint": endpoint} if endpoint else None
    common = {"credentials": credentials, "client_options": options, "transport": "rest"}
    kinds = (
        cloudquotas_v1.CloudQuotasClient,
        service_usage_v1.ServiceUsageClient,
        compute_v1.InstancesClient,
        compute_v1.MachineTypesClient,
        compute_v1.ReservationsClient,
        compute_v1.SubnetworksClient,
    )
    try:
        return Clients(*(kind(**common) for kind in kinds))
    except DefaultCredentialsError as error:
        raise NoCredentials(str(error)) from None


def findings(
    clients: Clients,
    name: str,
    region: str,
    cluster: GkeSpec,
    pools: Sequence[tuple[NodePoolSpec, Machine]],
    tpu_pools: Sequence[NodePoolSpec] = (),
) -> Iterator[Finding]:
    """Everything that is checked for the environment ``name``, whose pools are on Google Cloud."""
    specs = [*(spec for spec, _ in pools), *tpu_pools]
    project = cluster.project
    wanted = {quota.quota_id for quota in quotas_of(pools)}
    limits = {quota_id: _limits(clients, project, quota_id) for quota_id in sorted(wanted)}
    running = _running(clients, project) if wanted else []
    others = running if isinstance(running, Unread) else in_use_by_others(running, name, region)
    yield from quota_findings(pools, limits, others, region, project)
    yield from tpu_quota_findings(tpu_pools)

    system = cluster.system_nodes.machine
    places = [(spec.name, spec.machine, judge.zones_of(spec, cluster)) for spec in specs]
    sold: dict[str, dict[str, bool | Unread]] = {}
    for subject, machine, zones in [*places, ("system nodes", system, list(cluster.zones))]:
        known = sold.setdefault(machine, {})
        for zone in zones:
            if zone not in known:
                known[zone] = _sells(clients, project, zone, machine)
        yield judge.offer_finding(subject, machine, zones, known)

    reserved: Counter[str] = Counter()
    for spec in specs:
        reserved[spec.reservation or ""] += spec.max_nodes
    for spec in specs:
        if spec.reservation:
            zone = judge.zones_of(spec, cluster)[0]
            answer = _reservation(clients, project, zone, spec.reservation)
            yield from judge.reservation_findings(spec, zone, answer, reserved[spec.reservation])

    yield from judge.api_findings(project, _enabled(clients, project))
    if cluster.network.subnetwork:
        ranges = _ranges(clients, project, region, cluster.network.subnetwork)
        yield from judge.range_findings(cluster, specs, ranges)


def _asked(call: Callable[[], Any], *, absent: Any = Unread) -> Any:
    """The answer; ``absent`` where there is no such thing; ``Unread`` with what Google or the way said."""
    from google.api_core.exceptions import GoogleAPICallError, NotFound
    from google.auth.exceptions import GoogleAuthError
    from requests import RequestException

    try:
        return call()
    except NotFound as error:
        return Unread(error.message) if absent is Unread else absent
    except GoogleAPICallError as error:
        return Unread(f"{error.code}: {error.message}" if error.code else error.message)
    except (GoogleAuthError, RequestException) as error:
        return Unread(str(error))


def _limits(clients: Clients, project: str, quota_id: str) -> list[Limit] | Unread:
    name = f"projects/{project}/locations/global/services/compute.googleapis.com/quotaInfos/{quota_id}"
    info = _asked(lambda: clients.quotas.get_quota_info(name=name, **_CALL))
    if isinstance(info, Unread):
        return info
    return [
        Limit(
            dict(entry.dimensions),
            _unless_unlimited(entry.details.value),
            frozenset(entry.applicable_locations),
        )
        for entry in info.dimensions_infos
    ]


def _unless_unlimited(value: int) -> int | None:
    return None if value < 0 else int(value)


def _running(clients: Clients, project: str) -> list[RunningVm] | Unread:
    def call() -> list[RunningVm]:
        pages = clients.instances.aggregated_list(
            request={"project": project, "filter": 'status = "RUNNING"'}, **_CALL
        )
        return [_vm(instance) for _, scoped in pages for instance in scoped.instances]

    found: list[RunningVm] | Unread = _asked(call)
    return found


def _vm(instance: Any) -> RunningVm:
    model = instance.scheduling.provisioning_model
    counts: Counter[str] = Counter()
    for entry in instance.guest_accelerators:
        counts[_last(entry.accelerator_type)] += entry.accelerator_count
    return RunningVm(
        cluster=instance.labels.get(_CLUSTER_LABEL),
        region=_last(instance.zone).rpartition("-")[0],
        accelerators=counts,
        preemptible=model in _PREEMPTIBLE,
        reserved=model == "RESERVATION_BOUND",
    )


def _sells(clients: Clients, project: str, zone: str, machine: str) -> bool | Unread:
    def call() -> bool:
        request = {"project": project, "zone": zone, "machine_type": machine}
        return bool(clients.machine_types.get(request=request, **_CALL).name)

    # A zone that is not there does not sell it either.
    answer: bool | Unread = _asked(call, absent=False)
    return answer


def _reservation(clients: Clients, project: str, zone: str, path: str) -> judge.Reserved | Unread | None:
    # A name, or the path of one in another project, or of a block of it.
    parts = path.split("/")
    name = parts[parts.index("reservations") + 1] if "reservations" in parts else parts[0]
    owner = parts[parts.index("projects") + 1] if "projects" in parts else project
    request = {"project": owner, "zone": zone, "reservation": name}
    answer = _asked(lambda: clients.reservations.get(request=request, **_CALL), absent=None)
    if answer is None or isinstance(answer, Unread):
        return answer
    held = answer.specific_reservation
    return judge.Reserved(
        machine=_last(held.instance_properties.machine_type),
        count=int(held.count),
        zone=_last(answer.zone),
        ready=answer.status == "READY",
        specific=bool(answer.specific_reservation_required),
    )


def _enabled(clients: Clients, project: str) -> Mapping[str, bool] | Unread:
    names = [f"projects/{project}/services/{api}" for api in judge.APIS]
    request = {"parent": f"projects/{project}", "names": names}
    answer = _asked(lambda: clients.services.batch_get_services(request=request, **_CALL))
    if isinstance(answer, Unread):
        return answer
    return {_last(service.name): service.state.name == "ENABLED" for service in answer.services}


def _ranges(
    clients: Clients, project: str, region: str, subnetwork: str
) -> Mapping[str, judge.Range] | Unread:
    request = {
        "project": project,
        "region": region,
        "subnetwork": _last(subnetwork),
        "views": "WITH_UTILIZATION",
    }
    answer = _asked(lambda: clients.subnetworks.get(request=request, **_CALL))
    if isinstance(answer, Unread):
        return answer
    used = {row.range_name: int(row.total_free_ip) for row in answer.utilization_details.ipv4_utilizations}
    cidrs = {row.range_name: row.ip_cidr_range for row in answer.secondary_ip_ranges}
    cidrs[""] = answer.ip_cidr_range
    return {name: judge.Range(IPv4Network(cidr), used.get(name)) for name, cidr in cidrs.items()}


def _last(path: str) -> str:
    return path.rpartition("/")[2]
