"""What a pod needs to use GPUDirect-TCPX, -TCPXO or RDMA on GKE."""

from __future__ import annotations

import json
from typing import Any

from ..fabric_pods import PodFabric
from ..machines import Fabric
from ..node_plan import PoolPlan
from .fabrics import FabricInterface, fabric_interfaces, network_name

SOURCE = (
    "container-engine-accelerators at 992db81 (2026-06-11): nccl-test-latest.yaml of gpudirect-tcpx and "
    "gpudirect-tcpxo, gpudirect-rdma/nccl-test.yaml, nccl-config.yaml, gpudirect-tcpxo/best-practice.md; "
    "cluster-toolkit v1.95.0: "
    "enable-tcpx-in-workload.py, enable-tcpxo-in-workload.py"
)

TCPX_DAEMON = "us-docker.pkg.dev/gce-ai-infra/gpudirect-tcpx/tcpgpudmarxd-dev:v2.0.12"
TCPXO_DAEMON = "us-docker.pkg.dev/gce-ai-infra/gpudirect-tcpxo/tcpgpudmarxd-dev:v1.0.21"

_LIBRARIES = "/usr/local/nvidia/lib64"
_ON_NODE = "/home/kubernetes/bin"
_HEALTH = "/run/health-check"
_SOCKETS, _SHARED = "/tmp", "/dev/shm"  # noqa: S108 - in the container, where NCCL and the plugin look
_LIBRARY_PATH = {"LD_LIBRARY_PATH": _LIBRARIES}
_SYSTEM = (("sys", "/sys", "/hostsysfs"), ("proc-sys", "/proc/sys", "/hostprocsysfs"))


def gcp_pod_fabric(plan: PoolPlan, gpus: int) -> PodFabric:
    """What a pod with ``gpus`` whole GPUs needs for the fabric of a pool; empty where it has none.

    Raises ``ValueError`` for a pod that leaves GPUs of its node to others: the sidecar and the networks serve
    all of them at once, and Google asks for pods that take the whole node.
    """
    rows = {Fabric.TCPX: _tcpx, Fabric.TCPXO: _tcpxo, Fabric.RDMA: _rdma}
    if plan.fabric not in rows:
        return PodFabric()
    if gpus != plan.gpus_per_node:
        raise ValueError(
            f"{gpus} of {plan.gpus_per_node} GPUs: a pod that uses {plan.fabric} takes all GPUs of its node"
        )
    return rows[plan.fabric](plan)


def _tcpx(plan: PoolPlan) -> PodFabric:
    libraries = _mount("libraries", _LIBRARIES)
    daemon = {
        "name": "tcpx-daemon",
        "image": TCPX_DAEMON,
        "command": [
            "/tcpgpudmarxd/build/app/tcpgpudmarxd",
            *("--gpu_nic_preset", "a3vm"),
            *("--gpu_shmem_type", "fd"),
            *("--uds_path", "/run/tcpx"),
            *("--setup_param", r"\"--verbose 128 2 0 \""),
        ],
        "env": [{"name": "LD_LIBRARY_PATH", "value": _LIBRARIES}],
        "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}},
        "volumeMounts": [libraries, _mount("tcpx-socket", "/run/tcpx"), *_system_mounts()],
    }
    return PodFabric(
        annotations=_annotations(plan, _devices("tcpx-daemon", plan)),
        env={**_LIBRARY_PATH, **_TCPX_ENV},
        capabilities=("IPC_LOCK",),
        volumes=(
            _host("libraries", f"{_ON_NODE}/nvidia/lib64"),
            {"name": "tcpx-socket", "emptyDir": {}},
            *_system_volumes(),
            _shared_memory("1Gi"),
        ),
        containers=(daemon,),
        volume_mounts=(libraries, _mount("tcpx-socket", _SOCKETS), _mount("shared-memory", _SHARED)),
    )


def _tcpxo(plan: PoolPlan) -> PodFabric:
    libraries = _mount("libraries", _LIBRARIES)
    run = "set -ex\nchmod 755 /fts/entrypoint_rxdm_container.sh\n"
    daemon = {
        "name": "tcpxo-daemon",
        "image": TCPXO_DAEMON,
        "command": ["/bin/sh", "-c"],
        "args": [
            f"{run}/fts/entrypoint_rxdm_container.sh --num_hops=2 --num_nics=8 --uid= --alsologtostderr"
        ],
        "env": [
            {"name": "LD_LIBRARY_PATH", "value": _LIBRARIES},
            {"name": "HEALTH_CHECK_LOG_FILE", "value": _HEALTH},
        ],
        # The worker starts when the daemon is ready, which takes half a minute; on a bad node it never is.
        "startupProbe": {
            "exec": {"command": ["cat", _HEALTH]},
            "initialDelaySeconds": 1,
            "periodSeconds": 5,
            "failureThreshold": 24,
        },
        "securityContext": {"capabilities": {"add": ["NET_ADMIN", "NET_BIND_SERVICE"]}},
        "volumeMounts": [libraries, *_system_mounts()],
    }
    devices = _devices("tcpxo-daemon", plan, "/dev/dmabuf_import_helper")
    apertures = "/dev/aperture_devices"
    return PodFabric(
        annotations=_annotations(plan, devices),
        env={
            **_LIBRARY_PATH,
            "NCCL_LIB_DIR": _LIBRARIES,
            "NCCL_FASTRAK_LLCM_DEVICE_DIRECTORY": apertures,
        },
        volumes=(
            _host("libraries", f"{_ON_NODE}/nvidia/lib64"),
            _host("aperture-devices", apertures),
            *_system_volumes(),
            _shared_memory("1Gi"),
        ),
        containers=(daemon,),
        volume_mounts=(
            libraries,
            _mount("aperture-devices", apertures),
            _mount("shared-memory", _SHARED),
        ),
        setup_script=f"{_LIBRARIES}/nccl-env-profile.sh",
    )


def _rdma(plan: PoolPlan) -> PodFabric:
    return PodFabric(
        annotations=_annotations(plan, {}),
        env={**_LIBRARY_PATH, "NCCL_NET": "gIB"},
        volumes=(
            _host("libraries", f"{_ON_NODE}/nvidia"),
            _host("gib", f"{_ON_NODE}/gib"),
            _shared_memory("250Gi"),
        ),
        volume_mounts=(
            _mount("libraries", "/usr/local/nvidia"),
            _mount("gib", "/usr/local/gib"),
            _mount("shared-memory", _SHARED),
        ),
        setup_script="/usr/local/gib/scripts/set_nccl_env.sh",
    )


def _annotations(plan: PoolPlan, devices: dict[str, str]) -> dict[str, str]:
    # The second gVNIC of RDMA machines is for the node, not for NCCL: pods don't ask for it.
    interfaces = fabric_interfaces(plan.fabric, plan.gpu_networks)
    taken = [item for item in interfaces if item.role != "gvnic"]
    entries = [
        {"interfaceName": "eth0", "network": "default"},
        *(_entry(plan.networks_of or plan.name, item) for item in taken),
    ]
    return {
        "networking.gke.io/default-interface": "eth0",
        "networking.gke.io/interfaces": json.dumps(entries),
        **devices,
    }


def _entry(pool: str, interface: FabricInterface) -> dict[str, str]:
    return {"interfaceName": interface.device, "network": network_name(pool, interface)}


def _devices(container: str, plan: PoolPlan, *more: str) -> dict[str, str]:
    """Devices of the node that the injector gives to the sidecar, which asks for no GPU itself."""
    gpus = [f"/dev/nvidia{index}" for index in range(plan.gpus_per_node)]
    paths = [*gpus, "/dev/nvidiactl", "/dev/nvidia-uvm", *more]
    return {f"devices.gke.io/container.{container}": "".join(f"- path: {path}\n" for path in paths)}


def _host(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "hostPath": {"path": path}}


def _shared_memory(size: str) -> dict[str, Any]:
    return {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": size}}


def _mount(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "mountPath": path}


def _system_volumes() -> list[dict[str, Any]]:
    return [_host(name, path) for name, path, _ in _SYSTEM]


def _system_mounts() -> list[dict[str, Any]]:
    return [_mount(name, path) for name, _, path in _SYSTEM]


# As Google's test of this plugin sets them: which cards serve which GPUs' cores, and sizes that fit TCP.
_TCPX_ENV = {
    "NCCL_SOCKET_IFNAME": "eth0",
    "NCCL_ALGO": "Ring,Tree",
    "NCCL_PROTO": "Simple",
    "NCCL_CROSS_NIC": "0",
    "NCCL_NET_GDR_LEVEL": "PIX",
    "NCCL_P2P_PXN_LEVEL": "0",
    "NCCL_GPUDIRECTTCPX_SOCKET_IFNAME": "eth1,eth2,eth3,eth4",
    "NCCL_GPUDIRECTTCPX_CTRL_DEV": "eth0",
    "NCCL_DYNAMIC_CHUNK_SIZE": "524288",
    "NCCL_P2P_NET_CHUNKSIZE": "524288",
    "NCCL_P2P_PCI_CHUNKSIZE": "524288",
    "NCCL_P2P_NVL_CHUNKSIZE": "1048576",
    "NCCL_BUFFSIZE": "4194304",
    "NCCL_NSOCKS_PERTHREAD": "4",
    "NCCL_SOCKET_NTHREADS": "1",
    "NCCL_GPUDIRECTTCPX_TX_BINDINGS": "eth1:8-21,112-125;eth2:8-21,112-125;"
    "eth3:60-73,164-177;eth4:60-73,164-177",
    "NCCL_GPUDIRECTTCPX_RX_BINDINGS": "eth1:22-35,126-139;eth2:22-35,126-139;"
    "eth3:74-87,178-191;eth4:74-87,178-191",
    "NCCL_GPUDIRECTTCPX_PROGRAM_FLOW_STEERING_WAIT_MICROS": "500000",
}
