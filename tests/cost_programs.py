"""Programs with everything that is about money, for ``tests/programs.py``."""

from decimal import Decimal

from ai_platform.components.budget_spec import BudgetSpec
from ai_platform.components.cluster_spec import GcpBillingSpec
from ai_platform.finops.aws_budget import Budget as AwsBudget
from ai_platform.finops.cost_tags import CostTags
from ai_platform.finops.gcp_budget import Budget as GcpBudget


def budgets() -> None:
    """Of an environment and of a team, on both clouds."""
    spec = BudgetSpec(monthly_usd=Decimal("1500.50"), notify=("ml@example.com",))
    billing = GcpBillingSpec(account="0A1B2C-3D4E5F-6A7B8C", project_number="123456789012")
    for tags in (CostTags(environment="prod"), CostTags(environment="prod", team="chat")):
        AwsBudget(f"aws-{tags.team}", spec, of=tags)
        GcpBudget(f"gcp-{tags.team}", spec, of=tags, billing=billing)
