"""Costs as FOCUS 1.2, the open form of a cloud's bill. Our own columns come last and begin with ``x_``.

Columns and their rules: FinOps Open Cost and Usage Specification 1.2, of May 2025.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from .prices import PurchaseOption
from .reconciliation import CostLine, LineKind
from .token_costs import TokenLine

COLUMNS = (
    *("AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType"),
    *("BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass"),
    *("ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity"),
    "CommitmentDiscountStatus",
    *("ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId"),
    *("InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency"),
    *("PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice"),
    *("PricingQuantity", "PricingUnit"),
    *("ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName"),
    *("ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter"),
    *("SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags"),
)
"""Columns of FOCUS 1.2, but those of commitments, of which we know nothing."""
OWN_COLUMNS = (
    *("x_CostCenter", "x_Environment", "x_GpuHours", "x_InputTokens", "x_Kind", "x_Model"),
    *("x_OutputTokens", "x_Pool", "x_Team", "x_Workload"),
)
"""What FOCUS has no column for."""

_SERVICE = {
    LineKind.SERVING: ("Serving on own GPUs", "Generative AI"),
    LineKind.TRAINING: ("Training on own GPUs", "Machine Learning"),
    LineKind.IDLE_GUARANTEED: ("Idle own GPUs", "AI Platforms"),
    LineKind.IDLE: ("Idle own GPUs", "AI Platforms"),
}
"""Name and subcategory: a service has but one."""
_PRICING = {PurchaseOption.ON_DEMAND: "Standard", PurchaseOption.SPOT: "Dynamic"}
_CURRENCY = "USD"
_OF_USAGE = (
    *("ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice"),
    *("PricingQuantity", "PricingUnit"),
)
"""What a charge without usage has none of."""


@dataclass(frozen=True, slots=True)
class PoolBilling:
    """What a bill says of a pool beside its amounts."""

    provider: str
    """Who sells it: ``AWS``, ``Google Cloud``."""
    region: str
    machine: str
    option: PurchaseOption
    usd_per_gpu_hour: Decimal | None


_GONE = PoolBilling("unknown", "", "unknown", PurchaseOption.ON_DEMAND, None)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who is billed."""

    environment: str
    cost_centers: Mapping[str, str]
    """Team to cost centre."""
    pools: Mapping[str, PoolBilling]


def focus_csv(lines: Iterable[CostLine], tokens: Iterable[TokenLine], payer: Payer) -> str:
    """The costs as CSV, a row for each team, pool, workload and day.

    What serving cost stands with the teams that asked. Lines without a price are no charge that anyone could
    write down, and are left out.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, [*COLUMNS, *OWN_COLUMNS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: _cell(value) for name, value in row.items()} for row in _rows(lines, tokens, payer)
    )
    return out.getvalue()


def inert(text: str | None) -> str:
    """A cell that no spreadsheet takes for a formula. Names of models and teams come from others."""
    return f"'{text}" if text and text[0] in "=+-@\t\r\n" else text or ""


def _cell(value: object) -> object:
    return inert(value) if isinstance(value, str) else value


def _rows(
    lines: Iterable[CostLine], tokens: Iterable[TokenLine], payer: Payer
) -> Iterator[dict[str, object]]:
    for line in lines:
        if line.kind is not LineKind.SERVING and line.usd is not None:
            yield _in_one_currency(_gpu_row(line, payer))
    for asked in tokens:
        if asked.usd is not None:
            yield _in_one_currency(_hosted_row(asked, payer) if asked.provider else _token_row(asked, payer))


def _without_usage(row: dict[str, object]) -> dict[str, object]:
    """A charge that is no price times a quantity: in FOCUS no price is below zero, and no usage is zero."""
    usd = row["BilledCost"]
    if isinstance(usd, Decimal) and usd < 0:
        category = "Credit"
    elif not row["ConsumedQuantity"]:
        category = "Adjustment"
    else:
        return row
    costs = {"ContractedCost": usd, "ListCost": usd}
    once = {"ChargeCategory": category, "ChargeFrequency": "One-Time"}
    return row | dict.fromkeys(_OF_USAGE) | costs | once


def _in_one_currency(row: dict[str, object]) -> dict[str, object]:
    row = _without_usage(row)
    return row | {
        "PricingCurrency": _CURRENCY,
        "PricingCurrencyContractedUnitPrice": row["ContractedUnitPrice"],
        "PricingCurrencyEffectiveCost": row["EffectiveCost"],
        "PricingCurrencyListUnitPrice": row["ListUnitPrice"],
    }


def _gpu_row(line: CostLine, payer: Payer) -> dict[str, object]:
    what = f"{line.workload} of {line.team}" if line.workload else line.team or "nobody's"
    row = _pool_row(line.day, line.pool, line.kind, line.gpu_hours, line.usd or Decimal(0), payer)
    row["ChargeDescription"] = f"{line.kind}: {what}, on {line.pool}"
    return row | _own(payer, line.team, line.pool, line.kind, line.workload, line.gpu_hours)


def _token_row(line: TokenLine, payer: Payer) -> dict[str, object]:
    pool = line.pool or ""
    row = _pool_row(line.day, pool, LineKind.SERVING, line.gpu_hours, line.usd or Decimal(0), payer)
    row["ChargeDescription"] = f"serving: {line.model} by {line.endpoint}, asked by {line.team}, on {pool}"
    own = _own(payer, line.team, pool, LineKind.SERVING, line.endpoint, line.gpu_hours)
    return row | own | _tokens(line)


def _hosted_row(line: TokenLine, payer: Payer) -> dict[str, object]:
    provider, usd = line.provider or "", line.usd or Decimal(0)
    row = _row(line.day, usd, provider, payer) | _flat(usd)
    row |= {
        "ChargeDescription": f"tokens: {line.model} of {provider}, asked by {line.team}",
        "ConsumedQuantity": line.input_tokens + line.output_tokens,
        "ConsumedUnit": "Tokens",
        "PricingCategory": "Standard",
        "ResourceId": f"{provider}/{line.model}",
        "ResourceName": line.model,
        "ResourceType": "Hosted model",
        "ServiceName": "Hosted models",
        "ServiceSubcategory": "Generative AI",
        "SkuId": f"{provider}/{line.model}",
        "SkuMeter": "Tokens",
        "SkuPriceId": f"{provider}/{line.model}",
    }
    return row | _own(payer, line.team, None, LineKind.SERVING, None, Decimal(0)) | _tokens(line)


def _pool_row(
    day: datetime.date, pool: str, kind: LineKind, gpu_hours: Decimal, usd: Decimal, payer: Payer
) -> dict[str, object]:
    # A pool that has left the description may still be on the bill.
    billing = payer.pools.get(pool, _GONE)
    price = billing.usd_per_gpu_hour
    sku = f"{billing.machine}/{billing.region}/{billing.option}"
    listed: dict[str, object] = _flat(usd)
    if price is not None and gpu_hours:
        cost = price * gpu_hours
        listed = {
            "ContractedCost": cost,
            "ContractedUnitPrice": price,
            "ListCost": cost,
            "ListUnitPrice": price,
            "PricingQuantity": gpu_hours,
            "PricingUnit": "GPU-Hours",
        }
    return (
        _row(day, usd, billing.provider, payer)
        | listed
        | {
            "ConsumedQuantity": gpu_hours,
            "ConsumedUnit": "GPU-Hours",
            "PricingCategory": _PRICING.get(billing.option, "Other"),
            "RegionId": billing.region,
            "RegionName": billing.region,
            "ResourceId": f"{payer.environment}/{pool}",
            "ResourceName": pool,
            "ResourceType": "GPU node pool",
            "ServiceName": _SERVICE[kind][0],
            "ServiceSubcategory": _SERVICE[kind][1],
            "SkuId": sku,
            "SkuMeter": "GPU-Hours",
            "SkuPriceId": sku,
        }
    )


def _row(day: datetime.date, usd: Decimal, provider: str, payer: Payer) -> dict[str, object]:
    month = day.replace(day=1)
    return {
        "BilledCost": usd,
        "BillingAccountId": payer.environment,
        "BillingAccountName": payer.environment,
        "BillingAccountType": "Environment",
        "BillingCurrency": _CURRENCY,
        "BillingPeriodEnd": _midnight((month + datetime.timedelta(days=32)).replace(day=1)),
        "BillingPeriodStart": _midnight(month),
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": _midnight(day + datetime.timedelta(days=1)),
        "ChargePeriodStart": _midnight(day),
        "EffectiveCost": usd,
        "InvoiceIssuerName": provider,
        "ProviderName": provider,
        "PublisherName": provider,
        "ServiceCategory": "AI and Machine Learning",
    }


def _flat(usd: Decimal) -> dict[str, object]:
    """One charge as a whole: where no price by the hour or by the token is known."""
    return {
        "ContractedCost": usd,
        "ContractedUnitPrice": usd,
        "ListCost": usd,
        "ListUnitPrice": usd,
        "PricingQuantity": 1,
        "PricingUnit": "Charges",
    }


def _own(
    payer: Payer,
    team: str | None,
    pool: str | None,
    kind: LineKind,
    workload: str | None,
    gpu_hours: Decimal,
) -> dict[str, object]:
    center = payer.cost_centers.get(team or "")
    tags = {"environment": payer.environment, "pool": pool, "team": team, "cost-center": center}
    account = (
        {"SubAccountId": team, "SubAccountName": team, "SubAccountType": "Team"} if team is not None else {}
    )
    return {
        **account,
        "Tags": json.dumps({key: value for key, value in tags.items() if value is not None}),
        "x_CostCenter": center,
        "x_Environment": payer.environment,
        "x_GpuHours": gpu_hours,
        "x_Kind": str(kind),
        "x_Pool": pool,
        "x_Team": team,
        "x_Workload": workload,
    }


def _tokens(line: TokenLine) -> dict[str, object]:
    return {
        "x_InputTokens": line.input_tokens,
        "x_Model": line.model,
        "x_OutputTokens": line.output_tokens,
    }


def _midnight(day: datetime.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
