"""Programs with everything that is about money, for ``tests/programs.py``."""

from decimal import Decimal
from fractions import Fraction

from ai_platform.components.budget_spec import BudgetSpec
from ai_platform.components.cluster_spec import GcpBillingSpec
from ai_platform.components.observability import Observability
from ai_platform.finops.accounting import AccountedPool
from ai_platform.finops.aws_budget import Budget as AwsBudget
from ai_platform.finops.cost_metrics import CostMetrics
from ai_platform.finops.cost_tags import CostTags
from ai_platform.finops.gcp_budget import Budget as GcpBudget
from ai_platform.finops.opencost import MachineRate, PoolRate


def budgets() -> None:
    """Of an environment and of a team, on both clouds."""
    spec = BudgetSpec(monthly_usd=Decimal("1500.50"), notify=("ml@example.com",))
    billing = GcpBillingSpec(account="0A1B2C-3D4E5F-6A7B8C", project_number="123456789012")
    for tags in (CostTags(environment="prod"), CostTags(environment="prod", team="chat")):
        AwsBudget(f"aws-{tags.team}", spec, of=tags)
        GcpBudget(f"gcp-{tags.team}", spec, of=tags, billing=billing)


def cost_metrics() -> None:
    """Rules, dashboard and OpenCost beside Prometheus, with a pool whose price is known."""
    labels = CostTags(environment="prod").kubernetes()
    Observability("monitoring", {"provider": "eks", "labels": labels})
    pool = AccountedPool("h100", 8, {"nvidia.com/gpu": Fraction(1)}, Fraction(5))
    rates = [PoolRate("h100", Decimal(40)), MachineRate("us-east-1", "m7i.xlarge", Decimal("0.2"))]
    args = {"environment": "prod", "labels": labels}
    CostMetrics("cost", args, pools=[pool], rates=rates, budgets={"chat": Decimal(500)})
