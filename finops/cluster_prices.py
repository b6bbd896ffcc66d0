"""Public prices of what a cluster costs without its GPUs. What isn't listed is unknown, never free.

They stand in the price book beside those of GPU machines: an environment's own rows and discounts hold for
them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from .prices import PRICED_REGIONS, Price, PurchaseOption

EKS_CLUSTER = "eks-cluster"
GKE_CLUSTER = "gke-cluster"
NAT_GATEWAY = "nat-gateway"
"""What ``machine`` of a price row says for what is no machine."""

_KARPENTER = "Karpenter AWS, zz_generated.pricing_aws.go"
_KARPENTER_DATE = date(2026, 7, 20)
_AUTOSCALER = "cluster-autoscaler, gce_price_info.go"
_READ = date(2026, 11, 21)
_NAT_NOTE = "the page's own example is of us-east-2; others give the same for us-east-1"

_AWS_SYSTEM = """
m6i.large,0.096
m6i.xlarge,0.192
m6i.2xlarge,0.384
m6i.4xlarge,0.768
m7a.large,0.11592
m7a.xlarge,0.23184
m7a.2xlarge,0.46368
m7a.4xlarge,0.92736
m7g.large,0.0816
m7g.xlarge,0.1632
m7g.2xlarge,0.3264
m7g.4xlarge,0.6528
m7i.large,0.1008
m7i.xlarge,0.2016
m7i.2xlarge,0.4032
m7i.4xlarge,0.8064
m7i-flex.large,0.09576
m7i-flex.xlarge,0.19152
m7i-flex.2xlarge,0.38304
m7i-flex.4xlarge,0.76608
m8g.large,0.08976
m8g.xlarge,0.17952
m8g.2xlarge,0.35904
m8g.4xlarge,0.71808
"""

_GCP_SYSTEM = """
e2-standard-2,0.06701
e2-standard-4,0.13402
e2-standard-8,0.26805
e2-standard-16,0.53609
e2-standard-32,1.07210
n2-standard-2,0.0971
n2-standard-4,0.1942
n2-standard-8,0.3885
n2-standard-16,0.7769
n2-standard-32,1.5539
"""


def _row(cloud: str, amount: str, source: str, day: date, note: str | None = None) -> Price:
    return Price(
        Decimal(amount),
        PRICED_REGIONS[cloud],
        PurchaseOption.ON_DEMAND,
        source,
        day,
        third_party=False,
        note=note,
    )


def _machines(cloud: str, table: str, source: str, day: date) -> dict[str, Price]:
    rows = (line.split(",") for line in table.split())
    return {name: _row(cloud, amount, source, day) for name, amount in rows}


_ROWS: Mapping[str, Price] = {
    # A version in extended support costs 0.60. Which one is, depends on the day, and a plan has no clock.
    EKS_CLUSTER: _row(
        "aws", "0.10", "AWS Containers Blog, EKS extended support pricing: standard support", _READ
    ),
    GKE_CLUSTER: _row("gcp", "0.10", "cloud.google.com/kubernetes-engine/pricing, management fee", _READ),
    NAT_GATEWAY: _row(
        "aws", "0.045", "aws.amazon.com/vpc/pricing, as quoted by others", date(2026, 9, 20), _NAT_NOTE
    ),
    **_machines("aws", _AWS_SYSTEM, _KARPENTER, _KARPENTER_DATE),
    **_machines("gcp", _GCP_SYSTEM, _AUTOSCALER, _READ),
}

CLUSTER_PRICES: Mapping[tuple[str, str, PurchaseOption], Price] = MappingProxyType(
    {(name, row.region, row.option): row for name, row in _ROWS.items()}
)
"""Every price of this file, by item, region and purchase option."""
