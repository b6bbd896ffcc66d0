from ai_platform.testing import record
from tests.cost_programs import cost_metrics
from tests.manifest_rules import manifests, named


def test_rules_dashboard_prices_and_who_scrapes_are_objects_of_the_preview():
    found = {named(item): item for item in manifests(record(cost_metrics))}
    assert {
        "PrometheusRule/ai-platform-cost",
        "ConfigMap/ai-platform-dashboard-kpis",
        "ConfigMap/ai-platform-prices",
        "ServiceMonitor/ai-platform-opencost",
    } <= found.keys()
    [group] = found["PrometheusRule/ai-platform-cost"]["spec"]["groups"]
    # A sum of samples over an hour, by 60, is hours.
    assert group["interval"] == "1m"
