import json

import pulumi
import pytest
import yaml

from ai_platform.cli import drift_sources
from ai_platform.cli import main as cli
from ai_platform.components.args import InvalidArgs
from ai_platform.components.drift_check_spec import DriftCheckSpec
from ai_platform.components.errors import InvalidInput
from ai_platform.components.observability import Observability
from ai_platform.description import read
from ai_platform.drift.check import (
    DriftCheck,
    DriftCheckArgs,
    alert,
    cron_job_manifest,
    make_drift_check,
    needed_manifests,
)
from ai_platform.drift.kept_description import MOST_BYTES, kept_description
from ai_platform.drift.live import LIVE_KINDS
from ai_platform.environment import parse
from ai_platform.plan import make_plan
from ai_platform.platform import Platform
from ai_platform.testing import record
from tests.drift.drift_parts import description, planned
from tests.drift_programs import IMAGE
from tests.programs import STACKS, recorded
from tests.promql import evaluated

ASKED = {"drift_check": {"image": IMAGE}}
ARGS = DriftCheckArgs(image=IMAGE, description="name: dev\n")


def pod():
    return cron_job_manifest(ARGS)["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_the_component_makes_its_objects_below_itself():
    roles = [urn.split("::")[-1] for urn in recorded("drift_check").urns() if "DriftCheck$" in urn]
    assert sorted(roles) == [
        "drift-account",
        "drift-alert",
        "drift-description",
        "drift-job",
        "drift-namespace",
        "drift-network",
        "drift-role",
        "drift-role-binding",
    ]


@pytest.mark.parametrize("name", ["dev", "local", "prod", "staging"])
def test_the_pod_works_out_the_same_plan_as_the_one_that_was_applied(name, tmp_path):
    environment, plan = read(STACKS / f"{name}.yaml")
    kept = tmp_path / "environment.yaml"
    kept.write_text(kept_description(environment), encoding="utf-8")
    again, theirs = read(kept)
    assert theirs.digest == plan.digest
    assert again == environment


def test_what_a_description_reads_from_files_is_kept_with_it(tmp_path):
    (tmp_path / "prices.csv").write_text(
        "machine,region,option,usd_per_hour,source,date\n"
        "g6e.12xlarge,us-east-1,on_demand,9.25,offer,2026-07-01\n"
    )
    file = tmp_path / "dev.yaml"
    file.write_text(yaml.safe_dump(description(price_files=["prices.csv"])))
    environment, plan = read(file)
    elsewhere = tmp_path / "pod"
    elsewhere.mkdir()
    kept = elsewhere / "environment.yaml"
    kept.write_text(kept_description(environment))
    assert read(kept)[1].digest == plan.digest


def test_words_that_yaml_takes_for_something_else_stay_words():
    said = description(name="no")
    said["teams"][0]["cost_center"] = "0x10"
    said["teams"][1]["cost_center"] = "Zürich\u2028\U0001f600"
    environment = parse(said, subject="x")
    assert parse(yaml.load(kept_description(environment), yaml.CSafeLoader), subject="x") == environment


def test_it_may_list_what_drift_reads_and_nothing_else():
    role = needed_manifests(ARGS)["role"]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}
    assert {plural for rule in role["rules"] for plural in rule["resources"]} == {
        kind.plural for kind in LIVE_KINDS
    }
    assert "configmaps" not in str(role)
    [subject] = needed_manifests(ARGS)["role-binding"]["subjects"]
    assert subject == {"kind": "ServiceAccount", "name": "drift-check", "namespace": "drift-check"}


def test_the_pod_runs_the_command_on_the_kept_description():
    [container] = pod()["containers"]
    assert container["command"] == [
        "ai-platform",
        "drift",
        "/etc/ai-platform/environment.yaml",
        "--in-cluster",
        "--json",
    ]
    [volume] = pod()["volumes"]
    config = needed_manifests(ARGS)["description"]
    assert volume["configMap"]["name"] == config["metadata"]["name"]
    assert list(config["data"]) == ["environment.yaml"]


def test_a_run_that_found_something_is_not_tried_again_and_runs_do_not_pile_up():
    spec = cron_job_manifest(ARGS)["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 0
    assert pod()["restartPolicy"] == "Never"


def test_nobody_reaches_the_pod_and_it_reaches_nothing_but_the_api_server():
    policy = needed_manifests(ARGS)["network"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert [port["port"] for rule in policy["egress"] for port in rule["ports"]] == [443, 6443]


def test_a_platform_has_it_only_where_its_description_asks():
    def kinds(**more):
        environment, _ = planned(**more)
        return record(lambda: Platform("dev", environment)).of("kubernetes:batch/v1:CronJob")

    assert not kinds()
    [job] = kinds(drift_check={"image": IMAGE, "schedule": "*/30 8-18 * * mon-fri"})
    assert job.inputs["spec"]["schedule"] == "*/30 8-18 * * mon-fri"


def test_of_config_maps_it_may_get_those_of_layouts_and_prompts_and_list_none():
    prompt = {"name": "greet", "team": "serving", "version": "1.0.0", "text": "Say hello."}
    environment, _ = planned(prompts=[prompt], **ASKED)
    made = record(lambda: Platform("dev", environment))
    roles = made.of("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole")
    [role] = [role for role in roles if role.name == "dev-drift-check-role"]
    assert [rule for rule in role.inputs["rules"] if "configmaps" in rule["resources"]] == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["mig-h100", "prompt-greet"],
            "verbs": ["get"],
        }
    ]


def test_there_is_an_alert_only_where_prometheus_is_and_it_comes_later():
    environment, plan = planned(**ASKED)
    rule = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
    assert not record(lambda: Platform("dev", environment)).of(rule)

    def watched():
        watch = Observability("watch", {"provider": "eks"})
        make_drift_check("dev", environment, plan, pulumi.ResourceOptions(), watched=[watch])

    made = record(watched)
    assert made.of(rule)
    [check] = made.of("ai-platform:index:DriftCheck")
    assert any("watch" in urn for urn in check.options.depends_on)


@pytest.mark.engine
@pytest.mark.parametrize(("today", "fires"), [(1, True), (0, False)])
def test_the_alert_is_about_the_newest_run_and_not_about_one_that_is_kept_for_its_logs(today, fires):
    metric = 'kube_job_status_{}{{namespace="drift-check",job_name="drift-check-{}"{}}}'
    series = {
        metric.format("failed", 1, ',reason="BackoffLimitExceeded"'): "1x10",
        metric.format("failed", 2, ',reason="BackoffLimitExceeded"' if today else ""): f"{today}x10",
        metric.format("start_time", 1, ""): "1000x10",
        metric.format("start_time", 2, ""): "2000x10",
        'kube_job_status_failed{namespace="research",job_name="drift-check-3"}': "1x10",
    }
    query = alert(ARGS)["expr"]
    found = evaluated([], series, [query])[query]
    assert [dict(labels)["job_name"] for labels in found] == (["drift-check-2"] if fires else [])


@pytest.mark.parametrize("schedule", ["17 6 * * *", "*/15 * * * *", "0 0 1,15 jan-mar MON", "5 4 ? * 0"])
def test_a_schedule_of_cron_is_taken(schedule):
    assert DriftCheckSpec(image=IMAGE, schedule=schedule).schedule == schedule


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "@daily",
        "17 6 * *",
        "* * * * * *",
        "60 * * * *",
        "-1 * * * *",
        "*/0 * * * *",
        "1,,2 * * * *",
        "x * * * *",
        "* 24 * * *",
        "* 9-5 * * *",
        "* * 0 * *",
        "* * * * 7",
        "TZ=UTC 1 * * *",
    ],
)
def test_a_schedule_that_kubernetes_would_refuse_is_refused_here(schedule):
    with pytest.raises(InvalidInput) as caught:
        planned(drift_check={"image": IMAGE, "schedule": schedule})
    [problem] = caught.value.problems
    assert problem.path == "drift_check.schedule"
    assert "cron" in problem.expected


def test_a_description_that_no_config_map_holds_is_refused_with_what_to_do():
    models = [{"name": "own", "source": "ours", "config": {"note": "x" * MOST_BYTES}}]
    environment = parse(description(models=models, **ASKED), subject="dev.yaml")
    with pytest.raises(InvalidInput) as caught:
        make_plan(environment)
    assert "drift_check" in [problem.path for problem in caught.value.problems]
    with pytest.raises(InvalidArgs, match="ConfigMap"):
        record(lambda: DriftCheck("d", {"image": IMAGE, "description": "x" * (MOST_BYTES + 1)}))


@pytest.fixture
def kept(tmp_path):
    file = tmp_path / "environment.yaml"
    file.write_text(kept_description(planned()[0]))
    return file


def test_outside_a_pod_the_command_says_so(kept, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(drift_sources, "SERVICE_ACCOUNT", tmp_path)
    assert cli.main(["drift", str(kept), "--in-cluster", "--json"]) == 1
    sources = {source["name"]: source for source in json.loads(capsys.readouterr().out)["sources"]}
    assert "no pod" in sources["cluster"]["why"]
    assert sources["state of dev"]["asked"] is False
    assert sources["refresh of dev"]["asked"] is False


def test_in_a_cluster_it_asks_nothing_else(kept, capsys):
    options = ["--prices", "--no-cluster", "--kubeconfig", "x"]
    assert cli.main(["drift", str(kept), "--in-cluster", *options]) == 2
    said = capsys.readouterr().err
    assert all(option in said for option in options[:3])
