"""Reads a node's fabric devices and huge pages from sysfs, which a pod sees as its node does."""

from __future__ import annotations

import re
from pathlib import Path

from .reading import DeviceKind, NodeDevices, RdmaDevice

_AMAZON = "0x1d0f"
_GOOGLE_GVNIC = ("0x1ae0", "0x0042")
"""PCI vendor and device of Google's virtual network card; Linux, ``google/gve/gve.h``."""
_HUGE_2MIB = "sys/kernel/mm/hugepages/hugepages-2048kB"


def read_devices(root: Path = Path("/")) -> NodeDevices:
    """RDMA devices, Google's network cards and 2 MiB huge pages below ``root``.

    What can't be read is left out; a machine without any of it is no error.
    """
    pci = _entries(root / "sys/bus/pci/devices")
    return NodeDevices(
        rdma=tuple(_rdma(device) for device in _entries(root / "sys/class/infiniband")),
        gvnics=sum((_text(at / "vendor"), _text(at / "device")) == _GOOGLE_GVNIC for at in pci),
        huge_pages_2mib=_number(root / _HUGE_2MIB / "nr_hugepages"),
        huge_pages_2mib_free=_number(root / _HUGE_2MIB / "free_hugepages"),
    )


def _rdma(device: Path) -> RdmaDevice:
    port = next(iter(_entries(device / "ports")), device / "ports/1")
    state = _text(port / "state")  # "4: ACTIVE"
    rate = re.match(r"[\d.]+", _text(port / "rate") or "")  # "400 Gb/sec (4X NDR)"
    return RdmaDevice(
        name=device.name,
        kind=_kind(_text(device / "device/vendor"), _text(port / "link_layer")),
        state=state and state.split(":")[-1].strip(),
        gbps=float(rate[0]) if rate else None,
    )


def _kind(vendor: str | None, link_layer: str | None) -> DeviceKind:
    # The link layer of EFA is "Unknown" in sysfs: linux-rdma/rdma-core#884.
    if vendor == _AMAZON:
        return DeviceKind.EFA
    layers = {"InfiniBand": DeviceKind.INFINIBAND, "Ethernet": DeviceKind.ROCE}
    return layers.get(link_layer or "", DeviceKind.UNKNOWN)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text and text.isdigit() else None
