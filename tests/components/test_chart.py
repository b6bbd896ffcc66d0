import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.chart import Chart, ChartArgs, chart_source
from ai_platform.components.charts import CHARTS, EXISTING_NAMESPACE, ChartName, Installed
from ai_platform.components.charts_spec import ChartsSpec, Existing
from ai_platform.components.pod_security import PodSecurity
from ai_platform.testing import record

OBJECTS = "kubernetes:helm.sh/v4:Chart"
RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACE = "kubernetes:core/v1:Namespace"


def installed(chart, **args):
    return record(lambda: Chart("it", ChartArgs(chart, **args)))


def test_a_chart_without_needed_hooks_is_shown_object_by_object():
    chart = installed(ChartName.KUEUE, values={"controllerManager": {"replicas": 2}}).only(OBJECTS)
    assert chart.inputs["chart"] == "oci://registry.k8s.io/kueue/charts/kueue"
    assert chart.inputs["version"] == "0.19.2"
    assert chart.inputs["values"] == {"controllerManager": {"replicas": 2}}


def test_a_chart_of_a_plain_repository_is_named_beside_it():
    inputs = installed(ChartName.GPU_OPERATOR).only(OBJECTS).inputs
    assert inputs["chart"] == "gpu-operator"
    assert inputs["repositoryOpts"] == {"repo": "https://helm.ngc.nvidia.com/nvidia"}


def test_definitions_are_one_release_that_holds_no_schema():
    release = installed(ChartName.KSERVE_CRDS).only(RELEASE)
    assert release.inputs["version"] == "v0.20.0"
    assert release.inputs["namespace"] == EXISTING_NAMESPACE


def test_what_would_take_objects_of_teams_with_it_is_protected():
    for chart, row in CHARTS.items():
        recording = installed(chart)
        kind = RELEASE if row.installed is Installed.RELEASE else OBJECTS
        assert recording.only(kind).options.protect is row.protected


def test_a_charts_namespace_enforces_the_level_that_its_pods_need():
    kueue = installed(ChartName.KUEUE).only(NAMESPACE).inputs["metadata"]
    assert kueue["name"] == "kueue-system"
    assert kueue["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    operator = installed(ChartName.GPU_OPERATOR).only(NAMESPACE).inputs["metadata"]
    assert operator["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"


def test_a_namespace_that_every_cluster_has_is_not_made():
    assert not installed(ChartName.KSERVE_CRDS).of(NAMESPACE)


@pytest.mark.parametrize("row", CHARTS.values(), ids=CHARTS.keys())
def test_every_level_above_restricted_says_why(row):
    lax = row.pod_security not in {PodSecurity.RESTRICTED, None}
    assert bool(row.pod_security_why) is lax
    assert row.why
    assert "2026" in row.source


def test_a_mirror_stands_in_for_every_repository():
    charts = ChartsSpec(mirror="registry.example.com/charts")
    for chart in ChartName:
        assert chart_source(chart, charts) == {
            "chart": f"oci://registry.example.com/charts/{chart}",
            "version": CHARTS[chart].version,
        }


def test_a_folder_may_hold_charts_packed_or_unpacked(tmp_path):
    (tmp_path / "kueue-0.19.2.tgz").touch()
    (tmp_path / "kserve-crd").mkdir()
    (tmp_path / "kserve-crd" / "Chart.yaml").touch()
    charts = ChartsSpec(directory=str(tmp_path), mirror="registry.example.com/charts")
    assert chart_source(ChartName.KUEUE, charts)["chart"].endswith("kueue-0.19.2.tgz")
    assert chart_source(ChartName.KSERVE_CRDS, charts)["chart"].endswith("/kserve-crd")


def test_a_folder_without_the_chart_is_told_with_what_it_lacks(tmp_path):
    with pytest.raises(InvalidArgs, match=r"expected kueue-0\.19\.2\.tgz or kueue/Chart\.yaml"):
        installed(ChartName.KUEUE, charts=ChartsSpec(directory=str(tmp_path)))


def test_software_that_is_there_is_left_alone():
    recording = installed(ChartName.KUEUE, charts=ChartsSpec(existing={ChartName.KUEUE: Existing.SKIP}))
    assert [resource.type for resource in recording.resources] == ["ai-platform:index:Chart"]


def test_a_release_that_is_there_is_taken_over():
    charts = ChartsSpec(existing={ChartName.CERT_MANAGER: Existing.ADOPT})
    release = installed(ChartName.CERT_MANAGER, charts=charts).only(RELEASE)
    assert release.options.import_id == "cert-manager/cert-manager"


def test_a_chart_comes_after_its_namespace():
    chart = installed(ChartName.KUEUE).only(OBJECTS)
    assert [urn for urn in chart.options.depends_on if urn.endswith("it-namespace")]
