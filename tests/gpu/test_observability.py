import json
import re

from ai_platform.components.charts import ChartName
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.monitoring_spec import MonitoringSpec
from ai_platform.components.observability import Observability, ObservabilitySpec, prometheus_values
from ai_platform.gpu.observability import gpu_panels, gpu_rules
from ai_platform.gpu.operator.config_maps import METRICS
from ai_platform.testing import record
from tests.charts.stand_in import unknown_keys

EXPORTED = {field for field, _, _ in METRICS}
SPEC = {"provider": "eks"}


def test_alerts_and_graphs_use_metrics_that_are_exported():
    queries = [rule["expr"] for rule in gpu_rules()] + [panel.query for panel in gpu_panels()]
    used = {name for query in queries for name in re.findall(r"DCGM_\w+", query)}
    assert used
    assert used <= EXPORTED


def test_alerts_say_which_gpu():
    assert all("$labels.gpu" in rule["annotations"]["summary"] for rule in gpu_rules())


def test_the_stack_knows_its_values_and_holds_no_password():
    for provider in ClusterProvider:
        for secret in (None, "grafana-admin"):
            monitoring = MonitoringSpec(grafana_admin_secret=secret)
            spec = ObservabilitySpec(provider=provider, monitoring=monitoring)
            values = prometheus_values(spec)
            assert not unknown_keys(ChartName.PROMETHEUS, values)
            assert "password" not in json.dumps(values).lower()


def test_kinds_come_before_the_stack_and_the_stack_before_what_it_reads():
    recording = record(
        lambda: Observability("watch", SPEC, rules={"gpus": gpu_rules()}, dashboards={"gpus": gpu_panels()})
    )
    names = [each.name for each in recording.of("kubernetes:helm.sh/v3:Release")]
    assert names == ["watch-kinds-release", "watch-stack-release"]
    rules = recording.only("kubernetes:monitoring.coreos.com/v1:PrometheusRule")
    assert any(urn.endswith("watch-stack-release") for urn in rules.options.depends_on)
    board = recording.only("kubernetes:core/v1:ConfigMap").inputs
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert len(json.loads(board["data"]["gpus.json"])["panels"]) == len(gpu_panels())
