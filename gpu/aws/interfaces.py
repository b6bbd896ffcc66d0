"""Which network interfaces an EC2 machine gets so that its whole EFA bandwidth is used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..machines import Machine


class InterfaceType(StrEnum):
    """What a network interface is for."""

    INTERFACE = "interface"
    """IP addresses of the node and its pods."""
    EFA_ONLY = "efa-only"
    """Fabric alone, without an address of its own."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface, where it sits and what it is."""

    card: int
    device: int
    type: InterfaceType


@dataclass(frozen=True, slots=True)
class EfaCards:
    """Network cards of a machine type that get an EFA interface."""

    prefix: str
    """Start of the machine's name."""
    cards: tuple[int, ...]
    note: str | None = None


EFA_CARDS = (
    EfaCards("p4d", tuple(range(4))),
    EfaCards("p5.48xlarge", tuple(range(32))),
    EfaCards("p5e.48xlarge", tuple(range(32))),
    EfaCards("p5en.48xlarge", tuple(range(16))),
    EfaCards("p6-b200.48xlarge", tuple(range(8))),
    EfaCards("p6-b300.48xlarge", tuple(range(1, 17)), "card 0 carries IP traffic alone"),
    EfaCards(
        "p6e-gb200.36xlarge",
        (1, 5, 9, 13),
        "card 0 carries IP traffic alone; one card of each GPU, each 400 Gbps",
    ),
    EfaCards("g6e.24xlarge", (0, 1)),
    EfaCards("g6e.48xlarge", tuple(range(4))),
    EfaCards("g7.48xlarge", (0, 1)),
    EfaCards("g7e.24xlarge", (0, 1)),
    EfaCards("g7e.48xlarge", tuple(range(4))),
)
"""Machines with several network cards. Those with one EFA device have one card.

Source: EC2 user guide, efa-acc-inst-types and using-eni#network-cards; numbers of cards also in Karpenter AWS
v1.14.1, zz_generated.vpclimits.go (read 2026-11-21).
"""


def efa_cards(row: Machine) -> tuple[int, ...] | None:
    """Cards of a machine that get an EFA interface; ``None`` where nobody published them."""
    for entry in EFA_CARDS:
        if row.name.startswith(entry.prefix):
            return entry.cards
    return (0,) if row.efa_interfaces == 1 else None


def efa_interfaces(row: Machine) -> list[Interface]:
    """Every interface of a machine with EFA: one for IP traffic, then one for the fabric on each card.

    A card has one EFA interface at most. On card 0 it comes second, since the first interface of a machine
    must have an address; elsewhere it comes first. Only the first interface uses an address of the subnet.
    Raises ``ValueError`` for a machine whose cards are not known.
    """
    cards = efa_cards(row)
    if not row.efa_interfaces or cards is None:
        raise ValueError(f"{row.name}, whose network cards for EFA are not known")
    fabric = [Interface(card, 1 if card == 0 else 0, InterfaceType.EFA_ONLY) for card in cards]
    return [Interface(0, 0, InterfaceType.INTERFACE), *fabric]
