from ai_platform.components.charts import ChartName
from ai_platform.testing import record
from tests.cost_programs import cost_metrics
from tests.manifest_rules import manifests, named
from tests.programs import recorded


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


def test_an_environment_that_asks_for_it_has_the_plans_prices():
    found = {named(item): item for item in manifests(recorded("staging"))}
    rows = found["ConfigMap/ai-platform-prices"]["data"]["prices.csv"].splitlines()
    assert {row.split(",")[1] for row in rows} <= {"a100", "h100", "machine/e2-standard-4"}
    assert any(row.startswith(",a100,") for row in rows)
    rules = found["PrometheusRule/ai-platform-cost"]["spec"]["groups"][0]["rules"]
    slices = {
        rule["labels"]["resource"]: rule["expr"]
        for rule in rules
        if rule.get("record") == "ai_platform:device:gpus" and rule["labels"]["pool"] == "a100"
    }
    assert slices["nvidia.com/gpu"] == "vector(1.0)"
    assert (
        0 < float(slices["nvidia.com/mig-1g.5gb"][7:-1]) < float(slices["nvidia.com/mig-4g.20gb"][7:-1]) < 1
    )


def test_an_environment_that_does_not_ask_has_neither_rules_nor_opencost():
    found = recorded("prod")
    assert "PrometheusRule/ai-platform-cost" not in map(named, manifests(found))
    assert not [item for item in found.resources if str(ChartName.OPENCOST) in item.name]
